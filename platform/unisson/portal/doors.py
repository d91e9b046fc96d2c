"""How a page of the portal is reached: by a personal link on a known browser, or signed in. Each view is one for both.

A view takes the guest. By a link it is shut until the browser has been recognised by a mailed code; nothing of the
brand is shown before, not to a scanner, not to whoever a mail was forwarded to.
"""

import functools
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import flask_babel
from flask import Blueprint, after_this_request, g, redirect, render_template, request, url_for
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from werkzeug.wrappers import Response

from tenants.errors import GoneError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.approvals import links
from unisson.portal import codes, guests
from unisson.portal.codes import MINUTES, Outcome
from unisson.portal.forms import CodeForm
from unisson.portal.guests import Door, Guest
from unisson.web.db import session
from unisson.web.guards import actor, brand_card, current_agency_row, public
from unisson.web.i18n import lazy
from unisson.web.limits import Allowance, spend
from unisson.web.noted import note, note_refusal
from unisson.web.people import me

Answer = Response | str | tuple[str, int]
View = Callable[..., Answer]
Question = Callable[[TenantSession, str], object]
"""What is asked about a link's token before anything of whoever follows it is read."""

LINK = Allowance("approval-link", RateLimitItemPerMinute(600, 10))
"""Pages and images of links, from one address block: an office reads many, a guesser of 256 bits gains nothing."""

CODE = Allowance("device-code", RateLimitItemPerHour(60), RateLimitItemPerHour(10))
"""Codes and new links that are mailed: few for one person, so that a scanner that submits forms floods nobody."""

TRY = Allowance("device-try", RateLimitItemPerMinute(100, 10), RateLimitItemPerMinute(30, 15))

ASKING = timedelta(hours=1)
"""How long a browser is known that asked for a code: the longest that its mail may be on its way."""

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}

WRONG = lazy("This is not the code of the newest mail. Look again, or ask for another one.")
OVER = lazy("This code is over: it was used, tried too often, or too old. Ask for another one.")
ELSEWHERE = lazy("The newest code was asked for in another browser. Type it there, or ask for one here.")
REFUSED = {Outcome.WRONG: WRONG, Outcome.OVER: OVER, Outcome.ELSEWHERE: ELSEWHERE}
ASK_FIRST = lazy("Show first that this browser is yours: nothing was decided.")


def register(blueprint: Blueprint, routes: list[tuple[str, str, View]], first: Mapping[View, Question]) -> None:
    """Add each view (path below the door, method, view) twice: by a link, and signed in; and the door itself.

    `first` has the question that is put before a view by a link.
    """
    for path, method, view in routes:
        name = view.__name__
        by_link = _by_link(view, first.get(view))
        blueprint.add_url_rule(f"/approve/<token>{path}", f"link_{name}", by_link, methods=[method])
        blueprint.add_url_rule(f"/portal/<brand>{path}", name, _by_account(view), methods=[method])
    for path, verb in (("code", asking_code), ("device", recognising), ("renewal", asking_link)):
        blueprint.add_url_rule(f"/approve/<token>/{path}", verb.__name__, verb, methods=["GET", "POST"])


def here(guest: Guest, name: str, **values: Any) -> str:
    """Return the address of a page of the portal, by the door that the guest came through."""
    where = {"token": g.token} if guest.link else {"brand": guest.brand.slug}
    return url_for(f"portal.{'link_' if guest.link else ''}{name}", **where, **values)


