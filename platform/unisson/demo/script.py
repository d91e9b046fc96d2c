"""What the demonstration tells, as data: agencies, their people, brands and contents. Days count from today."""

import re
from dataclasses import dataclass
from typing import NamedTuple

PASSWORD = "granit embruns bruyère 47"
"""Of every demonstration person: printed at the start of a development machine, valid nowhere else."""

DRAFT, WITH_RP, WITH_CLIENT, SENT_BACK, SCHEDULED, ON_HOLD, CANCELLED, SOON = (
    "draft", "with_rp", "with_client", "sent_back", "scheduled", "on_hold", "cancelled", "soon",
)  # fmt: skip
PUBLISHED, FAILED, LATE, UNKNOWN, PARTLY = "published", "failed", "late", "unknown", "partly"
PAST = frozenset({PUBLISHED, FAILED, LATE, UNKNOWN, PARTLY})


class SignInCard(NamedTuple):
    """Somebody as whom one can sign in."""

    name: str
    email: str
    password: str
    role: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of an agency. `roles` are (brand key, brand role); `card` says who they are, empty for no card."""

    key: str
    name: str
    email: str
    agency_role: str = "member"
    roles: tuple[tuple[str, str], ...] = ()
    card: str = ""
    zone: str = "Europe/Paris"


@dataclass(frozen=True, slots=True)
class Piece:
    """One content. `day` and `at` are on the brand's clock; `earlier` is what was sent back first, with `comment`.

    A release has a `lead` (its standfirst) and `quotes`: words, name, role.
    """

    day: int
    at: str
    kind: str
    title: str
    body: str
    channels: str = "newsroom"
    fate: str = PUBLISHED
    by: str = ""
    motif: str = ""
    alt: str = ""
    comment: str = ""
    earlier: str = ""
    lead: str = ""
    quotes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TopicScript:
    """One topic. A piece whose title or text has one of `words` hangs on it. `cm` and `rp` are the poles' words.

    `embargo` is a day, a clock time and a reason; `dates` are key dates; `order` names pieces: what follows, what first;
    `files` are texts that hang on it, by their names.
    """

    title: str
    objective: str
    key_messages: str
    audience: str
    words: tuple[str, ...]
    cm: str = "concerned"
    rp: str = "concerned"
    embargo: tuple[int, str, str] | None = None
    dates: tuple[tuple[int, str], ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    def holds(self, piece: Piece) -> bool:
        """Return whether the piece hangs on it."""
        return any(word in f"{piece.title} {piece.body}" for word in self.words)


@dataclass(frozen=True, slots=True)
class StrategyScript:
    """The strategy of a brand. A pillar has its share, and the words by which a piece speaks of it."""

    title: str
    pillars: tuple[tuple[str, int, tuple[str, ...]], ...]
    banned: tuple[str, ...]
    mentions: tuple[tuple[str, str], ...] = ()
    objectives: str = ""
    messages: str = ""
    tone: str = ""
    spokespersons: str = ""
    links: str = ""


@dataclass(frozen=True, slots=True)
class BrandScript:
    """One brand. `list_name` and `list_people` make its e-mail list; `handle` its former Bluesky account.

    `about` is what its releases end with; `contact` whom journalists ask: name, e-mail address, telephone.
    """

    key: str
    name: str
    sector: str
    zone: str
    accent: str
    cm: str
    pieces: tuple[Piece, ...]
    list_name: str = ""
    list_people: tuple[tuple[str, str], ...] = ()
    handle: str = ""
    topics: tuple[TopicScript, ...] = ()
    strategy: StrategyScript | None = None
    notes: tuple[tuple[str, int, int, str], ...] = ()
    """What stands on its calendar beside contents: kind, first day from today, days, title."""

    quiet: tuple[int, int, str] | None = None
    """A black-out: first day from today, days, reason."""

    beats: tuple[tuple[str, tuple[int, ...], str], ...] = ()
    """Its weekly rhythm: kind of channel, days of the week (0 is Monday), time of day."""

    about: str = ""
    contact: tuple[str, str, str] = ("", "", "")
    mockup: tuple[str, str, str, str] = ("", "", "", "")
    """A channel that is not connected yet: its name and handle, which client was asked to connect it, in which words."""


@dataclass(frozen=True, slots=True)
class AgencyScript:
    """One agency."""

    slug: str
    name: str
    owner: str
    people: tuple[Person, ...]
    brands: tuple[BrandScript, ...]

    def person(self, key: str) -> Person:
        """Return the person called `key` here."""
        return next(each for each in self.people if each.key == key)


_SPACES = (("« ", "«\u00a0"), (" »", "\u00a0»"), (" :", "\u00a0:"), (" €", "\u00a0€"), (" h ", "\u00a0h\u00a0"))
_NARROW = re.compile(r" ([;!?%])")
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}\b)")


def fr(text: str) -> str:
    """Return `text` with the spaces and apostrophes of French typesetting (Imprimerie nationale)."""
    for plain, set_well in _SPACES:
        text = text.replace(plain, set_well)
    return _THOUSANDS.sub("\u202f", _NARROW.sub("\u202f\\1", text)).replace("'", "’")
