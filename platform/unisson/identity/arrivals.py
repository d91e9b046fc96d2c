"""One statement for everything that a member's request begins with: who it is, what they may, of which brands.

A sign-in that was revoked, a member who was removed, a role that was taken end with the next request: nothing of it is
kept from one request to the next.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    SQLColumnExpression,
    Text,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    cast,
    func,
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
from unisson.notifications.showing import none_unread, unread_by_place, unread_places
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
_my_seats = (
    select(DirectoryEntry.slug, DirectoryEntry.name)
    .join(Seat, Seat.agency_id == DirectoryEntry.agency_id)
    .where(
        Seat.identity_id == Identity.id,
        # A provider's word lets nobody see where else somebody works.
        or_(SignIn.by_password, Seat.agency_id == any_(SignIn.sso_agency_ids)),
    )
    .correlate(Identity, SignIn)
)
_seat = (DirectoryEntry.slug, DirectoryEntry.name)
_seats = _my_seats.with_only_columns(_all(_list(*_seat), DirectoryEntry.name)).scalar_subquery()
_step = select(
    _list(cast(Agency.second_step_from, Text), Agency.second_step_from <= func.clock_timestamp())
).scalar_subquery()
_holder: tuple[Any, ...] = (*HOLDER_COLUMNS, lacks_second_step(Identity.id))
_WHO = Question(held_by(select(_list(_list(*_holder), _member))))


def _arrival() -> Question:
    ends = _list(cast(Membership.ends_at, Text), support_until())
    member = select(
        _list(*_facts).label("facts"), ends.label("ends"), Membership.agency_id, Membership.id
    ).where(*_in).correlate(Identity).lateral("member")  # fmt: skip
    unread = unread_by_place(member.c.agency_id, member.c.id)
    own = (_list(*_holder), member.c.facts, _seats, unread, member.c.ends, _step)
    return Question(held_by(select(_list(*own, NOW, _agency, _brands))).outerjoin(member, true()))


_ARRIVAL = _arrival()
_YES = b"true"


def _again(*, has_unread: bool, asks_step: bool) -> Question:
    """Return the question whether all that no mark tells of is as it was said to be, which is answered by `_YES`.

    That is the sign-in, the person, their seats, what they have not read, and the clock. To compare costs a third of
    writing it down again, and what was not there is asked for in fewer words.
    """
    agency, member = bindparam("agency", type_=Uuid), bindparam("member", type_=Uuid)
    untils = cast(bindparam("untils", type_=ARRAY(Text)), ARRAY(DateTime(timezone=True)))
    holder = enumerate(_holder if asks_step else HOLDER_COLUMNS)
    places = unread_places(agency, member)
    is_so = and_(
        *[each.is_not_distinct_from(bindparam(f"holder_{number}", type_=each.type)) for number, each in holder],
        func.clock_timestamp() < all_(untils),
        _are(_my_seats, _seat, "seats"),
        _are(select(places), places.c, "unread") if has_unread else none_unread(agency, member),
    )
    return Question(held_by(select(cast(is_so, Text))))


def _are(rows: Select[*tuple[Any, ...]], columns: Iterable[SQLColumnExpression[Any]], said: str) -> ColumnElement[bool]:
    """Return whether rows that all differ are those that a parameter has, each as `_said` writes it, in any order."""
    known = bindparam(said, type_=ARRAY(Text))
    are_known = func.coalesce(func.bool_and(func.concat_ws(" ", *columns) == any_(known)), true())
    return rows.with_only_columns((func.count() == func.cardinality(known)) & are_known).scalar_subquery()


def _said(rows: Iterable[Sequence[Any]] | None) -> list[str]:
    return [" ".join([str(each) for each in row if each is not None]) for row in rows or ()]


_AGAIN = {
    (has_unread, asks_step): _again(has_unread=has_unread, asks_step=asks_step)
    for has_unread in (False, True)
    for asks_step in (False, True)
}


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
    holder, member, *rest = told
    person, is_stale = _person(token, *holder[:-1])
    if is_stale:
        touch(session, person.sign_in_id)
    facts = MemberFacts(*[*member, holder[-1]]) if member else None
    if not reads:
        keep_arrival(Arrival(person.id, facts, None, is_stale))
        return person
    seats, unread, ends, step, moment, agency, brands = rest
    if agency:
        here = Surroundings(AgencyFacts(*agency), brands or [], seats or [], unread if facts else None, Moment(*moment))
        again = None
        if facts and not is_stale:
            own = {**held, "agency": session.agency_id, "member": facts.id}
            again = _reminder(own, holder, seats, unread, [*ends, *step])
        keep_arrival(Arrival(person.id, facts, here, is_stale, again, answered))
    return person


def _reminder(
    own: dict[str, Value],
    holder: Sequence[Any],
    seats: Sequence[Any] | None,
    unread: Sequence[Any] | None,
    clock: Sequence[Any],
) -> Reminder:
    """Return what asks whether it is still so. Until when, the `clock` says; its last, whether a second step is due."""
    *untils, asks_step = clock
    if asks_step:
        untils.pop()
    values: dict[str, Value] = {
        **own,
        **{f"holder_{n}": each for n, each in enumerate(holder)},
        "untils": [each for each in untils if each],
        "seats": _said(seats),
        "unread": _said(unread),
    }
    return Reminder.that_answers(_AGAIN[bool(unread), bool(asks_step)], values, _YES)


def _person(token: str, *holder: Any) -> tuple[Person, bool]:
    """Return who holds a sign-in, and whether its use is to be noted, from its columns as JSON."""
    identity_id, name, email, language, timezone, is_verified, sign_in_id, is_stale, by_password, agencies = holder
    grounds = grounds_of(by_password, agencies)
    person = Person(
        uuid.UUID(identity_id), name, email, language, timezone, is_verified, uuid.UUID(sign_in_id), token, grounds
    )
    return person, is_stale
