"""The page on which several people are invited at once, and what became of each."""

import uuid

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import AgencyRole, BrandRole, Permission
from unisson.agency import words
from unisson.agency.forms import InvitationsForm
from unisson.agency.inviting_many import MOST, invite_all
from unisson.agency.people import PersonLine, people
from unisson.agency.routes import blueprint
from unisson.identity import browser
from unisson.publishing.subscribers import Fault, Reading, typed
from unisson.web import limits
from unisson.web.db import session
from unisson.web.guards import actor, brand_card, brand_card_of, visible_brands
from unisson.web.i18n import _n

Answer = Response | str | tuple[str, int]


@blueprint.get("/team/invitations/several")
def invite_several() -> Answer:
    """Ask whom to invite, and as what; or tell of each what became of their invitation."""
    actor().require(Permission.BRAND_TEAM)
    invited = _invited()
    if invited:
        return render_template(
            "agency/invited.html", team=invited, agency_roles=words.AGENCY_ROLES, brand_roles=words.BRAND_ROLES
        )
    form = _form()
    slug = request.args.get("brand")
    if slug:
        form.brands.data = [str(brand_card(slug).id)]
    return _page(form)


@blueprint.post("/team/invitations/several")
def inviting_several() -> Answer:
    """Invite everybody who was typed, or nobody."""
    actor().require(Permission.BRAND_TEAM)
    form, reading = _form(), Reading()
    if not form.validate():
        return _page(form), 422
    brand_ids = [_brand_id(each) for each in form.brands.data or []]
    try:
        reading = typed(form.recipients, form.file)
        with session().begin_nested():
            made = invite_all(
                session(),
                actor(),
                reading.entries_or_refusal(),
                agency_role=AgencyRole(form.agency_role.data),
                brand_ids=brand_ids,
                brand_role=BrandRole(form.brand_role.data) if brand_ids else None,
            )
    except RefusedError as refusal:
        refusal.field = {"brand_role": "brands"}.get(refusal.field or "", refusal.field)
        status = form.refuse(refusal)
        return _page(form, reading.faults), status
    for _each in made:
        limits.spend_of_agency("invitations", limits.INVITING, session().agency_id)
    waiting = sum(each.joined_at is None for each in made)
    browser.tell(_n("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", waiting))
    return redirect(url_for("agency.invite_several", made=[str(each.id) for each in made]), 303)


def _form() -> InvitationsForm:
    form = InvitationsForm()
    form.offer([card for card in visible_brands() if actor().may(Permission.BRAND_TEAM, card.id)])
    return form


def _page(form: InvitationsForm, faults: list[Fault] | None = None) -> str:
    return render_template(
        "agency/invite_several.html",
        form=form,
        faults=faults or [],
        hints=words.BRAND_ROLE_HINTS,
        brand_roles=words.BRAND_ROLES,
    )


def _brand_id(typed_id: str) -> uuid.UUID:
    """Return the visible brand that was chosen. Raises NotFoundError for any other id, another agency's included."""
    try:
        return brand_card_of(uuid.UUID(typed_id)).id
    except ValueError:
        raise NotFoundError from None


def _invited() -> list[PersonLine]:
    """Return those of the people that the address names whom the actor sees."""
    named = set(request.args.getlist("made")[:MOST])
    return [line for line in people(session(), actor()) if str(line.id) in named] if named else []
