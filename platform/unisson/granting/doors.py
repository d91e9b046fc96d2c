"""The client's pages of a request: what is asked, the account given, what was given, and the way to take it back.

A link shows nothing of the brand's before the browser was recognised by a mailed code, as at the portal.
GET changes nothing; whoever follows links, runs scripts and submits forms can at most have a code mailed.
"""

import functools
from collections.abc import Callable

import flask_babel
from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from limits import RateLimitItemPerHour
from werkzeug.wrappers import Response

from tenants.errors import GoneError, RefusedError
from unisson.granting import asking, giving
from unisson.granting.forms import DigitsForm, GiveForm
from unisson.granting.giving import Door
from unisson.portal import codes
from unisson.portal.codes import MINUTES, Outcome
from unisson.portal.doors import (
    ASKING,
    CODE,
    LINK,
    REFUSED,
    TRY,
    asking_cookie,
    cookie_of,
    hidden,
    keep_private,
    set_cookie,
)
from unisson.portal.guests import actor_of
from unisson.publishing.channel_views import means
from unisson.web.db import session
from unisson.web.guards import current_agency_row, public
from unisson.web.i18n import _, lazy
from unisson.web.limits import Allowance, spend
from unisson.web.noted import note, note_refusal
from unisson.web.people import me

Answer = Response | str | tuple[str, int]
Act = Callable[[str, Door], Answer]

GIVE = Allowance("channel-give", RateLimitItemPerHour(60), RateLimitItemPerHour(20))
"""Passwords that are tried at a network's server, so that nobody guesses through us."""

ASK_FIRST = lazy("Show first that this browser is yours: nothing was connected, and nothing withdrawn.")


def page(token: str) -> Answer:
    """Show what is asked, or what was given."""
    opened = _arrive(token)
    if opened.why_shut:
        return _shut(token, opened)
    if not _is_known(opened):
        return _code_page(token, opened, DigitsForm())
    return _page(token, opened)


def _posted(act: Act) -> Callable[[str], Answer]:
    """Carry out what was posted; lead whoever loads the address again back to the page."""

    @functools.wraps(act)
    def led(token: str) -> Answer:
        opened = _arrive(token)
        if request.method != "POST":
            return redirect(_here(token), 303)
        return act(token, opened)

    return led


def _by_addressee(act: Act) -> Act:
    """Refuse a shut link, and a browser that nobody knows."""

    @functools.wraps(act)
    def checked(token: str, opened: Door) -> Answer:
        if opened.why_shut:
            return _shut(token, opened)
        if not _is_known(opened):
            form = DigitsForm(formdata=None)
            form.form_errors.append(ASK_FIRST)
            return _code_page(token, opened, form), 403
        return act(token, opened)

    return checked


@_posted
def asking_code(token: str, opened: Door) -> Answer:
    """Mail a code to the addressee."""
    if opened.why_shut:
        return _shut(token, opened)
    spend(CODE, str(opened.person.id))
    _code, asked = codes.ask_for(session(), opened.person.id, opened.brand.id)
    answer = redirect(_here(token), 303)
    set_cookie(answer, asking_cookie(opened.person.id), asked, ASKING)
    return answer


@_posted
def recognising(token: str, opened: Door) -> Answer:
    """Recognise this browser by the code that was mailed."""
    if opened.why_shut:
        return _shut(token, opened)
    spend(TRY, str(opened.person.id))
    form = DigitsForm()
    outcome = codes.check(session(), opened.person.id, form.digits, _asked_by(opened))
    if outcome is not Outcome.RIGHT:
        # A wrong try counts, whatever becomes of the answer.
        session().commit()
        note_refusal("code.refused", of=str(opened.person.id))
        form.refuse(RefusedError(REFUSED[outcome], field="code"))
        return _code_page(token, opened, form), 422
    _device, secret = codes.trust(session(), opened.person.id, request.user_agent.string)
    note("browser.trusted", of=str(opened.person.id))
    answer = redirect(_here(token), 303)
    set_cookie(answer, cookie_of(opened.person.id), secret, codes.TRUSTED)
    return answer


@_posted
def renewing(token: str, opened: Door) -> Answer:
    """Mail a new link to the addressee of one that has expired."""
    if not opened.may_be_renewed:
        return _shut(token, opened) if opened.why_shut else redirect(_here(token), 303)
    spend(CODE, str(opened.person.id))
    asking.renew(session(), opened.ask)
    return _shut(token, opened, sent=True)[0]


