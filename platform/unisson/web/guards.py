"""Who may come in: every path of an agency wants a signed-in member, unless its view says otherwise.

Load through the actor (what they cannot see is 404), check (403), then one verb of the trade.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, g, redirect, request, url_for
from sqlalchemy import Text, bindparam, func, select
from sqlalchemy import cast as cast_to
from werkzeug.wrappers import Response as BaseResponse

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.errors import ArchivedError, NotFoundError
from tenants.members import BrandAssignment, Membership, is_in, lacks_second_step, must_sign_on, support_until
from tenants.permissions import AgencyRole, BrandRole, Permission
from unisson.web.arrivals import AgencyFacts, Arrival, arrival, surroundings
from unisson.web.db import session
from unisson.web.i18n import _, lazy
from unisson.web.people import me

View = TypeVar("View", bound=Callable[..., Any])

ARCHIVED = lazy("Nothing goes out of it, and no page shows it until it is taken back.")

PUBLIC = "public"
SIGNED_IN = "signed_in"
MEMBER = "member"


def public(view: View) -> View:
    """Mark a view that anybody may call; it checks what it must itself."""
    view.access = PUBLIC  # type: ignore[attr-defined]  # a mark on a function
    return view


def signed_in(view: View) -> View:
    """Mark a view outside any agency that wants a signed-in person."""
    view.access = SIGNED_IN  # type: ignore[attr-defined]  # a mark on a function
    return view


def access_of(view: Callable[..., Any]) -> str:
    """Return who may call `view`: a member of the path's agency unless it is marked otherwise."""
    return cast("str", getattr(view, "access", MEMBER))


@dataclass(frozen=True, slots=True)
class BrandCard:
    """What pages show of a brand in lists and switchers."""

    id: uuid.UUID
    slug: str
    name: str
    accent: str
    timezone: str
    language: str
    sector: str


def actor() -> Actor:
    """Return who is acting in the path's agency. Raises NotFoundError for somebody who is no member of it."""
    known: Actor | None = g.get("actor")
    if known is None:
        known = g.actor = load_actor(me().id)
    return known


_MEMBER = (
    select(
        Membership.id, Membership.identity_id, Membership.name, Membership.email, Membership.agency_role,
        BrandAssignment.brand_id, BrandAssignment.role,
        lacks_second_step(Membership.identity_id).label("lacks_second_step"),
        must_sign_on().label("must_sign_on"),
    )
    .outerjoin(
        BrandAssignment,
        (BrandAssignment.agency_id == Membership.agency_id) & (BrandAssignment.membership_id == Membership.id),
    )
    .where(
        Membership.identity_id == bindparam("identity"),
        is_in(),
    )
)  # fmt: skip


def load_actor(identity_id: uuid.UUID) -> Actor:
    """Return the member that `identity_id` is in the session's agency. Raises NotFoundError for a stranger."""
    arrived = arrival()
    if arrived and arrived.identity_id == identity_id and (arrived.member or arrived.around):
        return _actor_of(arrived)
    rows = session().execute(_MEMBER, {"identity": identity_id}).all()
    if not rows:
        raise NotFoundError
    roles: dict[uuid.UUID, set[BrandRole]] = {}
    for row in rows:
        if row.brand_id is not None:
            roles.setdefault(row.brand_id, set()).add(BrandRole(row.role))
    first = rows[0]
    return Actor(
        agency_id=session().agency_id,
        membership_id=first.id,
        identity_id=identity_id,
        name=first.name,
        email=first.email,
        agency_role=AgencyRole(first.agency_role),
        brand_roles={brand_id: frozenset(held) for brand_id, held in roles.items()},
        lacks_second_step=first.lacks_second_step,
        must_sign_on=first.must_sign_on,
    )


def _actor_of(arrived: Arrival) -> Actor:
    member = arrived.member
    if member is None:
        raise NotFoundError
    roles: dict[uuid.UUID, frozenset[BrandRole]] = {}
    for brand, role in member.brand_roles or []:
        brand_id = uuid.UUID(brand)
        roles[brand_id] = roles.get(brand_id, frozenset()) | {BrandRole(role)}
    return Actor(
        agency_id=session().agency_id,
        membership_id=uuid.UUID(member.id),
        identity_id=arrived.identity_id,
        name=member.name,
        email=member.email,
        agency_role=AgencyRole(member.role),
        brand_roles=roles,
        lacks_second_step=member.lacks_second_step,
        must_sign_on=member.must_sign_on,
    )


