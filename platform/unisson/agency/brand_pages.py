"""The brands of an agency, and one brand."""

import uuid
from dataclasses import asdict

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.brands import ACCENTS, Brand
from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.agency import brands as verbs
from unisson.agency import colours, logos, words
from unisson.agency.forms import BrandForm
from unisson.agency.people import people
from unisson.agency.routes import blueprint
from unisson.billing.plans import room
from unisson.editorial.press import Contact, contact_of
from unisson.identity.browser import tell
from unisson.media.sandbox import Reencoded
from unisson.onboarding.checklist import checklist_of
from unisson.onboarding.checklist import end as end_guide
from unisson.publishing import overview
from unisson.storage import storage_of
from unisson.web.db import runtime, session
from unisson.web.guards import BrandCard, actor, brand_card, current_agency_row, visible_brands
from unisson.web.i18n import _

Answer = Response | str | tuple[str, int]


@blueprint.get("/")
def front() -> Answer:
    """Take a member to their calendar, or to the brands where there is none yet."""
    return redirect(url_for("calendars.month" if visible_brands() else "agency.brands"))


@blueprint.get("/brands")
def brands() -> Answer:
    """List the brands that one sees."""
    may_open = actor().may(Permission.BRAND_CREATE)
    found = room(session()) if may_open else None
    return render_template("agency/brands.html", may_open=may_open, room=found, sectors=words.SECTORS)


@blueprint.get("/brands/new")
def brand_new() -> Answer:
    """Ask for a new brand."""
    actor().require(Permission.BRAND_CREATE)
    agency = current_agency_row()
    form = BrandForm(data={"timezone": agency.timezone, "language": agency.language, "accent": _unused_accent()})
    return _form_page(form)


def _unused_accent() -> str:
    """Return a colour that no other brand has, so that two brands are hard to mistake for each other."""
    used = {card.accent for card in visible_brands()}
    return next((accent for accent in ACCENTS if accent not in used), ACCENTS[0])


def _form_page(form: BrandForm, card: BrandCard | None = None) -> str:
    logo = logos.logo_of(session(), card.id) if card else None
    found = None if card else room(session())
    return render_template("agency/brand_form.html", form=form, card=card, logo=logo, room=found)


@blueprint.post("/brands/new")
def opening_brand() -> Answer:
    """Open a brand."""
    actor().require(Permission.BRAND_CREATE)
    form = BrandForm()
    if not form.validate():
        return _form_page(form), 422
    try:
        drawn = _drawn_logo(form)
    except RefusedError as refusal:
        return _refused(form, None, refusal)
    try:
        brand = verbs.open_brand(session(), actor(), **_described(form))
    except RefusedError as refusal:
        return _refused(form, None, refusal)
    if drawn:
        logos.keep_logo(session(), actor(), brand.id, drawn, storage=storage_of(runtime().settings))
    _keep_press(form, brand.id)
    tell(_("%(brand)s is open. Here is what it still needs.", brand=brand.name))
    return redirect(_after(brand.slug, brand.accent, drawn), 303)


def _drawn_logo(form: BrandForm) -> Reencoded | None:
    """Return the logo that was chosen, made anew; None for none. Raises RefusedError on `logo`."""
    chosen = form.logo.data
    return logos.drawn(chosen.filename, chosen.stream) if chosen and chosen.filename else None


def _refused(form: BrandForm, card: BrandCard | None, refusal: RefusedError) -> tuple[str, int]:
    status = form.refuse(refusal)
    return _form_page(form, card), status


def _described(form: BrandForm) -> dict[str, str]:
    names = ["name", "sector", "timezone", "language", "accent"]
    if "country" in request.form:
        names.append("country")
    return {name: str(form[name].data) for name in names}


def _keep_press(form: BrandForm, brand_id: uuid.UUID) -> None:
    """Keep what releases begin with, where the page asked for it."""
    if "boilerplate" in request.form:
        contact = Contact(*(form[f"contact_{name}"].data or "" for name in ("name", "email", "phone")))
        verbs.keep_press(session(), actor(), brand_id, form.boilerplate.data or "", contact)


