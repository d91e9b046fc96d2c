"""What a mail says, before it has a shape: the same words for its HTML and its plain text."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from unisson.web.i18n import NBSP, _, language, say_time, say_zone


class Entry(NamedTuple):
    """One line of a mail that tells of several things: what, of which brand, where it stands."""

    sentence: str
    brand_name: str
    url: str


@dataclass(frozen=True, slots=True)
class Words:
    """One mail in its reader's language. `facts` are label and value; `quote` is what somebody said.

    `footer` says why one gets it, where it isn't that somebody works with them.
    """

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    action_label: str = ""
    action_url: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    entries: tuple[Entry, ...] = ()
    quote: str = ""
    quoted: str = ""
    after: tuple[str, ...] = ()
    footer: str = ""
    brand_name: str = ""


@dataclass(frozen=True, slots=True)
class Logo:
    """A brand's logo as a mail carries it. `content` is empty until its bytes were read; sizes in pixels."""

    brand_name: str
    digest: str
    mime: str
    width: int
    height: int
    content: bytes = field(default=b"", repr=False)

    @property
    def shown(self) -> tuple[int, int]:
        """Return the size to show it in, within 200 by 56 pixels: mail programs heed the attributes, not the style."""
        scale = min(1.0, 200 / self.width, 56 / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


@dataclass(frozen=True, slots=True)
class Reader:
    """To whom a mail goes, and in which language."""

    email: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail that can be written: to whom, in whose name, what. `number` makes its Message-ID.

    `is_the_agencys` says that its reader knows the agency, and need not read the product's name. `stop_url` turns
    mails of its kind off, `choices_url` is where their reader chooses among them; empty for mails that always leave.
    """

    number: str
    reader: Reader
    words: Words
    sender_name: str = field(default="")
    reply_to: str = ""
    is_the_agencys: bool = False
    logo: Logo | None = None
    stop_url: str = ""
    choices_url: str = ""


def moment(at: datetime, zone: str) -> str:
    """Return an instant as a mail says it: with the zone it is in."""
    return f"{say_time(at, zone, 'moment_year')} ({say_zone(zone)})"


def colon() -> str:
    """Return what stands between a label and its value: French puts a space before the colon."""
    return f"{NBSP}:" if language() == "fr" else ":"


def content_facts(title: str, brand: str, at: datetime | None, zone: str) -> tuple[tuple[str, str], ...]:
    """Return what a reader must know of a content at a glance: what, for which brand, for when in whose zone."""
    planned = moment(at, zone) if at else _("No date yet")
    return ((_("Content"), title or _("Untitled")), (_("Brand"), brand), (_("Planned for"), planned))
