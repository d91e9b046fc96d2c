"""The page that the portal opens with: all that waits on somebody, of pieces.

By a personal link, on a browser that is known, it is joined before the application is woken (`web.joined`). Who comes
and what waits is one question, asked in that request; nothing of it is kept from one to the next.
"""

import re
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import NamedTuple, cast

from flask import Flask, g, render_template, request
from markupsafe import Markup, escape

from tenants.context import acting_for, current_agency
from tenants.errors import RefusedError
from tenants.wire import Value
from unisson.approvals import links
from unisson.media.addresses import STEP
from unisson.portal.doors import beyond, door_of, page
from unisson.portal.forms import ManyForm
from unisson.portal.guests import Guest
from unisson.portal.listing import BY_LINK, PER_PAGE, Listed, listed, read
from unisson.portal.pieces import DOOR, Mark, Pieces
from unisson.portal.recognising import DEVICE
from unisson.portal.waiting import MOST
from unisson.vault import token_hash
from unisson.web.db import agency_named, session
from unisson.web.guards import current_agency_row
from unisson.web.i18n import LANGUAGES, language
from unisson.web.joined import Filled, Visit, Wanted, join, leave_frame, may_be_joined, slot
from unisson.web.people import me

_THEMES = frozenset({"light", "dark"})
_SLUG = r"[a-z0-9][a-z0-9-]{1,48}"


class Look(NamedTuple):
    """What the frame of a list is made of: nothing that is anybody's."""

    language: str
    theme: str
    is_white: bool
    some: int
    number: int
    pages: int
    has_around: bool
    has_words: bool

    @classmethod
    def of(cls, listed: Listed, spoken: str, theme: str | None, *, is_white: bool) -> "Look":
        """Return how a page of a list looks."""
        return cls(
            spoken, theme if theme in _THEMES else "", is_white, listed.some, listed.number, listed.pages,
            listed.has_around, bool(listed.words),
        )  # fmt: skip


class _Stranger(NamedTuple):
    """Whoever a frame is for: all that their page says of them is a slot."""

    name: str = slot("name")
    signs_as: str = slot("signature")
    link: bool = True

    @property
    def person(self) -> "_Stranger":
        return self


class _Somewhere(NamedTuple):
    """The brand and the agency of a frame, alike."""

    name: str = slot("brand")
    accent: str = slot("accent")
    signs_as: str = slot("agency")
    white_label: bool = True


def shown(guest: Guest) -> str:
    """Return the page, and leave its frame to those who come by a link as this guest did."""
    told = listed(session(), guest, _number(request.args.get("page", "1")))
    html = _page(guest, told, ManyForm())
    if guest.link and guest.device and not me().is_authenticated and may_be_joined():
        look = Look.of(told, language(), request.cookies.get("theme"), is_white=current_agency_row().white_label)
        leave_frame(session().agency_id, look, _frame(look))
    return html


def refused(guest: Guest, form: ManyForm, refusal: RefusedError, chosen: Sequence[str]) -> str:
    """Return the page with what was chosen, and why nothing was approved."""
    told = listed(session(), guest, _number(request.args.get("page", "1")))
    return _page(guest, told, form, refusal=refusal, chosen=chosen)


def _page(
    guest: Guest, told: Listed, form: ManyForm, *, refusal: RefusedError | None = None, chosen: Sequence[str] = ()
) -> str:
    brand, agency = guest.brand, current_agency_row()
    mark = Mark(
        brand.name, brand.accent, brand.logo_digest, brand.logo_width, brand.logo_height, agency.name, agency.slug
    )
    writer = Pieces(cast("Flask", g.app), session().agency_id, language(), brand.timezone)
    with acting_for(session().agency_id):
        pieces = writer.written(told, mark, door_of(guest), chosen)
    return page(
        "portal/desk.html",
        guest,
        pieces=[Markup(each.decode()) for each in pieces],  # noqa: S704 - escaped by their templates
        listed=told,
        form=form,
        refusal=refusal,
        everything_chosen=len(chosen) == len(told.rows),
    )


def _frame(look: Look) -> bytes:
    somewhere = _Somewhere(white_label=look.is_white)
    html = render_template(
        "portal/desk.html",
        guest=_Stranger(),
        brand=somewhere,
        agency=somewhere,
        here=partial(beyond, DOOR),
        csrf_token=partial(slot, "proof"),
        pieces=[
            slot("title"),
            slot("heading"),
            slot("mark"),
            slot("items"),
            look.has_around and slot("around"),
            look.has_words and slot("words"),
        ],
        listed=look,
        form=ManyForm(),
        refusal=None,
        everything_chosen=False,
    )
    return html.encode()


def _number(typed: str) -> int:
    """Return which page somebody asks for; the first where it is none."""
    return min(max(1, int(typed)), MOST // PER_PAGE) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 1


class ListByLink:
    """The list of a personal link, as it is joined."""

    path = re.compile(rf"/({_SLUG})/approve/([\w-]{{20,100}})", re.ASCII)

    def __init__(self, app: Flask) -> None:
        self._app = app

    def wanted(self, visit: Visit, found: re.Match[str]) -> Wanted | None:
        """Return what is asked of a browser that may be known."""
        slug, token = found.groups()
        browsers = [token_hash(cookie) for name, cookie in visit.cookies.items() if name.startswith(DEVICE)]
        agency_id = agency_named(self._app, slug) if browsers else None
        if agency_id is None:
            return None
        values: dict[str, Value] = {
            "held": token_hash(token),
            "browsers": browsers,
            "page": _number(visit.asked.get("page", "1")),
        }
        return Wanted(agency_id, BY_LINK, values)

    def filled(self, visit: Visit, found: re.Match[str], answer: bytes) -> Filled | None:
        """Return the pieces of the list, and what the page says of who came."""
        comer, told = read(answer, _number(visit.asked.get("page", "1")))
        if comer is None or told.number > told.pages:
            return None
        wish = visit.asked.get("lang")
        spoken = wish if wish in LANGUAGES else comer.language or comer.brand_language
        mark = Mark(
            comer.brand, comer.accent, comer.logo_digest, comer.logo_width, comer.logo_height, comer.agency, found[1]
        )
        pieces = Pieces(self._app, current_agency(), spoken, comer.zone).written(told, mark, visit.path)
        slots = {
            "door": visit.path.encode(),
            "proof": visit.proof.encode(),
            "name": _said(comer.name),
            "signature": _said(comer.typed_name or comer.name),
            "brand": _said(comer.brand),
            "accent": _said(comer.accent),
            "agency": _said(comer.signs_as),
            **pieces._asdict(),
        }
        look = Look.of(told, spoken, visit.cookies.get("theme"), is_white=comer.white_label)
        seen = (links.SEEN, {"link": uuid.UUID(comer.unseen)}) if comer.unseen else None
        return Filled(look, slots, min(comer.until, _pictures_until()), seen)


@lru_cache(maxsize=500)
def _said(typed: str) -> bytes:
    return str(escape(typed)).encode()


def _pictures_until() -> datetime:
    """Return until when a page that is made anew would name the same addresses of pictures."""
    return datetime.fromtimestamp((time.time() // STEP + 1) * STEP, UTC)


def init_app(app: Flask) -> None:
    """Have the list of a link joined."""
    join(app, ListByLink(app))