@blueprint.get("/brands/<brand>")
def brand(brand: str) -> Answer:
    """Show a brand: what it still needs, its people, its channels."""
    card = brand_card(brand)
    actor().require(Permission.CALENDAR_SEE, card.id)
    end_guide()
    writes = actor().may(Permission.CONTENT_WRITE, card.id)
    return render_template(
        "agency/brand.html",
        card=card,
        alarm=overview.alarms(session(), actor()) if writes else None,
        channels=verbs.live_channels(session(), card.id),
        checklist=checklist_of(card) if writes else None,
        team=people(session(), actor(), brand_id=card.id),
        sectors=words.SECTORS,
        brand_roles=words.BRAND_ROLES,
        may=lambda permission: actor().may(permission, card.id),
    )


@blueprint.get("/brands/<brand>/edit")
def brand_edit(brand: str) -> Answer:
    """Ask what to change of a brand."""
    card = brand_card(brand)
    actor().require(Permission.BRAND_SETTINGS, card.id)
    kept = session().get_one(Brand, (session().agency_id, card.id))
    contact = contact_of(kept.press)
    press = {f"contact_{name}": words for name, words in asdict(contact).items()}
    return _form_page(BrandForm(obj=kept, boilerplate=kept.press.get("boilerplate", ""), **press), card)


@blueprint.post("/brands/<brand>/edit")
def editing_brand(brand: str) -> Answer:
    """Keep what was changed of a brand."""
    card = brand_card(brand)
    actor().require(Permission.BRAND_SETTINGS, card.id)
    form = BrandForm()
    if not form.validate():
        return _form_page(form, card), 422
    try:
        drawn = _drawn_logo(form)
    except RefusedError as refusal:
        return _refused(form, card, refusal)
    verbs.edit_brand(session(), actor(), card.id, **_described(form))
    if drawn:
        logos.keep_logo(session(), actor(), card.id, drawn, storage=storage_of(runtime().settings))
    elif form.logo_removal.data:
        logos.remove_logo(session(), actor(), card.id)
    _keep_press(form, card.id)
    tell(_("%(brand)s is saved.", brand=form.name.data))
    return redirect(_after(card.slug, form.accent.data, drawn), 303)


def _after(brand: str, accent: str, drawn: Reencoded | None) -> str:
    """Return what comes after a brand is kept: the colours of its new logo, where they are others than its own."""
    near = colours.near_accents(drawn.colours) if drawn else []
    if near and near[0] != accent:
        return url_for("agency.colour", brand=brand, near=near)
    return url_for("agency.brand", brand=brand)


@blueprint.get("/brands/<brand>/colour")
def colour(brand: str) -> Answer:
    """Offer the colours that are nearest to the brand's logo."""
    card = brand_card(brand)
    actor().require(Permission.BRAND_SETTINGS, card.id)
    asked = [each for each in dict.fromkeys(request.args.getlist("near")) if each in ACCENTS]
    near = [each for each in asked if each != card.accent][: colours.MOST]
    return render_template("agency/colour.html", card=card, near=near, logo=logos.logo_of(session(), card.id))


@blueprint.post("/brands/<brand>/colour")
def choosing_colour(brand: str) -> Answer:
    """Give the brand another colour."""
    card = brand_card(brand)
    verbs.paint_brand(session(), actor(), card.id, request.form.get("accent", ""))
    tell(_("%(brand)s is saved.", brand=card.name))
    return redirect(url_for("agency.brand", brand=card.slug), 303)


@blueprint.get("/brands/<brand>/team")
def brand_team(brand: str) -> Answer:
    """List the people of one brand."""
    card = brand_card(brand)
    actor().require(Permission.CALENDAR_SEE, card.id)
    return render_template(
        "agency/brand_team.html",
        card=card,
        team=people(session(), actor(), brand_id=card.id),
        brand_roles=words.BRAND_ROLES,
        may_invite=actor().may(Permission.BRAND_TEAM, card.id),
    )