_BRANDS = (
    select(Brand.id, Brand.slug, Brand.name, Brand.accent, Brand.timezone, Brand.language, Brand.sector)
    .where(Brand.archived_at.is_(None))
    .order_by(Brand.name)
)


def visible_brands() -> Sequence[BrandCard]:
    """Return the brands that the actor can see, by name."""
    known: Sequence[BrandCard] | None = g.get("brands")
    if known is None:
        me = actor()
        known = g.brands = [card for card in _all_brands() if me.sees_brand(card.id)]
    return known


def _all_brands() -> list[BrandCard]:
    around = surroundings()
    if around:
        return [BrandCard(uuid.UUID(brand_id), *told) for brand_id, *told in around.brands]
    return [BrandCard(*row) for row in session().execute(_BRANDS)]


def brand_card(slug: str) -> BrandCard:
    """Return the visible brand called `slug` and speak its language. Raises NotFoundError."""
    for card in visible_brands():
        if card.slug == slug:
            g.brand = card
            g.brand_language = card.language
            return card
    _refuse_archived(slug)
    raise NotFoundError


def _refuse_archived(slug: str) -> None:
    """Say of an archived brand what it is to whoever may take it back; to anybody else it isn't there."""
    archived = select(Brand.id).where(Brand.slug == slug, Brand.archived_at.is_not(None))
    if actor().may(Permission.BRAND_CREATE) and session().scalar(archived) is not None:
        raise ArchivedError(ARCHIVED, way="archived")


def brand_card_of(brand_id: uuid.UUID) -> BrandCard:
    """Return the visible brand with this id and make it the page's brand. Raises NotFoundError."""
    for card in visible_brands():
        if card.id == brand_id:
            g.brand = card
            g.brand_language = card.language
            return card
    raise NotFoundError


_AGENCY = select(
    Agency.slug, Agency.name, Agency.language, Agency.timezone, Agency.white_label,
    func.coalesce(Agency.sender_name, Agency.name), Agency.standing, Agency.standing_why,
    cast_to(Agency.standing_until, Text), support_until(),
)  # fmt: skip


def current_agency_row() -> AgencyFacts:
    """Return the path's agency."""
    if "agency" not in g:
        around = surroundings()
        g.agency = around.agency if around else AgencyFacts._make(session().execute(_AGENCY).one())
    return cast("AgencyFacts", g.agency)


def _let_in() -> BaseResponse | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = cast("Flask", g.app).view_functions[request.endpoint]
    access = access_of(view)
    if access == PUBLIC:
        return None
    if not me().is_authenticated:
        return _to_sign_in()
    return _asked_more() if access == MEMBER else None


def _asked_more() -> BaseResponse | None:
    """Lead a member whose sign-in is not what the agency asks for to where it becomes so."""
    here, grounds = actor(), me().grounds
    if not grounds.open(here.agency_id, by_provider_alone=here.must_sign_on and here.is_inside):
        g.pop("actor")  # nobody came in
        return _to(url_for("sign_on.ways", next=_wanted()), 401)
    # The provider is the agency's own: whether it asks for a second step is the agency's to say there.
    if here.lacks_second_step and here.is_inside and here.agency_id not in grounds.agencies:
        return _to(url_for("identity.second_factor", asked=current_agency_row().slug), 403)
    return None


def _to(target: str, status: int) -> BaseResponse:
    """Lead there, for a fragment with `status`: nothing else opens before."""
    if request.headers.get("HX-Request"):
        return Response(status=status, headers={"HX-Redirect": target})
    return redirect(target, 303)


def _to_sign_in() -> BaseResponse:
    """Lead to the sign-in, and from there back; whoever sent a form is told that it was not saved."""
    if request.method == "POST" and request.accept_mimetypes.accept_html and not request.headers.get("HX-Request"):
        flash(_("Nothing was saved: you were signed out. Sign in again, and you come back to the page you were on."))
    return _to(url_for("identity.sign_in", next=_wanted()), 401)


def _wanted() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else page_before()


def page_before() -> str | None:
    """Return the page of this server, path and query, that the request was made from, if the browser says so."""
    said = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    if said.netloc != request.host or said.path.startswith("//"):
        return None
    return f"{said.path}?{said.query}" if said.query else said.path


def nearest_page() -> str:
    """Return the nearest address above that of the request which can be looked at; "/" where there is none."""
    known, above = current_app.create_url_adapter(request), request.path
    while above := above.rpartition("/")[0]:
        if known and known.test(above, "GET"):
            return above
    return "/"


def init_app(app: Flask) -> None:
    """Ask for a person before any view that wants one."""

    @app.before_request
    def let_in() -> BaseResponse | None:
        g.app = app
        return _let_in()
