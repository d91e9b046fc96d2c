"""One statement for everything that a member's request begins with: who it is, what they may, of which brands.

A sign-in that was revoked, a member who was removed, a role that was taken end with the next request: nothing of it is
kept from one request to the next.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    Boolean,
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
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.agencies import Agency
from tenants.base import SCHEMA
from tenants.brands import Brand
from tenants.identities import DirectoryEntry, Identity, Seat, SignIn
from tenants.marks import NOW, Moment
from tenants.members import BrandAssignment, Membership, is_in, lacks_second_step, must_sign_on, support_until
from tenants.session import TenantSession
from tenants.wire import Question, Reminder, Value
from unisson.identity.sign_ins import HOLDER_COLUMNS, Person, grounds_of, held_by, is_stale_at, touch
from unisson.notifications.showing import none_unread, unread_by_place, unread_places
from unisson.vault import token_hash
from unisson.web.arrivals import AgencyFacts, Arrival, MemberFacts, Surroundings, keep_arrival

_list = func.json_build_array


def _all(of: ColumnElement[Any], *by: Any) -> ColumnElement[Any]:
    return func.json_agg(aggregate_order_by(of, *by))


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
_brands = select(_all(_list(*_brand), Brand.name, Brand.id)).where(Brand.archived_at.is_(None)).scalar_subquery()
_agency = select(
    _list(
        Agency.slug, Agency.name, Agency.language, Agency.timezone, Agency.white_label,
        func.coalesce(Agency.sender_name, Agency.name), Agency.standing, Agency.standing_why,
        cast(Agency.standing_until, Text), support_until(),
    )
).scalar_subquery()  # fmt: skip
# A provider's word lets nobody see where else somebody works.
_is_mine = (Seat.identity_id == Identity.id, or_(SignIn.by_password, Seat.agency_id == any_(SignIn.sso_agency_ids)))
_seat = (DirectoryEntry.slug, DirectoryEntry.name)
_my_seats = (
    select(*_seat).join(Seat, Seat.agency_id == DirectoryEntry.agency_id).where(*_is_mine).correlate(Identity, SignIn)
)
_seats = _my_seats.with_only_columns(_all(_list(*_seat), DirectoryEntry.name, DirectoryEntry.slug)).scalar_subquery()
_version = cast(literal_column(f"{SCHEMA}.identities.xmin"), Text)
"""Of the person's row: which transaction wrote it. Like all of marks, good for this run of this database."""
_step = select(
    _list(cast(Agency.second_step_from, Text), Agency.second_step_from <= func.clock_timestamp())
).scalar_subquery()
_lacks_step = lacks_second_step(Identity.id)
_holder = (*HOLDER_COLUMNS, _lacks_step)
_WHO = Question(held_by(select(_list(_list(*_holder), _member))))


def _arrival() -> Question:
    ends = _list(cast(Membership.ends_at, Text), support_until())
    member = select(
        _list(*_facts).label("facts"), ends.label("ends"), Membership.agency_id, Membership.id
    ).where(*_in).correlate(Identity).lateral("member")  # fmt: skip
    unread = unread_by_place(member.c.agency_id, member.c.id)
    own = (_list(*_holder), member.c.facts, _version, _seats, unread, member.c.ends, _step)
    return Question(held_by(select(_list(*own, NOW, _agency, _brands))).outerjoin(member, true()))


_ARRIVAL = _arrival()
_YES = b"true"


class _Beside(NamedTuple):
    """What is to be looked at beside somebody's sign-in and row: what was not there is asked for in fewer words."""

    is_elsewhere: bool
    """Whether they belong to other agencies. The name of this one changes with itself, which is marked."""
    has_unread: bool
    asks_step: bool
    """Whether the agency asks for a second step. That it begins to is marked, or told by the clock."""
    ends: bool
    """Whether something ends by the clock."""


