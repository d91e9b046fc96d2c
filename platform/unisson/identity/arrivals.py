"""One statement for everything that a member's request begins with: who it is, what they may, of which brands.

A sign-in that was revoked, a member who was removed, a role that was taken end with the next request: nothing of it is
kept from one request to the next.
"""

import uuid
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    all_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.identities import DirectoryEntry, Identity, Seat, SignIn
from tenants.marks import NOW, Moment
from tenants.members import BrandAssignment, Membership, is_in, lacks_second_step, must_sign_on, support_until
from tenants.session import TenantSession
from tenants.wire import Question, Reminder, Value
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
_facts = (Membership.id, Membership.name, Membership.email, Membership.agency_role, _roles, must_sign_on())
_in = (Membership.identity_id == Identity.id, is_in())
_member = select(_list(*_facts)).where(*_in).correlate(Identity).scalar_subquery()
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
_asks = lacks_second_step(Identity.id)
_WHO = Question(held_by(select(_list(_list(*HOLDER_COLUMNS, _asks), _member))))


def _own(agency_id: Any, membership_id: Any, lasts: Any) -> Any:
    """Return what no mark tells of: the sign-in, the person, their seats, what they have not read, the clock."""
    return _list(_list(*HOLDER_COLUMNS, _asks), _seats, unread_by_place(agency_id, membership_id), lasts)


def _digest(told: Any) -> Any:
    return func.md5(cast(told, Text))


def _arrival() -> Question:
    ends = _list(cast(Membership.ends_at, Text), support_until())
    member = select(
        _list(*_facts).label("facts"), ends.label("ends"), Membership.agency_id, Membership.id
    ).where(*_in).correlate(Identity).lateral("member")  # fmt: skip
    own = _own(member.c.agency_id, member.c.id, literal_column("true"))
    rows = held_by(select(own.label("own"), member.c.facts, member.c.ends)).outerjoin(member, true())
    told = rows.offset(literal_column("0")).subquery("told")
    return Question(select(_list(told.c.own, _digest(told.c.own), told.c.facts, told.c.ends, NOW, _agency, _brands)))


_ARRIVAL = _arrival()
_lasts = func.clock_timestamp() < all_(cast(bindparam("untils", type_=ARRAY(Text)), ARRAY(DateTime(timezone=True))))
_AGAIN = Question(
    held_by(select(_digest(_own(bindparam("agency", type_=Uuid), bindparam("member", type_=Uuid), _lasts))))
)
"""The digest of the same, for somebody who came before. The rest of an arrival is the agency's, and told by marks."""


def arrive(session: TenantSession, token: str, *, reads: bool) -> Person | None:
    """Return who holds `token`, and keep for the request what they are in the session's agency.

    For a page that `reads`, what stands around it as well. None when the token is unknown, over or revoked, or the
    person disabled.
    """
    held: dict[str, Value] = {"held": token_hash(token)}
    told = session.ask(_ARRIVAL if reads else _WHO, held)
    answered = session.asked[-1]
    if told is None:
        return None
    holder, member = (told[0][0], told[2]) if reads else told
    person, is_stale = _person(token, *holder[:-1])
    if is_stale:
        touch(session, person.sign_in_id)
    facts = MemberFacts(*[*member, holder[-1]]) if member else None
    if not reads:
        keep_arrival(Arrival(person.id, facts, None, is_stale))
        return person
    (_holder, seats, unread, _lasts), same, _member, ends, moment, agency, brands = told
    if agency:
        here = Surroundings(AgencyFacts(*agency), brands or [], seats or [], unread if facts else None, Moment(*moment))
        again = None
        if facts and not is_stale:
            untils = [each for each in ends if each]
            values = {**held, "agency": session.agency_id, "member": facts.id, "untils": untils}
            again = Reminder.that_answers(_AGAIN, values, same.encode())
        keep_arrival(Arrival(person.id, facts, here, is_stale, again, answered))
    return person


def _person(token: str, *holder: Any) -> tuple[Person, bool]:
    """Return who holds a sign-in, and whether its use is to be noted, from its columns as JSON."""
    identity_id, name, email, language, timezone, is_verified, sign_in_id, is_stale, by_password, agencies = holder
    grounds = grounds_of(by_password, agencies)
    person = Person(
        uuid.UUID(identity_id), name, email, language, timezone, is_verified, uuid.UUID(sign_in_id), token, grounds
    )
    return person, is_stale
