"""What every page knows: where it is, whose it is, and the assets with their versions."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, g, get_flashed_messages, request, url_for
from sqlalchemy import Select, select

from tenants.identities import DirectoryEntry, Seat
from tenants.permissions import Permission
from unisson.web.arrivals import surroundings
from unisson.web.db import any_session
from unisson.web.guards import actor, current_agency_row, visible_brands
from unisson.web.hosts import own_domain
from unisson.web.i18n import _, _n, language
from unisson.web.people import me


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the main navigation."""

    label: str
    href: str
    icon: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class AgencyCard:
    """One agency that a person belongs to."""

    slug: str
    name: str


_SEATS = (
    select(DirectoryEntry.slug, DirectoryEntry.name)
    .join(Seat, Seat.agency_id == DirectoryEntry.agency_id)
    .order_by(DirectoryEntry.name)
)


def _my_seats() -> Select[str, str]:
    mine = _SEATS.where(Seat.identity_id == me().id)
    grounds = me().grounds
    return mine if grounds.by_password else mine.where(Seat.agency_id.in_(grounds.agencies))


def my_agencies() -> list[AgencyCard]:
    """Return the agencies of the signed-in person, by name."""
    if "agencies" not in g:
        around = surroundings()
        rows = around.seats if around else any_session().execute(_my_seats()).all()
        g.agencies = [AgencyCard(*row) for row in rows]
    return list(g.agencies)


_OF_SETTINGS = frozenset({"settings", "billing", "activity", "tokens"})
"""What a page's address has after its agency, where it is one of the settings'."""


def _nav() -> list[NavItem]:
    entries = [
        (_("Calendar"), "calendars.month", "calendar"),
        (_("To do"), "approvals.waiting", "circle-check"),
        (_("Publications"), "publishing.publications", "send"),
        (_("Brands"), "agency.brands", "building-2"),
        (_("Team"), "agency.team", "users"),
        (_("Search"), "search.found", "search"),
    ]
    if actor().may(Permission.AGENCY_SETTINGS):
        entries.append((_("Settings"), "agency.settings", "settings"))
    path = request.path
    hrefs = [url_for(endpoint) for _label, endpoint, _icon in entries]
    return [
        NavItem(label, href, icon, path == href or path.startswith(f"{href}/") or _is_of_settings(endpoint))
        for (label, endpoint, icon), href in zip(entries, hrefs, strict=True)
    ]


def _is_of_settings(endpoint: str) -> bool:
    first = request.path.removeprefix(f"/{g.get('agency_slug')}/").split("/")[0]
    return endpoint == "agency.settings" and first in _OF_SETTINGS


def _in_agency() -> dict[str, Any]:
    me = actor()
    return {
        "actor": me,
        "agency": current_agency_row(),
        "agencies": my_agencies(),
        "brands": visible_brands(),
        "brand": g.get("brand"),
        "nav_items": _nav(),
    }


def _context() -> dict[str, Any]:
    signed_in = not g.get("database_is_away") and me().is_authenticated
    page: dict[str, Any] = {
        "person": me() if signed_in else None,
        "lang": language(),
        "theme": request.cookies.get("theme"),
        "own_domain": own_domain(),
    }
    if signed_in and "actor" in g:
        page |= _in_agency()
    elif signed_in and not g.get("agency_slug"):
        page["agencies"] = my_agencies()
    return page


def icon_sheet() -> str:
    """Return the sprite of this page's icons: the few of a client's pages where these are what is shown."""
    return "vendor/icons-light.svg" if g.get("light_page") else "vendor/icons.svg"


def _versioned(root: Path) -> Any:
    @lru_cache(maxsize=512)
    def static(path: str) -> str:
        file = root / path
        version = sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else "0"
        return f"/static/{path}?v={version}"

    return static


def init_app(app: Flask) -> None:
    """Give pages their context."""
    app.context_processor(_context)


def share(app: Flask) -> None:
    """Give templates, of pages and of mails, their globals."""
    app.jinja_env.globals.update(
        icon_sheet=icon_sheet,
        static=_versioned(Path(str(app.static_folder))),
        get_flashed_messages=get_flashed_messages,
        _=_,
        ngettext=_n,
    )