def _posted(verb: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Lead whoever loads the address of a form again back to the page it was on."""

    @functools.wraps(verb)
    def led(token: str) -> Answer:
        if request.method == "POST":
            return verb(token)
        guests.door(session(), token)
        return redirect(url_for("portal.link_desk", token=token), 303)

    return led


@public
@_posted
def asking_code(token: str) -> Answer:
    """Mail a code to the link's addressee."""
    opened = _arrive(token)
    if opened.why_shut:
        return _shut(token, opened)
    spend(CODE, str(opened.person.id))
    _code, asked = codes.ask_for(session(), opened.person.id, opened.brand.id)
    answer = redirect(_way_on(token, CodeForm().content.data or ""), 303)
    set_cookie(answer, asking_cookie(opened.person.id), asked, ASKING)
    return answer


@public
@_posted
def recognising(token: str) -> Answer:
    """Recognise this browser by the code that was mailed."""
    opened = _arrive(token)
    if opened.why_shut:
        return _shut(token, opened)
    spend(TRY, str(opened.person.id))
    form = CodeForm()
    asked = request.cookies.get(asking_cookie(opened.person.id))
    outcome = codes.check(session(), opened.person.id, form.digits, asked)
    if outcome is not Outcome.RIGHT:
        # A wrong try counts, whatever becomes of the answer.
        session().commit()
        note_refusal("code.refused", of=str(opened.person.id))
        form.refuse(RefusedError(REFUSED[outcome], field="code"))
        return _code_page(token, opened, form), 422
    _device, secret = codes.trust(session(), opened.person.id, request.user_agent.string)
    note("browser.trusted", of=str(opened.person.id))
    answer = redirect(_way_on(token, form.content.data or ""), 303)
    set_cookie(answer, cookie_of(opened.person.id), secret, codes.TRUSTED)
    return answer


@public
@_posted
def asking_link(token: str) -> Answer:
    """Mail a new link to the addressee of one that has expired."""
    opened = _arrive(token)
    if not opened.may_be_renewed:
        return _shut(token, opened) if opened.why_shut else redirect(url_for("portal.link_desk", token=token), 303)
    spend(CODE, str(opened.person.id))
    links.send(session(), opened.person.id, opened.brand.id)
    return _shut(token, opened, sent=True)[0]


def cookie_of(membership_id: uuid.UUID) -> str:
    """Return the name of the cookie by which a browser is known as this person's."""
    return f"__Host-unisson-device-{membership_id.hex}"


def asking_cookie(membership_id: uuid.UUID) -> str:
    """Return the name of the cookie by which a browser is known that asked for this person's code."""
    return f"__Host-unisson-asking-{membership_id.hex}"


def set_cookie(answer: Response, name: str, value: str, lasts: timedelta) -> None:
    """Have the browser keep a token that opens something, for as long as it does."""
    answer.set_cookie(name, value, max_age=lasts, secure=True, httponly=True, samesite="Lax", path="/")


def _by_link(view: View, ask: Question | None) -> View:
    @functools.wraps(view)
    def opened(token: str, **named: Any) -> Answer:
        if ask:
            ask(session(), token)
        found = _arrive(token)
        if found.why_shut:
            return _shut(token, found)
        signed_in = me().id if me().is_authenticated else None
        guest = guests.enter(session(), found, request.cookies.get(cookie_of(found.person.id)), signed_in)
        if guest is None:
            return _stranger(token, found)
        links.seen(found.link)
        return view(guest, **named)

    return public(opened)


def _by_account(view: View) -> View:
    @functools.wraps(view)
    def opened(brand: str, **named: Any) -> Answer:
        card = brand_card(brand)
        actor().require(Permission.CONTENT_SEE, card.id)
        g.light_page = True
        return view(guests.member(session(), actor(), card.id), **named)

    return opened


def _arrive(token: str) -> Door:
    g.token, g.light_page = token, True
    keep_private()
    spend(LINK)
    found = guests.door(session(), token)
    g.language, g.brand_language = found.person.language, found.brand.language
    flask_babel.refresh()  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations here
    return found


def _stranger(token: str, opened: Door) -> Answer:
    """Ask a browser that nobody knows for a code; what it posted, and documents, are refused."""
    form = CodeForm()
    form.content.data = str((request.view_args or {}).get("content_id", ""))
    if request.method == "GET" and not (request.view_args or {}).keys() & {"file_id"}:
        return _code_page(token, opened, form)
    form.form_errors.append(ASK_FIRST)
    return _code_page(token, opened, form), 403


def _code_page(token: str, opened: Door, form: CodeForm) -> str:
    return render_template(
        "portal/code.html",
        token=token,
        brand=opened.brand,
        agency=current_agency_row(),
        address=hidden(opened.person.email),
        awaited=codes.is_awaited(session(), opened.person.id, request.cookies.get(asking_cookie(opened.person.id))),
        minutes=MINUTES,
        form=form,
    )


def _shut(token: str, opened: Door, *, sent: bool = False) -> tuple[str, int]:
    html = render_template(
        "portal/shut.html",
        token=token,
        brand=opened.brand,
        agency=current_agency_row(),
        sentence=opened.why_shut,
        address=hidden(opened.person.email),
        may_be_renewed=opened.may_be_renewed,
        sent=sent,
    )
    return html, GoneError.status


def _way_on(token: str, content: str) -> str:
    try:
        return url_for("portal.link_content", token=token, content_id=uuid.UUID(content))
    except ValueError:
        return url_for("portal.link_desk", token=token)


def hidden(email: str) -> str:
    """Return an address so that its owner knows it, and nobody else learns it."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}{'•' * 3}@{domain}"


def keep_private() -> None:
    """No page of a link is kept, indexed, or named to another site; refusals included."""

    @after_this_request
    def harden(response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = "no-store"
        return response
