"""One statement for everything that a member's request begins with: who it is, what they may, of which brands.

A sign-in that was revoked, a member who was removed, a role that was taken end with the next request: nothing of it is
kept from one request to the next.
"""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.identities import DirectoryEntry, Identity, Seat, SignIn
from tenants.members import BrandAssignment, Membership, is_in, lacks_second_step, must_sign_on, support_until
from tenants.session import TenantSession
from tenants.wire import Question
from unisson.identity.sign_ins import HOLDER_COLUMNS, Person, grounds_of, held_by, touch
from unisson.notifications.showing import unread_by_place
from unisson.vault import token_hash
from unisson.web.arrivals import AgencyFacts, Arrival, MemberFacts, Surroundings, keep_arrival

_list = func.json_build_array


def _all(of: ColumnElement[Any], by: Any) -> ColumnElement[Any]:
    return func.json_agg(aggregate_order_by(of, by))


_roles = (
    select(func.json_agg(_list(BrandAssignment.brand_id, BrandAssignment.role)))
    .where(BrandAssignment.agency_id == Membership.agency_id, BrandAssignment.membership_id == Membership.id)
    .correlate(Membership)
    .scalar_subquery()
)
_facts = (
    Membership.id, Membership.name, Membership.email, Membership.agency_role, _roles, lacks_second_step(Identity.id),
    must_sign_on(),
)  # fmt: skip


def _member(*columns: Any) -> Any:
    here = (Membership.identity_id == Identity.id, is_in())
    return select(_list(*columns)).where(*here).correlate(Identity).scalar_subquery()


_brand = (Brand.id, Brand.slug, Brand.name, Brand.accent, Brand.timezone, Brand.language, Brand.sector)
_brands = select(_all(_list(*_brand), Brand.name)).where(Brand.archived_at.is_(None)).scalar_subquery()
_agency = select(
    _list(
        Agency.slug, Agency.name, Agency.language, Agency.timezone, Agency.white_label,
        func.coalesce(Agency.sender_name, Agency.name), Agency.standing, Agency.standing_why,
        cast(Agency.standing_until, Text), support_until(),
    )
).scalar_subquery()  # fmt: skip
_seats = (
    select(_all(_list(DirectoryEntry.slug, DirectoryEntry.name), DirectoryEntry.name))
    .join(Seat, Seat.agency_id == DirectoryEntry.agency_id)
    .where(
        Seat.identity_id == Identity.id,
        # A provider's word lets nobody see where else somebody works.
        or_(SignIn.by_password, Seat.agency_id == any_(SignIn.sso_agency_ids)),
    )
    .correlate(Identity, SignIn)
    .scalar_subquery()
)
_unread = unread_by_place(Membership.agency_id, Membership.id)
_WHO = Question(held_by(select(_list(_list(*HOLDER_COLUMNS), _member(*_facts)))))
_ARRIVAL = Question(held_by(select(_list(_list(*HOLDER_COLUMNS), _member(*_facts, _unread), _agency, _brands, _seats))))


def arrive(session: TenantSession, token: str, *, reads: bool) -> Person | None:
    """Return who holds `token`, and keep for the request what they are in the session's agency.

    For a page that `reads`, what stands around it as well. None when the token is unknown, over or revoked, or the
    person disabled.
    """
    told = session.ask(_ARRIVAL if reads else _WHO, {"held": token_hash(token)})
    if told is None:
        return None
    holder, member, *around = told
    identity_id, name, email, language, timezone, is_verified, sign_in_id, is_stale, by_password, agencies = holder
    person = Person(
        uuid.UUID(identity_id), name, email, language, timezone, is_verified, uuid.UUID(sign_in_id), token,
        grounds_of(by_password, agencies),
    )  # fmt: skip
    if is_stale:
        touch(session, person.sign_in_id)
    facts = MemberFacts(*member[: len(_facts)]) if member else None
    if not reads:
        keep_arrival(Arrival(person.id, facts, None, is_stale))
    elif around[0]:
        agency, brands, seats = around
        here = Surroundings(AgencyFacts(*agency), brands or [], seats or [], member[-1] if member else None)
        keep_arrival(Arrival(person.id, facts, here, is_stale))
    return person
