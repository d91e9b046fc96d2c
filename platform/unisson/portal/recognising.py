"""How a browser is recognised at a client's link by a mailed code, and what a shut link says: at every door of clients.

A link shows nothing of the brand's before, not to a scanner, not to whoever a mail was forwarded to.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import flask_babel
from flask import after_this_request, g, redirect, render_template, request
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from werkzeug.wrappers import Response

from tenants.brands import Brand
from tenants.errors import GoneError, RefusedError
from tenants.members import Membership
from unisson.portal import codes
from unisson.portal.codes import MINUTES, Outcome
from unisson.portal.forms import CodeForm
from unisson.web.db import session
from unisson.web.guards import current_agency_row
from unisson.web.i18n import lazy
from unisson.web.limits import Allowance, spend
from unisson.web.noted import note, note_refusal

Answer = Response | str | tuple[str, int]

LINK = Allowance("approval-link", RateLimitItemPerMinute(600, 10))
"""Pages and images of links, from one address block: an office reads many, a guesser of 256 bits gains nothing."""

CODE = Allowance("device-code", RateLimitItemPerHour(60), RateLimitItemPerHour(10))
"""Codes and new links that are mailed: few for one person, so that a scanner that submits forms floods nobody."""

TRY = Allowance("device-try", RateLimitItemPerMinute(100, 10), RateLimitItemPerMinute(30, 15))

ASKING = timedelta(hours=1)
"""How long a browser is known that asked for a code: the longest that its mail may be on its way."""

DEVICE = "__Host-unisson-device-"
"""How the cookies begin by which browsers are known."""

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}

WRONG = lazy("This is not the code of the newest mail. Look again, or ask for another one.")
OVER = lazy("This code is over: it was used, tried too often, or too old. Ask for another one.")
ELSEWHERE = lazy("The newest code was asked for in another browser. Type it there, or ask for one here.")
REFUSED = {Outcome.WRONG: WRONG, Outcome.OVER: OVER, Outcome.ELSEWHERE: ELSEWHERE}


class Door(Protocol):
    """What somebody's link opens; `why_shut` is the sentence to say where it opens nothing."""

    @property
    def person(self) -> Membership:
        """The addressee."""

    @property
    def brand(self) -> Brand:
        """Whose link it is."""

    @property
    def why_shut(self) -> object:
        """None where it is open."""

    @property
    def may_be_renewed(self) -> bool:
        """Whether a new link is mailed to the addressee on request."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a door's forms lead, and its own words: why a code is asked for, what to do where it stays shut.

    `otherwise` is empty where nothing is to be done: what the link was for is over.
    """

    code: str
    device: str
    renewal: str
    why: str
    otherwise: str


def arrive(token: str, opened: Door) -> None:
    """Speak the addressee's language from here on; a page of a link is light."""
    g.token, g.light_page = token, True
    g.language, g.brand_language = opened.person.language, opened.brand.language
    flask_babel.refresh()  # type: ignore[no-untyped-call]  # Flask-Babel has no annotations here


def mail_code(opened: Door, way_on: str) -> Response:
    """Mail a code to the addressee; return the way on, with the cookie by which it counts in this browser alone."""
    spend(CODE, str(opened.person.id))
    _code, asked = codes.ask_for(session(), opened.person.id, opened.brand.id)
    answer = redirect(way_on, 303)
    _keep(answer, _asking_cookie(opened.person.id), asked, ASKING)
    return answer


def recognise(opened: Door, form: CodeForm, way_on: str) -> Response | None:
    """Return the way on of a browser that showed the code, which is known from now on; None says why in the form."""
    spend(TRY, str(opened.person.id))
    outcome = codes.check(session(), opened.person.id, form.digits, _asked_by(opened))
    if outcome is not Outcome.RIGHT:
        # A wrong try counts, whatever becomes of the answer.
        session().commit()
        note_refusal("code.refused", of=str(opened.person.id))
        form.refuse(RefusedError(REFUSED[outcome], field="code"))
        return None
    _device, secret = codes.trust(session(), opened.person.id, request.user_agent.string)
    note("browser.trusted", of=str(opened.person.id))
    answer = redirect(way_on, 303)
    _keep(answer, cookie_of(opened.person.id), secret, codes.TRUSTED)
    return answer


def code_page(opened: Door, form: CodeForm, ways: Ways) -> str:
    """Ask a browser that nobody knows for a code."""
    return render_template(
        "portal/code.html",
        brand=opened.brand,
        agency=current_agency_row(),
        awaited=codes.is_awaited(session(), opened.person.id, _asked_by(opened)),
        minutes=MINUTES,
        form=form,
        ways=ways,
    )


def shut_page(opened: Door, ways: Ways, *, sent: bool = False) -> tuple[str, int]:
    """Say why a link opens nothing, and offer a new one where there may be one; or that it was `sent`."""
    html = render_template(
        "portal/shut.html",
        brand=opened.brand,
        agency=current_agency_row(),
        sentence=opened.why_shut,
        address=hidden(opened.person.email),
        may_be_renewed=opened.may_be_renewed,
        sent=sent,
        ways=ways,
    )
    return html, GoneError.status


def cookie_of(membership_id: uuid.UUID) -> str:
    """Return the name of the cookie by which a browser is known as this person's."""
    return f"{DEVICE}{membership_id.hex}"


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


def _asking_cookie(membership_id: uuid.UUID) -> str:
    """Return the name of the cookie by which a browser is known that asked for this person's code."""
    return f"__Host-unisson-asking-{membership_id.hex}"


def _asked_by(opened: Door) -> str | None:
    return request.cookies.get(_asking_cookie(opened.person.id))


def _keep(answer: Response, name: str, value: str, lasts: timedelta) -> None:
    """Have the browser keep a token that opens something, for as long as it does."""
    answer.set_cookie(name, value, max_age=lasts, secure=True, httponly=True, samesite="Lax", path="/")
