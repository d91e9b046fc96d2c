"""What waits on a brand's person: in which order, and what the list that the portal opens with shows of each."""

import json
import uuid
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from msgspec.json import Decoder
from sqlalchemy import Select, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.session import TenantSession
from tenants.wire import Question
from unisson.approvals.chain import Chain
from unisson.approvals.lateness import if_late
from unisson.approvals.models import Purpose, Wait
from unisson.editorial.models import Content
from unisson.media.models import POSTER_MIME
from unisson.newsroom.prose import excerpt, shortened
from unisson.portal.guests import Guest
from unisson.publishing.channels.port import ChannelKind
from unisson.topics.embargo import kept_from_strangers

MOST = 100
"""Contents that are told of, the nearest date first; what is beyond comes up as these are decided."""
EXCERPT = 100
"""Characters of its text that stand below a content's title."""
MARKDOWN = frozenset({ChannelKind.NEWSROOM.value, ChannelKind.EMAIL.value})
MARKS = frozenset("*_`#[>")

PERSON: Any = bindparam("person", type_=Uuid)
BRAND: Any = bindparam("brand", type_=Uuid)
"""Of the portal's prepared questions: whom something waits on, and for which brand."""


class Waiting(NamedTuple):
    """One content that waits, as the database writes it. `chain` is told where it says something: of what is late."""

    id: str
    kind: str
    channel_kinds: str
    zone: str
    scheduled_at: str | None
    deadline_at: str | None
    stage_id: str
    digest: str
    tacit_clause: str
    chain: str | None
    title: str | None
    beginning: str | None
    channel: str | None
    picture: str | None
    """Its first one, as the revision holds it."""

    again: str
    """Whether the reader decided on an earlier submission of it, as PostgreSQL says it."""

    @property
    def ticket(self) -> str:
        """Return what a checkbox says of it: exactly these bytes, in this stage."""
        return f"{self.id}.{self.digest}.{self.stage_id}"

    @property
    def excerpt(self) -> str:
        """Return the beginning of its text as its readers see it."""
        return _read(self.beginning or "", self.channel)

    @property
    def if_late(self) -> object:
        """Return what becomes of it now that its date has passed; None where it has not."""
        return if_late(self.kind, Chain.from_json(json.loads(self.chain))) if self.chain else None

    @property
    def shown(self) -> tuple[str, str] | None:
        """Return digest and MIME type of the picture that stands beside it."""
        if not self.picture:
            return None
        told = json.loads(self.picture)
        poster = told.get("poster")
        return (poster, POSTER_MIME) if poster else (told["digest"], told["mime"])


WAITING = Decoder(Waiting)


def waiting_on(session: TenantSession, guest: Guest) -> Sequence[uuid.UUID]:
    """Return which contents wait on the guest, the nearest date first."""
    told = session.ask(_order(guest.is_stranger), {"person": guest.person.id, "brand": guest.brand.id})
    return [uuid.UUID(each) for each in told or ()]


def asked_of(person: Any, brand: Any) -> Select[Any, Any, Any]:
    """Return the statement for what a person is asked to decide for a brand: content, stage, until when."""
    return (
        select(Wait.content_id, Wait.stage_id, func.min(Wait.deadline_at).label("deadline_at"))
        .where(
            Wait.membership_id == person,
            Wait.brand_id == brand,
            Wait.purpose == literal_column(f"'{Purpose.DECIDE.value}'"),
        )
        .group_by(Wait.content_id, Wait.stage_id)
    )


@cache
def _order(is_stranger: bool) -> Question:
    asked = asked_of(PERSON, BRAND).subquery()
    rows = (
        select(Content.id, Content.scheduled_at)
        .join(asked, asked.c.content_id == Content.id)
        .where(*((~kept_from_strangers(),) if is_stranger else ()))
        .order_by(Content.scheduled_at, Content.id)
        .limit(MOST)
        .subquery()
    )
    return Question(select(func.json_agg(aggregate_order_by(rows.c.id, rows.c.scheduled_at, rows.c.id))))


@lru_cache(maxsize=1_000)
def _read(text: str, channel: str | None) -> str:
    """Return the beginning of a text; kept, as dates and deadlines change more often. Few have marks to be rendered."""
    if channel not in MARKDOWN or MARKS.isdisjoint(text):
        return shortened(text, EXCERPT)
    return excerpt(text, EXCERPT)
