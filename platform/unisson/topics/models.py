"""A topic (« sujet »): what a brand has to say in a period, told by one pole of the agency or by both."""

import enum
import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import SCHEMA, Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency


class Pole(enum.StrEnum):
    """The two poles of an agency, which plan in one place."""

    CM = "cm"
    RP = "rp"


class PoleWord(enum.StrEnum):
    """What a pole says of a topic. It is settled once both have said whether they are concerned."""

    UNDECIDED = "undecided"
    CONCERNED = "concerned"
    NOT_CONCERNED = "not_concerned"
    LATER = "later"


class Holds(enum.StrEnum):
    """What an embargo holds back: everything, or what the public can read (a press list may have it before)."""

    EVERYTHING = "everything"
    PUBLIC = "public"


SETTLED = frozenset({PoleWord.CONCERNED, PoleWord.NOT_CONCERNED})


class Topic(TenantOwned, Base):
    """One topic of a brand. `version` grows with every change: a form that shows an older one is stale."""

    __tablename__ = "topics"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "created_by"),
        belongs_to("memberships", "cm_lead_id"),
        belongs_to("memberships", "rp_lead_id"),
        # What contents name: a content can hang on a topic of its own brand alone.
        unique_in_agency("brand_id", "id"),
        Index(None, "agency_id", "created_by"),
        Index(None, "agency_id", "cm_lead_id"),
        Index(None, "agency_id", "rp_lead_id"),
        Index(
            "ix_topics_embargo",
            "agency_id",
            "brand_id",
            "embargo_until",
            postgresql_where="embargo_until is not null",
        ),
        CheckConstraint(one_of("cm_word", PoleWord), name="cm_word"),
        CheckConstraint(one_of("rp_word", PoleWord), name="rp_word"),
        CheckConstraint(
            "(embargo_until is null) = (embargo_wall_time is null)"
            " and (embargo_until is null) = (embargo_zone is null)",
            name="embargo",
        ),
        CheckConstraint("embargo_fold in (0, 1)", name="embargo_fold"),
        CheckConstraint(one_of("embargo_holds", Holds), name="embargo_holds"),
    )

    brand_id: Mapped[uuid.UUID]
    title: Mapped[str]
    objective: Mapped[str] = mapped_column(server_default="")
    key_messages: Mapped[str] = mapped_column(server_default="")
    audience: Mapped[str] = mapped_column(server_default="")
    cm_lead_id: Mapped[uuid.UUID | None]
    rp_lead_id: Mapped[uuid.UUID | None]
    cm_word: Mapped[str] = mapped_column(server_default="undecided")
    rp_word: Mapped[str] = mapped_column(server_default="undecided")
    embargo_until: Mapped[datetime | None]
    embargo_wall_time: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=False))
    embargo_zone: Mapped[str | None]
    embargo_fold: Mapped[int] = mapped_column(server_default="0")
    embargo_holds: Mapped[str] = mapped_column(server_default="everything")
    embargo_reason: Mapped[str] = mapped_column(server_default="")
    embargo_shared: Mapped[bool] = mapped_column(server_default="false")
    """Whether people from outside, whom a chain asks, may read it before."""
    version: Mapped[int] = mapped_column(server_default="1")
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]

    def word_of(self, pole: Pole) -> PoleWord:
        """Return what a pole says of it."""
        return PoleWord(self.cm_word if pole is Pole.CM else self.rp_word)

    def lead_of(self, pole: Pole) -> uuid.UUID | None:
        """Return who leads it for a pole."""
        return self.cm_lead_id if pole is Pole.CM else self.rp_lead_id

    @property
    def waits_on(self) -> tuple[Pole, ...]:
        """Return the poles that have not settled whether they are concerned."""
        return tuple(pole for pole in Pole if self.word_of(pole) not in SETTLED)

    @property
    def is_ready(self) -> bool:
        """Whether both poles have said that they are concerned, or that they are not."""
        return not self.waits_on


class TopicDate(TenantOwned, Base):
    """A key date of a topic: an anniversary, an event, the day on which a figure comes out."""

    __tablename__ = "topic_dates"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agency_id", "brand_id", "topic_id"],
            [f"{SCHEMA}.topics.{each}" for each in ("agency_id", "brand_id", "id")],
        ),
        Index(None, "agency_id", "topic_id"),
        Index(None, "agency_id", "brand_id", "on_date"),
    )

    brand_id: Mapped[uuid.UUID]
    topic_id: Mapped[uuid.UUID]
    on_date: Mapped[date]
    label: Mapped[str]


class TopicFile(TenantOwned, Base):
    """A file of a topic: an image of the brand's library (`media_id`), or a document. `size` in bytes."""

    __tablename__ = "topic_files"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agency_id", "brand_id", "topic_id"],
            [f"{SCHEMA}.topics.{each}" for each in ("agency_id", "brand_id", "id")],
        ),
        belongs_to("media", "media_id"),
        belongs_to("memberships", "added_by"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
        CheckConstraint("size > 0", name="size"),
        Index(
            "uq_topic_files_once", "agency_id", "topic_id", "digest", unique=True, postgresql_where="removed_at is null"
        ),
        Index(None, "agency_id", "topic_id"),
        Index(None, "agency_id", "media_id"),
        Index(None, "agency_id", "added_by"),
        Index("ix_topic_files_room", "agency_id", postgresql_include=["size"], postgresql_where="media_id is null"),
    )

    brand_id: Mapped[uuid.UUID]
    topic_id: Mapped[uuid.UUID]
    media_id: Mapped[uuid.UUID | None]
    digest: Mapped[str]
    filename: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int]
    added_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
    removed_at: Mapped[datetime | None]
