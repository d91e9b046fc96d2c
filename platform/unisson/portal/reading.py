"""What a brand's person reads: what waits on them, one content as it was frozen, the days around it, what they said.

Nothing of an agency's own shows here: drafts, internal stages' words, notes.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from tenants.access import Actor
from tenants.base import new_id
from tenants.errors import NotFoundError
from tenants.session import TenantSession
from unisson.approvals.chain import Chain
from unisson.approvals.circuit import Passage, current_passage
from unisson.approvals.lateness import if_late, was_missed
from unisson.approvals.models import ApprovalRun, Decision, PolicyVersion, Purpose, Verdict, Wait
from unisson.editorial.models import Content, ContentState, Revision
from unisson.editorial.visibility import visible_states
from unisson.portal.guests import Guest
from unisson.portal.models import ContentOpening
from unisson.topics.embargo import Embargo, embargo_on, kept_from_strangers

HISTORY = 20


@dataclass(frozen=True, slots=True)
class Word:
    """Something that the guest decided."""

    decision_id: uuid.UUID
    content_id: uuid.UUID
    title: str
    verdict: str
    comment: str
    signed: str
    at: datetime

    @classmethod
    def read(cls, row: Sequence[str]) -> "Word":
        """Return it of a row, as the database writes it."""
        decision, content, title, verdict, comment, signed, at = row
        return cls(uuid.UUID(decision), uuid.UUID(content), title, verdict, comment, signed, datetime.fromisoformat(at))


@dataclass(frozen=True, slots=True)
class One:
    """One content as the guest sees it. `passage` is there where they are asked; `mine` is what they said last."""

    content: Content
    revision: Revision
    passage: Passage | None
    clause: str
    if_late: object
    late: bool
    missed: bool
    """Whether it does not go out because the last yes came after its date."""

    mine: Word | None
    embargo: Embargo | None
    """The embargo of its topic, while it lasts."""

    shown: bool
    """Whether the guest's role shows the content as it is now, not only what they decided on."""

    @property
    def leaves(self) -> datetime | None:
        """Return the date that the revision holds; the content's own where its chain leaves the date free."""
        frozen = self.revision.payload["scheduled_at"]
        return datetime.fromisoformat(str(frozen)) if frozen else self.content.scheduled_at


def one(session: TenantSession, guest: Guest, content_id: uuid.UUID) -> One:
    """Return a content as it was frozen: what the guest is asked about, may see, or decided on. Raises NotFoundError.

    Where their role does not show the content as it is now, they see what they decided on, and nothing newer.
    """
    content = session.scalars(
        select(Content).where(Content.id == content_id, Content.brand_id == guest.brand.id, *_readable(guest))
    ).one_or_none()
    if content is None:
        raise NotFoundError
    passage = current_passage(session, content)
    asked = passage is not None and _is_asked(session, guest, passage.stage.id)
    shown = asked or _is_shown(guest.actor, content)
    mine = _last_words(session, guest, content_id)
    revision = _revision(session, content, mine, current=shown)
    if revision is None:
        raise NotFoundError
    return One(
        content=content,
        revision=revision,
        passage=passage if asked else None,
        clause=passage.stage.tacit_clause if asked and passage else "",
        if_late=_if_late(session, content, passage) if asked and passage else None,
        late=content.scheduled_at is not None and content.scheduled_at <= session.now(),
        missed=not asked and was_missed(session, content),
        mine=_word(mine) if mine else None,
        embargo=_lasting(session, content),
        shown=shown,
    )


def opens(session: TenantSession, guest: Guest, content: Content) -> bool:
    """Return whether the guest has anything to do with the content: it waits on them, or their role shows it."""
    asked = select(Wait.id).where(Wait.content_id == content.id, Wait.membership_id == guest.person.id)
    return (
        _is_shown(guest.actor, content)
        or session.scalar(asked.limit(1)) is not None
        or _last_words(session, guest, content.id) is not None
    )


def history(session: TenantSession, guest: Guest, before: uuid.UUID | None = None, limit: int = HISTORY) -> list[Word]:
    """Return what the guest decided for the brand, newest first; `before` is the last one of the page before."""
    wanted = _words(guest)
    if before is not None:
        wanted = wanted.where(Decision.id < before)
    return [_word(row) for row in session.execute(wanted.limit(limit))]


