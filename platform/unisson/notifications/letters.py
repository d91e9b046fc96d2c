"""Asking for a mail: a row now, in the transaction of what it tells of; the words and any token as it leaves."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from tenants.base import new_id
from tenants.members import Membership
from tenants.session import TenantSession
from tenants.wire import Question, Value
from unisson.dispatching import put_later, put_off
from unisson.jobs import ring_after_commit
from unisson.notifications.models import Letter


def write(
    session: TenantSession,
    membership_id: uuid.UUID,
    kind: str,
    about: dict[str, str],
    *,
    due_at: datetime | None = None,
) -> Letter:
    """Return the letter that will leave, once, soon after the transaction commits, or at `due_at`.

    `about` holds ids, as text.
    """
    letter = Letter(id=new_id(), membership_id=membership_id, kind=kind, about=about)
    session.add_rows(letter)
    put_later(session, "mail", session.agency_id, letter.id, due_at=due_at)
    ring_after_commit(session, "mail")
    return letter


SOON = timedelta(hours=2)
"""What is due sooner than this is told of at once: five minutes more would be a part of the time to answer."""

BATCH = timedelta(minutes=5)
"""How long after the last thing that is asked of somebody their letter leaves: one for all that came together."""

LONGEST = timedelta(minutes=30)
"""How long the first of them waits at most, whatever follows it."""


def write_of_what_waits(
    session: TenantSession,
    people: Sequence[uuid.UUID],
    brand_id: uuid.UUID,
    *,
    at_once: bool,
    ends: datetime | None = None,
) -> None:
    """Have one letter tell each of these people of all that waits on them for the brand.

    It leaves five minutes after the last of it, and lists what waits by then; at once where the time to answer ends
    soon. One that stands already is put off rather than a second one written.
    """
    if session.awaits(Letter):
        session.flush()
    clock, rows = session.ask(*waiting_question(people, brand_id))
    standing = {uuid.UUID(who): (uuid.UUID(letter), datetime.fromisoformat(at)) for who, letter, at in rows or ()}
    now = datetime.fromisoformat(clock)
    at_once = at_once or (ends is not None and ends <= now + SOON)
    for person_id in people:
        letter_id, written = standing.get(person_id, (None, now))
        leaves = now if at_once else min(now + BATCH, written + LONGEST)
        if letter_id is not None and put_off(session, "mail", session.agency_id, letter_id, due_at=leaves):
            ring_after_commit(session, "mail")
        else:
            due_at = now if at_once else now + BATCH
            write(session, person_id, "to_decide", {"brand_id": str(brand_id)}, due_at=due_at)


def waiting_question(people: Sequence[uuid.UUID], brand_id: uuid.UUID) -> tuple[Question, dict[str, Value]]:
    """Return what `write_of_what_waits` asks: the clock, and the letters that stand."""
    return _STANDING, {"people": people, "brand": str(brand_id)}


def _standing() -> Question:
    last = (
        select(Letter.membership_id, Letter.id, Letter.created_at)
        .ext(distinct_on(Letter.membership_id))
        .where(
            Letter.membership_id == any_(bindparam("people", type_=ARRAY(Uuid))),
            Letter.kind == "to_decide",
            Letter.state == "waiting",
            Letter.about["brand_id"].as_string() == bindparam("brand", type_=Text),
        )
        .order_by(Letter.membership_id, Letter.created_at.desc())
        .subquery()
    )
    letters = select(func.json_agg(func.json_build_array(last.c.membership_id, last.c.id, last.c.created_at)))
    return Question(select(func.json_build_array(func.clock_timestamp(), letters.scalar_subquery())))


_STANDING = _standing()


def undelivered(session: TenantSession, limit: int = 20) -> Sequence[tuple[Letter, Membership]]:
    """Return the mails that were given up, newest first, with the members they were for."""
    rows = session.execute(
        select(Letter, Membership)
        .join(Membership, (Membership.agency_id == Letter.agency_id) & (Membership.id == Letter.membership_id))
        .where(Letter.state == "failed", Membership.removed_at.is_(None))
        .order_by(Letter.created_at.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
