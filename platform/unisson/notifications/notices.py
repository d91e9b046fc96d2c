"""Telling a person of a fact, in the transaction of the fact: in the app, by mail, as they chose."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select, update

from tenants.session import TenantSession
from unisson.announcing import announce_notices
from unisson.approvals.models import Purpose, Wait
from unisson.editorial.models import Content
from unisson.hooks.noting import note
from unisson.notifications.choices import Standing, standing_of, standings_of, standings_question
from unisson.notifications.digests import expect_digest
from unisson.notifications.events import DIGESTS, EVENT_OF, Event, Pace
from unisson.notifications.letters import waiting_question, write, write_of_what_waits
from unisson.notifications.models import Letter, Notice
from unisson.push.noting import note_for_browsers

OF_LETTERS = {"thread_named": "thread_message"}
"""Kinds of notices whose letter has another name."""


def tell(session: TenantSession, membership_id: uuid.UUID, kind: str, about: dict[str, str]) -> None:
    """Tell a person of a fact, once the transaction commits. `about` holds ids, and names of people, as text."""
    event = EVENT_OF[kind]
    brand_id = _brand_of(session, about)
    note(session, kind, about, brand_id)
    standing = standing_of(session, membership_id, event)
    if standing is None:
        return
    _note(session, membership_id, kind, about, standing)
    if standing.wish.mail is Pace.AT_ONCE:
        letter = OF_LETTERS.get(kind, kind)
        write(session, membership_id, letter, about if letter == kind else {**about, "told_as": kind})


def tell_of_what_waits(
    session: TenantSession,
    people: Sequence[uuid.UUID],
    content: Content,
    stage_id: uuid.UUID,
    *,
    at_once: bool,
    ends: datetime | None,
) -> None:
    """Tell people that a content waits for their decision; one letter each tells of all that came together.

    It leaves as `write_of_what_waits` says.
    """
    about = {"content_id": str(content.id), "brand_id": str(content.brand_id), "stage_id": str(stage_id)}
    note(session, "to_decide", about, content.brand_id)
    if not session.awaits(Letter):
        session.foresee([standings_question(people, Event.TO_DECIDE), waiting_question(people, content.brand_id)])
    standings = standings_of(session, people, Event.TO_DECIDE)
    for membership_id, standing in standings.items():
        _note(session, membership_id, "to_decide", about, standing)
    by_mail = [each for each, standing in standings.items() if standing.wish.mail is Pace.AT_ONCE]
    if by_mail:
        write_of_what_waits(session, by_mail, content.brand_id, at_once=at_once, ends=ends)


def _note(
    session: TenantSession, membership_id: uuid.UUID, kind: str, about: dict[str, str], standing: Standing
) -> None:
    wish = standing.wish
    is_digested, is_pushed = wish.mail in DIGESTS, wish.browser and standing.has_browser
    if not standing.reads or not (wish.in_app or is_digested or is_pushed):
        return
    content_id = about.get("content_id")
    notice = Notice(
        membership_id=membership_id, event=EVENT_OF[kind].value, kind=kind, about=about,
        brand_id=_brand_of(session, about), content_id=uuid.UUID(content_id) if content_id else None,
        in_app=wish.in_app, mail=wish.mail.value if is_digested else None,
    )  # fmt: skip
    session.add_rows(notice)
    if is_pushed or is_digested:
        session.flush()
    if is_pushed:
        note_for_browsers(session, notice.id, membership_id)
    if is_digested:
        expect_digest(session, membership_id, wish.mail)


def _brand_of(session: TenantSession, about: dict[str, str]) -> uuid.UUID | None:
    if "brand_id" in about:
        return uuid.UUID(about["brand_id"])
    if "content_id" not in about:
        return None
    return session.read_once(Content, uuid.UUID(about["content_id"])).brand_id


def answered(session: TenantSession, content_id: uuid.UUID) -> None:
    """What asked people to decide on a content is read, for whom it does not wait on any more."""
    waits = select(Wait.membership_id).where(Wait.content_id == content_id, Wait.purpose == Purpose.DECIDE.value)
    gone = (
        update(Notice)
        .where(
            Notice.content_id == content_id,
            Notice.event.in_((Event.TO_DECIDE.value, Event.REMINDER.value)),
            Notice.read_at.is_(None),
            Notice.membership_id.not_in(waits),
        )
        .values(read_at=func.clock_timestamp())
        .returning(Notice.membership_id)
        .execution_options(synchronize_session=False)
    )
    announce_notices(session, session.scalars(gone))


def read(session: TenantSession, membership_id: uuid.UUID, notices: Collection[uuid.UUID] | Select[uuid.UUID]) -> int:
    """Have a person have read these of their notices; return how many they had not."""
    seen = session.scalars(
        update(Notice)
        .where(Notice.membership_id == membership_id, Notice.id.in_(notices), Notice.read_at.is_(None))
        .values(read_at=func.clock_timestamp())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
    announce_notices(session, [membership_id] if seen else [])
    return len(seen)
