"""How a page of the portal is reached: by a personal link on a known browser, or signed in. Each view is one for both.

A view takes the guest. By a link it is shut until the browser has been recognised by a mailed code; nothing of the
brand is shown before, not to a scanner, not to whoever a mail was forwarded to.
"""

import functools
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, redirect, render_template, request, url_for

from tenants.permissions import Permission
from unisson.approvals import links
from unisson.portal import guests
from unisson.portal.forms import CodeForm
from unisson.portal.guests import Door, Guest
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
from unisson.web.db import session
from unisson.web.guards import actor, brand_card, current_agency_row, public
from unisson.web.i18n import _, lazy
from unisson.web.limits import spend
from unisson.web.people import me

View = Callable[..., Answer]
_PATHS: dict[str, str] = {}
"""Of the portal's pages, below whichever door."""
ASK_FIRST = lazy("Show first that this browser is yours: nothing was decided.")


def register(blueprint: Blueprint, routes: list[tuple[str, str, View]]) -> None:
    """Add each view (path below the door, method, view) twice: by a link, and signed in; and the door itself."""
    for path, method, view in routes:
        name = view.__name__
        _PATHS[name] = path
        blueprint.add_url_rule(f"/approve/<token>{path}", f"link_{name}", _by_link(view), methods=[method])
        blueprint.add_url_rule(f"/portal/<brand>{path}", name, _by_account(view), methods=[method])
    for path, verb in (("code", asking_code), ("device", recognising), ("renewal", asking_link)):
        blueprint.add_url_rule(f"/approve/<token>/{path}", verb.__name__, verb, methods=["GET", "POST"])


def door_of(guest: Guest) -> str:
    """Return the address of the portal by the door that the guest came through."""
    return here(guest, "desk")


def page(template: str, guest: Guest, **shown: Any) -> str:
    """Return a page of the portal."""
    around = {"here": partial(beyond, door_of(guest)), "brand": guest.brand, "agency": current_agency_row()}
    return render_template(template, guest=guest, **around, **shown)


def beyond(door: str, name: str, **values: Any) -> str:
    """Return the address of a page of the portal behind a door."""
    path = _PATHS[name]
    for part in ("content_id", "thread_id", "file_id"):
        if part in values:
            path = path.replace(f"<uuid:{part}>", str(values.pop(part)))
    return f"{door}{path}?{urlencode(values)}" if values else f"{door}{path}"


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
        return shut_page(opened, _ways(token, opened))
    return mail_code(opened, _way_on(token, CodeForm().content.data or ""))


@public
@_posted
def recognising(token: str) -> Answer:
    """Recognise this browser by the code that was mailed."""
    opened = _arrive(token)
    if opened.why_shut:
        return shut_page(opened, _ways(token, opened))
    form = CodeForm()
    known = recognise(opened, form, _way_on(token, form.content.data or ""))
    return known or (code_page(opened, form, _ways(token, opened)), 422)


@public
@_posted
def asking_link(token: str) -> Answer:
    """Mail a new link to the addressee of one that has expired."""
    opened = _arrive(token)
    ways = _ways(token, opened)
    if not opened.may_be_renewed:
        return shut_page(opened, ways) if opened.why_shut else redirect(url_for("portal.link_desk", token=token), 303)
    spend(CODE, str(opened.person.id))
    links.send(session(), opened.person.id, opened.brand.id)
    return shut_page(opened, ways, sent=True)[0]


def _by_link(view: View) -> View:
    @functools.wraps(view)
    def opened(token: str, **named: Any) -> Answer:
        found = _arrive(token)
        if found.why_shut:
            return shut_page(found, _ways(token, found))
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
    keep_private()
    spend(LINK)
    found = guests.door(session(), token)
    arrive(token, found)
    return found


def _stranger(token: str, opened: Door) -> Answer:
    """Ask a browser that nobody knows for a code; what it posted, and documents, are refused."""
    form = CodeForm()
    form.content.data = str((request.view_args or {}).get("content_id", ""))
    if request.method == "GET" and not (request.view_args or {}).keys() & {"file_id"}:
        return code_page(opened, form, _ways(token, opened))
    form.form_errors.append(ASK_FIRST)
    return code_page(opened, form, _ways(token, opened)), 403


def _ways(token: str, opened: Door) -> Ways:
    return Ways(
        code=url_for("portal.asking_code", token=token),
        device=url_for("portal.recognising", token=token),
        renewal=url_for("portal.asking_link", token=token),
        why=_(
            "So that nobody else decides in your name, we mail a code to %(address)s. It is asked for once on each"
            " browser.",
            address=hidden(opened.person.email),
        ),
        otherwise=""
        if opened.why_shut is guests.OVER
        else _("Ask %(agency)s for a new one.", agency=current_agency_row().name),
    )


def _way_on(token: str, content: str) -> str:
    try:
        return url_for("portal.link_content", token=token, content_id=uuid.UUID(content))
    except ValueError:
        return url_for("portal.link_desk", token=token)
