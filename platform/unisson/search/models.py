"""The words by which things are found. Triggers of the database keep them; nothing else writes here."""

import uuid

from sqlalchemy import CheckConstraint, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, belongs_to


class SearchWord(Base):
    """One word of one thing, without accents: as it is written, or as its stem. `weight`: 4 in a title, else 1.

    A table rather than a tsvector, whose operators can't use an index below a policy: equality and ranges of text can.
    """

    __tablename__ = "search_words"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        Index(None, "agency_id", "item_id"),
        Index(None, "agency_id", "brand_id"),
        CheckConstraint("kind in ('content', 'topic', 'message', 'media')", name="kind"),
    )

    agency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    brand_id: Mapped[uuid.UUID]
    weight: Mapped[int] = mapped_column(SmallInteger)
