"""The client's pages of a request: what is asked, the account given, what was given, and the way to take it back.

A link shows nothing of the brand's before the browser was recognised by a mailed code, as at the portal.
GET changes nothing; whoever follows links, runs scripts and submits forms can at most have a code mailed.
"""

import functools
from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from limits import RateLimitItemPerHour

from tenants.errors import RefusedError
from unisson.granting import asking, giving
from unisson.granting.forms import GiveForm
from unisson.granting.giving import Door
from unisson.portal import codes
from unisson.portal.forms import CodeForm
from unisson.portal.guests import actor_of
from unisson.portal.recognising import (
    CODE,
    LINK,
    Answer,
    Ways,
    arrive,
    code_page,
    cookie_of,
    hidden,
    keep_private,
    mail_code,
    recognise,
    shut_page,
)
from unisson.publishing.channel_views import means
from unisson.web.db import session
from unisson.web.guards import current_agency_row, public
from unisson.web.i18n import _, lazy
from unisson.web.limits import Allowance, spend
from unisson.web.noted import note_refusal
from unisson.web.people import me

Act = Callable[[str, Door], Answer]

GIVE = Allowance("channel-give", RateLimitItemPerHour(60), RateLimitItemPerHour(20))
"""Passwords that are tried at a network's server, so that nobody guesses through us."""

ASK_FIRST = lazy("Show first that this browser is yours: nothing was connected, and nothing withdrawn.")


def page(token: str) -> Answer:
    """Show what is asked, or what was given."""
    opened = _arrive(token)
    if opened.why_shut:
        return shut_page(opened, _ways(token, opened))
    if not _is_known(opened):
        return code_page(opened, CodeForm(), _ways(token, opened))
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
            return shut_page(opened, _ways(token, opened))
        if not _is_known(opened):
            form = CodeForm(formdata=None)
            form.form_errors.append(ASK_FIRST)
            return code_page(opened, form, _ways(token, opened)), 403
        return act(token, opened)

    return checked


@_posted
def asking_code(token: str, opened: Door) -> Answer:
    """Mail a code to the addressee."""
    return shut_page(opened, _ways(token, opened)) if opened.why_shut else mail_code(opened, _here(token))


@_posted
def recognising(token: str, opened: Door) -> Answer:
    """Recognise this browser by the code that was mailed."""
    ways = _ways(token, opened)
    if opened.why_shut:
        return shut_page(opened, ways)
    form = CodeForm()
    return recognise(opened, form, _here(token)) or (code_page(opened, form, ways), 422)


@_posted
def renewing(token: str, opened: Door) -> Answer:
    """Mail a new link to the addressee of one that has expired."""
    ways = _ways(token, opened)
    if not opened.may_be_renewed:
        return shut_page(opened, ways) if opened.why_shut else redirect(_here(token), 303)
    spend(CODE, str(opened.person.id))
    asking.renew(session(), opened.ask)
    return shut_page(opened, ways, sent=True)[0]


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
        return shut_page(opened, _ways(token, opened))
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
    keep_private()
    spend(LINK)
    found = giving.door(session(), token)
    arrive(token, found)
    return found


def _is_known(opened: Door) -> bool:
    """Whether this browser is the addressee's: known by a code, or signed in as them."""
    if me().is_authenticated and me().id == opened.person.identity_id:
        return True
    cookie = request.cookies.get(cookie_of(opened.person.id))
    return codes.device_of(session(), opened.person.id, cookie) is not None


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


def _ways(token: str, opened: Door) -> Ways:
    return Ways(
        code=url_for("granting.asking_code", grant=token),
        device=url_for("granting.recognising", grant=token),
        renewal=url_for("granting.renewing", grant=token),
        why=_(
            "So that nobody else connects an account in your name, we mail a code to %(address)s. It is asked for once"
            " on each browser.",
            address=hidden(opened.person.email),
        ),
        otherwise=_("You may close this page. If it seems wrong, tell %(agency)s.", agency=current_agency_row().name),
    )


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
