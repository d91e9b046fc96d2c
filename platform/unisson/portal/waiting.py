"""What waits on a brand's person: the list that the portal opens with."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Uuid, bindparam, case, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.session import TenantSession
from tenants.wire import Question
from unisson.approvals.chain import Chain
from unisson.approvals.lateness import if_late
from unisson.approvals.models import ApprovalRun, Decision, PolicyVersion, Purpose, RunStage, Wait
from unisson.editorial.models import Content, Revision
from unisson.media.models import POSTER_MIME
from unisson.newsroom.prose import excerpt, shortened
from unisson.portal.guests import Guest
from unisson.publishing.channels.port import ChannelKind
from unisson.topics.embargo import kept_from_strangers

MOST = 100
"""Contents of one page, the nearest date first; what is beyond comes up as these are decided."""
EXCERPT = 100
"""Characters of its text that stand below a content's title."""
MARKDOWN = frozenset({ChannelKind.NEWSROOM.value, ChannelKind.EMAIL.value})
MARKS = frozenset("*_`#[>")

PERSON: Any = bindparam("person", type_=Uuid)
BRAND: Any = bindparam("brand", type_=Uuid)
"""Of the portal's prepared questions: whom something waits on, and for which brand."""


@dataclass(frozen=True, slots=True)
class Item:
    """One content that waits on the guest: what the list shows, and what deciding on it refers to."""

    content_id: uuid.UUID
    title: str
    excerpt: str
    kind: str
    channel_kinds: tuple[str, ...]
    picture: str | None
    picture_mime: str | None
    pictures: int
    leaves: datetime | None
    zone: str
    deadline: datetime | None
    digest: str
    stage_id: uuid.UUID
    late: bool
    again: bool
    clause: str
    if_late: object

    @property
    def ticket(self) -> str:
        """Return what a checkbox says of it: exactly these bytes, in this stage."""
        return f"{self.content_id}.{self.digest}.{self.stage_id}"


def waiting_on(session: TenantSession, guest: Guest) -> list[Item]:
    """Return what waits on the guest, the nearest date first, in one statement however much it is."""
    told = session.ask(_waiting(guest.is_stranger), {"person": guest.person.id, "brand": guest.brand.id})
    chains: dict[str, Chain] = {}
    return [_item(_Waiting(*row), chains) for row in told or ()]


class _Waiting(NamedTuple):
    """A row of the list, as the database writes it."""

    id: str
    kind: str
    channel_kinds: str
    zone: str
    scheduled_at: str | None
    deadline_at: str | None
    stage_id: str
    digest: str
    tacit_clause: str
    version_id: str
    chain: dict[str, Any]
    title: str | None
    beginning: str | None
    channel: str | None
    picture: str | None
    picture_mime: str | None
    pictures: int | None
    late: bool | None
    again: bool


@cache
def _waiting(is_stranger: bool) -> Question:
    """Return the question for all that waits on a person in a brand, the nearest date first."""
    pictures = Revision.payload["pictures"]
    said_before = (
        select(Decision.id)
        .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
        .where(
            ApprovalRun.content_id == Content.id,
            Decision.membership_id == PERSON,
            Decision.carried_from.is_(None),
        )
        .correlate(Content)
        .exists()
    )
    asked = (
        select(Wait.content_id, Wait.stage_id, func.min(Wait.deadline_at).label("deadline_at"))
        .where(
            Wait.membership_id == PERSON,
            Wait.brand_id == BRAND,
            Wait.purpose == literal_column(f"'{Purpose.DECIDE.value}'"),
        )
        .group_by(Wait.content_id, Wait.stage_id)
        .subquery()
    )
    rows = (
        select(
            func.json_build_array(
                Content.id, Content.kind, Content.channel_kinds, Content.zone, Content.scheduled_at,
                asked.c.deadline_at, asked.c.stage_id, ApprovalRun.digest, RunStage.tacit_clause, PolicyVersion.id,
                PolicyVersion.chain, Revision.payload["title"].as_string(),
                func.left(Revision.payload["channels"][0]["text"].as_string(), 400),
                Revision.payload["channels"][0]["kind"].as_string(),
                func.coalesce(pictures[0]["poster"].as_string(), pictures[0]["digest"].as_string()),
                case(
                    (pictures[0]["poster"].as_string().is_not(None), POSTER_MIME),
                    else_=pictures[0]["mime"].as_string(),
                ),
                func.jsonb_array_length(pictures), Content.scheduled_at <= func.clock_timestamp(), said_before,
            ).label("row"),
            Content.scheduled_at, Content.id,
        )
        .join(asked, asked.c.content_id == Content.id)
        .join(RunStage, (RunStage.agency_id == Content.agency_id) & (RunStage.id == asked.c.stage_id))
        .join(ApprovalRun, (ApprovalRun.agency_id == RunStage.agency_id) & (ApprovalRun.id == RunStage.run_id))
        .join(Revision, (Revision.agency_id == ApprovalRun.agency_id) & (Revision.id == ApprovalRun.revision_id))
        .join(
            PolicyVersion,
            (PolicyVersion.agency_id == ApprovalRun.agency_id) & (PolicyVersion.id == ApprovalRun.policy_version_id),
        )
        .where(*((~kept_from_strangers(),) if is_stranger else ()))
        .order_by(Content.scheduled_at, Content.id)
        .limit(MOST)
        .subquery()
    )  # fmt: skip
    return Question(select(func.json_agg(aggregate_order_by(rows.c.row, rows.c.scheduled_at, rows.c.id))))


def _item(row: _Waiting, chains: dict[str, Chain]) -> Item:
    if row.version_id not in chains:
        chains[row.version_id] = Chain.from_json(row.chain)
    return Item(
        content_id=uuid.UUID(row.id),
        title=row.title or "",
        excerpt=_read(row.beginning or "", row.channel),
        kind=row.kind,
        channel_kinds=tuple(row.channel_kinds.split()),
        picture=row.picture,
        picture_mime=row.picture_mime,
        pictures=row.pictures or 0,
        leaves=_moment(row.scheduled_at),
        zone=row.zone,
        deadline=_moment(row.deadline_at),
        digest=row.digest,
        stage_id=uuid.UUID(row.stage_id),
        late=bool(row.late),
        again=row.again,
        clause=row.tacit_clause,
        if_late=if_late(row.kind, chains[row.version_id]),
    )


def _read(text: str, channel: str | None) -> str:
    """Return the beginning of a text as its readers see it. Few texts have marks, and rendering is dear."""
    if channel not in MARKDOWN or MARKS.isdisjoint(text):
        return shortened(text, EXCERPT)
    return excerpt(text, EXCERPT)


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
