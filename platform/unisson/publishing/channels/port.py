"""The port behind which every channel stands.

An adapter makes **one** attempt and says what became of it, as a value. It never retries, never sleeps, never
touches the ledger: what follows from an outcome is the ledger's business (`publishing.ledger`).
"""

import enum
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol


class ChannelKind(enum.StrEnum):
    """Every kind of channel that the product can publish to."""

    NEWSROOM = "newsroom"
    BLUESKY = "bluesky"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of the approved revision; `read` fetches the bytes whose SHA-256 is `digest`.

    A video has a `poster`, the digest of the image that stands for it, and a `duration` in milliseconds.
    """

    digest: str
    mime: str
    width: int
    height: int
    size: int
    alt: str
    read: Callable[[], bytes]
    poster: str | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """The card of a text's first link, as it was approved."""

    url: str
    title: str
    description: str
    image: Picture | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One addressee of an e-mail list."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Exactly what was approved for one channel, and the reference that makes sending it again harmless."""

    agency_id: uuid.UUID
    brand_id: uuid.UUID
    publication_id: uuid.UUID
    client_ref: str
    brand_name: str
    language: str
    title: str
    text: str
    due_at: datetime
    pictures: tuple[Picture, ...] = ()
    recipient: Recipient | None = None
    kind: str = ""
    """Of the content (`editorial.models.ContentKind`)."""
    press: Mapping[str, Any] | None = None
    """Standfirst, quotes, boilerplate and contact of a release, as the revision has them (`editorial.press`)."""
    thread: tuple[str, ...] = ()
    """The texts of the posts that continue it, where the channel has threads."""
    card: Card | None = None
    card_decided: bool = False
    """Whether `card`, also when it is None, is what was approved; else the channel looks at the link itself."""


class TokenVault(Protocol):
    """Short-lived tokens of one channel, shared by every process and renewed by one at a time."""

    def current(self) -> Mapping[str, str] | None:
        """Return the stored tokens, or None before the first sign-in."""

    def renew(
        self, stale: Mapping[str, str] | None, fetch: Callable[[Mapping[str, str] | None], Mapping[str, str]]
    ) -> Mapping[str, str]:
        """Return fresh tokens: those another process stored since `stale`, else what `fetch` returns.

        The channel's row is locked meanwhile, so that a hundred workers renew once. What `fetch` raises
        passes through, and the stored tokens stay as they were.
        """


@dataclass(frozen=True, slots=True)
class Account:
    """How to sign in at a channel. `secrets` never reaches a log line (`repr` leaves it out)."""

    channel_id: uuid.UUID
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    tokens: TokenVault = field(repr=False)


@dataclass(frozen=True, slots=True)
class Published:
    """It is out, and stands at `url` (None where the channel has no address for it)."""

    remote_id: str
    url: str | None
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly nothing was processed: trying again with the same reference is safe. `retry_after` in seconds."""

    reason: str
    retry_after: float | None = None
    channel_down: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel read it and said no (a documented 4xx): only a person can change that."""

    reason: str


@dataclass(frozen=True, slots=True)
class AccessLost:
    """The channel no longer accepts our sign-in: nothing was sent; the channel must be connected again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A byte left and no clear answer came: it may be out. Never sent again before a read-back."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stranded:
    """A part of it is out, and the channel says no to the rest: only a person can say what becomes of it.

    Sending again with the same reference is harmless: it goes on with what is missing.
    """

    reason: str


Outcome = Published | NotSent | Refused | AccessLost | Unknown | Stranded


@dataclass(frozen=True, slots=True)
class Found:
    """The read-back saw it."""

    remote_id: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Absent:
    """The read-back did not see it. `resend_is_safe` when the channel itself refuses a second one of this reference."""

    resend_is_safe: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The channel can't tell (or did not answer): a person decides, or we ask again later."""

    reason: str
    ask_again: bool = False


ReadBack = Found | Absent | Unreadable


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stops a content from going out on a channel. `message` is a lazy translated sentence."""

    field: str
    message: object
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel accepts. Sizes in bytes, lengths in graphemes; None where it sets no limit."""

    max_graphemes: int | None
    max_bytes: int | None
    max_pictures: int
    max_picture_bytes: int | None
    alt_required: bool
    has_title: bool
    max_videos: int = 0


@dataclass(frozen=True, slots=True)
class Sketch:
    """A text being written, as limits see it."""

    title: str
    text: str
    picture_sizes: tuple[int, ...]
    """Of its images; videos are counted apart."""
    missing_alts: int
    videos: int = 0


class NotConnected(Exception):  # noqa: N818 - an expected answer to "does this connection work?"
    """The account cannot be used as given; `message` is a lazy translated sentence that says what to do."""

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message


class Adapter(Protocol):
    """One kind of channel."""

    kind: ClassVar[ChannelKind]
    limits: ClassVar[Limits]
    deadline: ClassVar[float]
    """Most seconds that `publish` may take, everything included."""
    settle: ClassVar[float]
    """Seconds to wait after an unknown outcome before reading back."""

    def problems(self, sketch: Sketch) -> list[Problem]:
        """Return what stops `sketch` from going out here, counted as the channel counts."""

    def publish(self, outgoing: Outgoing, account: Account) -> Outcome:
        """Try once, within `deadline` seconds."""

    def read_back(self, outgoing: Outgoing, account: Account) -> ReadBack:
        """Look for `outgoing.client_ref` on the channel."""

    def client_ref(self, publication_id: uuid.UUID, due_at: datetime) -> str:
        """Return the reference of a publication on this channel: made once, when the publication is."""

    def verify(self, account: Account) -> str:
        """Return a sentence that names whom `account` signs in as, without publishing. Raises `NotConnected`."""
