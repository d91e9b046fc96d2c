"""How a person hears of each event: what they chose, else the default; and what is not theirs to turn off."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from tenants.base import new_id
from tenants.browsers import PushBrowser
from tenants.members import BrandAssignment, Membership
from tenants.permissions import CLIENT_SIDE, AgencyRole
from tenants.session import TenantSession
from tenants.wire import Question, Value
from unisson.notifications.events import (
    ALWAYS_IN_APP,
    ALWAYS_MAILED_TO_CLIENTS,
    DIGESTS,
    Event,
    Pace,
    Wish,
    default_of,
)
from unisson.notifications.models import Notice, NoticeChoice


@dataclass(frozen=True, slots=True)
class Standing:
    """How one person hears of one event. `reads` says that they can sign in, and so see the app.

    `has_browser`: whether they let a browser tell them of things.
    """

    wish: Wish
    reads: bool
    has_browser: bool


def _is_clients() -> ColumnElement[bool]:
    """Return whether a member is one of a client's people, or somebody from outside, as a column of a statement."""
    held = exists().where(
        BrandAssignment.agency_id == Membership.agency_id, BrandAssignment.membership_id == Membership.id
    )
    theirs = held.where(or_(*(BrandAssignment.role == role.value for role in sorted(CLIENT_SIDE))))
    return and_(Membership.agency_role == AgencyRole.MEMBER.value, or_(~held, theirs))


def standing_of(session: TenantSession, membership_id: uuid.UUID, event: Event) -> Standing | None:
    """Return how a person hears of an event; None for somebody who was removed."""
    return standings_of(session, [membership_id], event).get(membership_id)


def standings_of(session: TenantSession, people: Sequence[uuid.UUID], event: Event) -> dict[uuid.UUID, Standing]:
    """Return how people hear of an event, in their order and in one statement, without those who were removed."""
    rows = session.ask(*standings_question(people, event))
    told = {uuid.UUID(row[0]): row[1:] for row in rows or ()}
    return {each: _standing(event, *told[each]) for each in people if each in told}


def standings_question(people: Sequence[uuid.UUID], event: Event) -> tuple[Question, dict[str, Value]]:
    """Return what `standings_of` asks."""
    return _STANDINGS, {"people": people, "event": event.value}


def _standing(event: Event, has_account: bool, is_clients: bool, has_browser: bool, *chosen: Any) -> Standing:
    in_app, mail, browser = chosen
    wish = default_of(event) if mail is None else Wish(in_app, Pace(mail), browser)
    return Standing(held_to(event, wish, is_clients=is_clients), has_account, has_browser)


def _has_browser() -> ColumnElement[bool]:
    return exists().where(PushBrowser.identity_id == Membership.identity_id)


_STANDINGS = Question(
    select(
        func.json_agg(
            func.json_build_array(
                Membership.id,
                Membership.joined_at.is_not(None),
                _is_clients(),
                _has_browser(),
                NoticeChoice.in_app,
                NoticeChoice.mail,
                NoticeChoice.browser,
            )
        )
    )
    .select_from(Membership)
    .outerjoin(
        NoticeChoice,
        (NoticeChoice.agency_id == Membership.agency_id)
        & (NoticeChoice.membership_id == Membership.id)
        & (NoticeChoice.event == bindparam("event", type_=Text)),
    )
    .where(Membership.id == any_(bindparam("people", type_=ARRAY(Uuid))), Membership.removed_at.is_(None))
)


def held_to(event: Event, wish: Wish, *, is_clients: bool) -> Wish:
    """Return the wish with what can't be turned off turned on."""
    in_app = wish.in_app or event in ALWAYS_IN_APP
    at_once = is_clients and event in ALWAYS_MAILED_TO_CLIENTS
    return replace(wish, in_app=in_app, mail=Pace.AT_ONCE if at_once else wish.mail)


def choices_of(session: TenantSession, membership_id: uuid.UUID, *, is_clients: bool) -> Mapping[Event, Wish]:
    """Return how a person hears of every event."""
    rows = session.execute(
        select(NoticeChoice.event, NoticeChoice.in_app, NoticeChoice.mail, NoticeChoice.browser).where(
            NoticeChoice.membership_id == membership_id
        )
    )
    chosen = {Event(event): Wish(in_app, Pace(mail), browser) for event, in_app, mail, browser in rows}
    return {event: held_to(event, chosen.get(event, default_of(event)), is_clients=is_clients) for event in Event}


def choose(session: TenantSession, membership_id: uuid.UUID, wishes: Mapping[Event, Wish]) -> None:
    """Keep how a person hears of these events; what is as by default is not kept, and follows it."""
    session.execute(
        delete(NoticeChoice)
        .where(NoticeChoice.membership_id == membership_id, NoticeChoice.event.in_([each.value for each in wishes]))
        .execution_options(synchronize_session=False)
    )
    own = [
        {"agency_id": session.agency_id, "id": new_id(), "membership_id": membership_id, "event": event.value,
         "in_app": wish.in_app, "mail": wish.mail.value, "browser": wish.browser}
        for event, wish in wishes.items() if wish != default_of(event)
    ]  # fmt: skip
    if own:
        # Two pages saved at once: the last one stands.
        fresh = insert(NoticeChoice)
        session.execute(
            fresh.on_conflict_do_update(
                index_elements=["agency_id", "membership_id", "event"],
                set_={name: fresh.excluded[name] for name in ("in_app", "mail", "browser")},
            ),
            own,
        )
    _let_go(session, membership_id, [event for event, wish in wishes.items() if wish.mail is Pace.NEVER])


def stop_mail(session: TenantSession, membership_id: uuid.UUID, events: Mapping[Event, Wish]) -> None:
    """Have no mail tell of these events any more; in the app they show as they did."""
    choose(session, membership_id, {event: replace(wish, mail=Pace.NEVER) for event, wish in events.items()})


def _let_go(session: TenantSession, membership_id: uuid.UUID, events: list[Event]) -> None:
    """What waits for a digest of an event that is mailed no more is not mailed."""
    if events:
        session.execute(
            update(Notice)
            .where(
                Notice.membership_id == membership_id,
                Notice.event.in_([each.value for each in events]),
                Notice.mail.in_([each.value for each in DIGESTS]),
                Notice.letter_id.is_(None),
            )
            .values(mail=None)
            .execution_options(synchronize_session=False)
        )
