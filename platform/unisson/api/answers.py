"""What programs read, as it is written: each field's type is its schema."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from unisson.editorial.models import ContentKind, ContentState

Moment = Annotated[datetime, Meta(tz=True, description="An instant, in UTC (RFC 3339).")]


class Brand(Struct, kw_only=True):
    """A brand of the agency."""

    slug: Annotated[str, Meta(description="How addresses call it.")]
    name: str
    timezone: Annotated[str, Meta(description="Its clock (IANA).")]
    language: str
    sector: str


class Brands(Struct, kw_only=True):
    """The brands that the token sees."""

    brands: list[Brand]


class Entry(Struct, kw_only=True):
    """A content without its texts."""

    id: UUID
    brand: Annotated[str, Meta(description="The brand's slug.")]
    kind: ContentKind
    state: ContentState
    title: str
    scheduled_at: Moment | None
    timezone: Annotated[str, Meta(description="The clock by which it is planned (IANA).")]
    channels: Annotated[list[str], Meta(description="Kinds of the channels that it goes to.")]
    address: Annotated[str | None, Meta(description="Where it is live.")]
    version: int


class Content(Entry, kw_only=True):
    """A content with its common text."""

    text: str
    tags: list[str]
    created_at: Moment


class Contents(Struct, kw_only=True):
    """Some contents, the oldest first, and what to ask for to go on; null at the end."""

    contents: list[Entry]
    next: UUID | None


class Calendar(Struct, kw_only=True):
    """What is planned in a period, by date. `is_cut` says that there is more than one answer holds."""

    entries: list[Entry]
    is_cut: bool


class Problem(Struct, kw_only=True):
    """Why something is not answered (RFC 9457)."""

    status: int
    title: str
    detail: str