@_posted
@_by_addressee
def connecting(token: str, opened: Door) -> Answer:
    """Connect the channel with the account that was typed."""
    spend(GIVE, str(opened.person.id))
    form = GiveForm()
    status = 422
    if form.validate():
        try:
            with session().begin_nested():
                giving.give(session(), actor_of(session(), opened.person), opened.ask.id, means(), form.keys)
        except RefusedError as refusal:
            status = form.refuse(refusal)
            note_refusal("channel.not_given", of=str(opened.person.id))
            session().expire_all()
        else:
            flash(_("Connected. Thank you: a mail tells what you gave, with the way to take it back."), "success")
            return redirect(_here(token), 303)
    opened = giving.door(session(), token)
    if opened.why_shut:
        return _shut(token, opened)
    return _page(token, opened, form), status


@_posted
@_by_addressee
def withdrawing(token: str, opened: Door) -> Answer:
    """Take back what was given."""
    try:
        with session().begin_nested():
            giving.withdraw(session(), actor_of(session(), opened.person), opened.ask.id)
    except RefusedError as refusal:
        session().expire_all()
        return _page(token, giving.door(session(), token), refusal=refusal), refusal.status
    flash(_("Withdrawn. Nothing leaves by this account any more, and the agency was told."), "success")
    return redirect(_here(token), 303)


def _arrive(token: str) -> Door:
    g.token, g.light_page = token, True
    keep_private()
    spend(LINK)
    found = giving.door(session(), token)
    g.language, g.brand_language = found.person.language, found.brand.language
    flask_babel.refresh()  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations here
    return found


def _is_known(opened: Door) -> bool:
    """Whether this browser is the addressee's: known by a code, or signed in as them."""
    if me().is_authenticated and me().id == opened.person.identity_id:
        return True
    cookie = request.cookies.get(cookie_of(opened.person.id))
    return codes.device_of(session(), opened.person.id, cookie) is not None


def _asked_by(opened: Door) -> str | None:
    """Return the token by which this browser is known that asked for a code."""
    return request.cookies.get(asking_cookie(opened.person.id))


def _here(token: str) -> str:
    return url_for("granting.page", grant=token)


def _page(token: str, opened: Door, form: GiveForm | None = None, *, refusal: RefusedError | None = None) -> str:
    if form is None:
        form = GiveForm(formdata=None)
        form.handle.data = opened.channel.settings.get("handle", "") if opened.channel else ""
    return render_template(
        "granting/page.html",
        token=token,
        door=opened,
        brand=opened.brand,
        agency=current_agency_row(),
        form=form,
        refusal=refusal,
    )


def _code_page(token: str, opened: Door, form: DigitsForm) -> str:
    return render_template(
        "granting/code.html",
        token=token,
        brand=opened.brand,
        agency=current_agency_row(),
        address=hidden(opened.person.email),
        awaited=codes.is_awaited(session(), opened.person.id, _asked_by(opened)),
        minutes=MINUTES,
        form=form,
    )


def _shut(token: str, opened: Door, *, sent: bool = False) -> tuple[str, int]:
    html = render_template(
        "granting/shut.html",
        token=token,
        brand=opened.brand,
        agency=current_agency_row(),
        sentence=opened.why_shut,
        address=hidden(opened.person.email),
        may_be_renewed=opened.may_be_renewed,
        sent=sent,
    )
    return html, GoneError.status


def register(blueprint: Blueprint) -> None:
    """Add the routes to the feature's blueprint."""
    here = "/connect/<grant>"
    blueprint.add_url_rule(here, "page", _named(page))
    for path, name, view in (
        ("code", "asking_code", asking_code),
        ("device", "recognising", recognising),
        ("renewal", "renewing", renewing),
        ("account", "connecting", connecting),
        ("withdrawal", "withdrawing", withdrawing),
    ):
        blueprint.add_url_rule(f"{here}/{path}", name, _named(view), methods=["GET", "POST"])


def _named(view: Callable[[str], Answer]) -> Callable[..., Answer]:
    """Let anybody call the view; what its path holds is the token."""

    @functools.wraps(view)
    def called(grant: str) -> Answer:
        return view(grant)

    return public(called)