@lru_cache
def _again(beside: _Beside) -> Question:
    """Return the question whether all that no mark tells of is as it was said to be, which is answered by `_YES`.

    That is the sign-in, the person, their seats, what they have not read, and the clock.
    """
    agency, member = bindparam("agency", type_=Uuid), bindparam("member", type_=Uuid)
    is_so = [
        _version == bindparam("version", type_=Text),
        SignIn.by_password == bindparam("by_password", type_=Boolean),
        SignIn.sso_agency_ids == bindparam("sso_agency_ids", type_=ARRAY(Uuid)),
        ~is_stale_at(func.clock_timestamp()),
    ]
    if beside.is_elsewhere:
        is_so.append(_are(_my_seats, _seat, "seats"))
    else:
        # Of several, two tell as much as all; so few come by the index, without a bitmap of them.
        two = select(Seat.agency_id).where(*_is_mine).correlate(Identity, SignIn).limit(literal_column("2")).subquery()
        is_so.append(select(func.bool_and(two.c.agency_id == agency)).scalar_subquery())
    if beside.has_unread:
        places = unread_places(agency, member)
        is_so.append(_are(select(places), places.c, "unread"))
    else:
        is_so.append(none_unread(agency, member))
    if beside.asks_step:
        is_so.append(_lacks_step == bindparam("lacks_step", type_=Boolean))
    if beside.ends:
        untils = cast(bindparam("untils", type_=ARRAY(Text)), ARRAY(DateTime(timezone=True)))
        is_so.append(func.clock_timestamp() < all_(untils))
    return Question(held_by(select(cast(and_(*is_so), Text))))


def _are(rows: Select[*tuple[Any, ...]], columns: Iterable[SQLColumnExpression[Any]], said: str) -> ColumnElement[bool]:
    """Return whether rows that all differ are those that a parameter has, each as `_said` writes it, in any order."""
    known = bindparam(said, type_=ARRAY(Text))
    are_known = func.coalesce(func.bool_and(func.concat_ws(" ", *columns) == any_(known)), true())
    return rows.with_only_columns((func.count() == func.cardinality(known)) & are_known).scalar_subquery()


def _said(rows: Iterable[Sequence[Any]] | None) -> list[str]:
    return [" ".join([str(each) for each in row if each is not None]) for row in rows or ()]


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
    version, seats, unread, ends, (step_from, asks_step), moment, agency, brands = rest
    if agency:
        here = Surroundings(AgencyFacts(*agency), brands or [], seats or [], unread if facts else None, Moment(*moment))
        again = None
        if facts and not is_stale:
            untils = [each for each in (*ends, None if asks_step else step_from) if each]
            own: dict[str, Value] = {**held, "agency": session.agency_id, "member": facts.id, "version": version}
            again = _reminder(own, holder, here, asks_step=bool(asks_step), untils=untils)
        keep_arrival(Arrival(person.id, facts, here, is_stale, again, answered))
    return person


def _reminder(
    own: Mapping[str, Value], holder: Sequence[Any], here: Surroundings, *, asks_step: bool, untils: list[str]
) -> Reminder:
    """Return what asks whether all of somebody is as `holder` and `here` say."""
    by_password, agencies, lacks_step = holder[-3:]
    is_elsewhere = [slug for slug, _name in here.seats] != [here.agency.slug]
    values: dict[str, Value] = {
        **own, "by_password": by_password, "sso_agency_ids": agencies, "lacks_step": lacks_step,
        "seats": _said(here.seats), "unread": _said(here.unread), "untils": untils,
    }  # fmt: skip
    question = _again(_Beside(is_elsewhere, bool(here.unread), asks_step, bool(untils)))
    return Reminder.that_answers(question, values, _YES)


def _person(token: str, *holder: Any) -> tuple[Person, bool]:
    """Return who holds a sign-in, and whether its use is to be noted, from its columns as JSON."""
    identity_id, name, email, language, timezone, is_verified, sign_in_id, is_stale, by_password, agencies = holder
    grounds = grounds_of(by_password, agencies)
    person = Person(
        uuid.UUID(identity_id), name, email, language, timezone, is_verified, uuid.UUID(sign_in_id), token, grounds
    )
    return person, is_stale