def _readable(guest: Guest) -> tuple[ColumnElement[bool], ...]:
    """Return what holds a content back from this guest: what is under embargo, from people without a role."""
    return (~kept_from_strangers(),) if guest.is_stranger else ()


def _lasting(session: TenantSession, content: Content) -> Embargo | None:
    embargo = embargo_on(session, content.topic_id)
    return embargo if embargo and embargo.until > session.now() else None


def _is_shown(actor: Actor, content: Content) -> bool:
    return ContentState(content.state) in visible_states(actor, content.brand_id)


def _is_asked(session: TenantSession, guest: Guest, stage_id: uuid.UUID) -> bool:
    asked = select(Wait.id).where(
        Wait.stage_id == stage_id,
        Wait.membership_id == guest.person.id,
        Wait.purpose == Purpose.DECIDE.value,
    )
    return session.scalar(asked.limit(1)) is not None


def _revision(
    session: TenantSession, content: Content, mine: Row[*tuple[Any, ...]] | None, *, current: bool
) -> Revision | None:
    revision_id = content.revision_id if current else None
    revision_id = revision_id or (mine.revision_id if mine else None)
    return session.get(Revision, (session.agency_id, revision_id)) if revision_id else None


def _if_late(session: TenantSession, content: Content, passage: Passage) -> object:
    version = session.get_one(PolicyVersion, (session.agency_id, passage.run.policy_version_id))
    return if_late(content.kind, Chain.from_json(version.chain))


def _last_words(session: TenantSession, guest: Guest, content_id: uuid.UUID) -> Row[*tuple[Any, ...]] | None:
    return session.execute(_words(guest).where(ApprovalRun.content_id == content_id).limit(1)).first()


def _words(guest: Guest) -> Select[*tuple[Any, ...]]:
    return words_of(guest.person.id, guest.brand.id)


def words_of(person: Any, brand: Any) -> Select[*tuple[Any, ...]]:
    """Return the statement for what a person decided for a brand, newest first, under the titles that they decided on.

    What the content is called since may be a draft's.
    """
    shown = Revision.payload
    return (
        select(
            Decision.id, ApprovalRun.content_id, ApprovalRun.revision_id, shown["title"].astext.label("title"),
            func.left(shown["channels", "0", "text"].astext, 80).label("lead"), Decision.verdict,
            Decision.comment, Decision.typed_name, Decision.decided_at,
        )
        .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
        .join(Content, (Content.agency_id == ApprovalRun.agency_id) & (Content.id == ApprovalRun.content_id))
        .join(Revision, (Revision.agency_id == ApprovalRun.agency_id) & (Revision.id == ApprovalRun.revision_id))
        .where(
            Decision.membership_id == person,
            Content.brand_id == brand,
            Decision.carried_from.is_(None),
            # A bound value would hide from the planner how many there are.
            Decision.verdict != literal_column(f"'{Verdict.DELEGATED.value}'"),
        )
        .order_by(Decision.decided_at.desc(), Decision.id.desc())
    )  # fmt: skip


def _word(row: Row[*tuple[Any, ...]]) -> Word:
    return Word(
        decision_id=row.id,
        content_id=row.content_id,
        title=row.title or row.lead,
        verdict=row.verdict,
        comment=row.comment,
        signed=row.typed_name,
        at=row.decided_at,
    )


def note_opening(session: TenantSession, guest: Guest, content_id: uuid.UUID) -> None:
    """Keep that the guest has the content before them, once an hour; of the agency's own people nothing is kept."""
    if guest.actor.is_inside:
        return
    session.execute(
        insert(ContentOpening)
        .values(
            agency_id=session.agency_id,
            id=new_id(),
            content_id=content_id,
            membership_id=guest.person.id,
            link_id=guest.link.id if guest.link else None,
            hour=func.date_trunc("hour", func.clock_timestamp()),
        )
        .on_conflict_do_nothing(constraint="uq_content_openings_once")
    )
