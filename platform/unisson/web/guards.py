"""Who may come in: every path of an agency wants a signed-in member, unless its view says otherwise.

Load through the actor (what they cannot see is 404), check (403), then one verb of the trade.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, Response, g, redirect, request, url_for
from sqlalchemy import Text, bindparam, func, select
from sqlalchemy import cast as cast_to
from werkzeug.wrappers import Response as BaseResponse

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.errors import NotFoundError
from tenants.members import BrandAssignment, Membership, lacks_second_step
from tenants.permissions import AgencyRole, BrandRole
from unisson.web.arrivals import AgencyFacts, Arrival, arrival
from unisson.web.db import session
from unisson.web.people import me

View = TypeVar("View", bound=Callable[..., Any])

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
    )
    .outerjoin(
        BrandAssignment,
        (BrandAssignment.agency_id == Membership.agency_id) & (BrandAssignment.membership_id == Membership.id),
    )
    .where(
        Membership.identity_id == bindparam("identity"),
        Membership.removed_at.is_(None),
        Membership.joined_at.is_not(None),
    )
)  # fmt: skip


def load_actor(identity_id: uuid.UUID) -> Actor:
    """Return the member that `identity_id` is in the session's agency. Raises NotFoundError for a stranger."""
    arrived = arrival()
    if arrived and arrived.identity_id == identity_id:
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
    arrived = arrival()
    if arrived:
        return [BrandCard(uuid.UUID(brand_id), *told) for brand_id, *told in arrived.brands]
    return [BrandCard(*row) for row in session().execute(_BRANDS)]


def brand_card(slug: str) -> BrandCard:
    """Return the visible brand called `slug` and speak its language. Raises NotFoundError."""
    for card in visible_brands():
        if card.slug == slug:
            g.brand = card
            g.brand_language = card.language
            return card
    raise NotFoundError


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
    cast_to(Agency.standing_until, Text),
)  # fmt: skip


def current_agency_row() -> AgencyFacts:
    """Return the path's agency."""
    if "agency" not in g:
        arrived = arrival()
        g.agency = arrived.agency if arrived else AgencyFacts(*session().execute(_AGENCY).one())
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
    if access == MEMBER and actor().lacks_second_step and actor().is_inside:
        return _to_second_step()
    return None


def _to_second_step() -> BaseResponse:
    """Lead somebody of an agency that asks for a second step to where it is set up: nothing else opens there."""
    target = url_for("identity.second_factor", asked=current_agency_row().slug)
    if request.headers.get("HX-Request"):
        return Response(status=403, headers={"HX-Redirect": target})
    return redirect(target, 303)


def _to_sign_in() -> BaseResponse:
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    target = url_for("identity.sign_in", next=here)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target, 303)


def init_app(app: Flask) -> None:
    """Ask for a person before any view that wants one."""

    @app.before_request
    def let_in() -> BaseResponse | None:
        g.app = app
        return _let_in()
