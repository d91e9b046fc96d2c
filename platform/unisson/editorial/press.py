"""What a press release or an article has besides its title and text: standfirst, quotes, boilerplate, contact."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

from tenants.errors import RefusedError
from unisson.editorial.models import ContentKind, Risk
from unisson.identity.addresses import canonical
from unisson.web.i18n import lazy

PRESS_KINDS = frozenset({ContentKind.PRESS_RELEASE, ContentKind.ARTICLE})
MOST_QUOTES = 6
MOST_STANDFIRST, MOST_QUOTE, MOST_BOILERPLATE, MOST_LINE = 1_000, 2_000, 5_000, 200

LONG_STANDFIRST = lazy("A standfirst has 1,000 characters at most. Shorten it; nothing was saved.")
LONG_QUOTE = lazy("A quote has 2,000 characters at most, a name and a role 200 each. Shorten it; nothing was saved.")
MANY_QUOTES = lazy("A release quotes six times at most.")
LONG_BOILERPLATE = lazy("The words about the brand have 5,000 characters at most. Shorten them; nothing was saved.")
LONG_CONTACT = lazy("Name, address and number of the press contact have 200 characters each at most.")

NO_HEADLINE = lazy("A release needs a headline: write it as the title.")
NO_STANDFIRST = lazy("A release needs a standfirst: what happens, in two or three sentences.")
NO_CONTACT = lazy("A release needs a press contact: name somebody whom journalists may ask.")
NO_WAY = lazy("Give the press contact an e-mail address or a telephone number.")
NO_ADDRESS = lazy("This is not an e-mail address. It looks like name@example.org.")


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody says, as plain text, and who that is."""

    text: str
    name: str = ""
    role: str = ""

    @property
    def speaker(self) -> str:
        """Return who speaks, and as what."""
        return ", ".join(filter(None, (self.name, self.role)))


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom journalists ask."""

    name: str = ""
    email: str = ""
    phone: str = ""

    @property
    def lines(self) -> list[str]:
        """Return what is known of it."""
        return [each for each in (self.name, self.email, self.phone) if each]


@dataclass(frozen=True, slots=True)
class Press:
    """The parts of a release around its text. Standfirst and quotes are plain text, the boilerplate is Markdown."""

    standfirst: str = ""
    quotes: tuple[Quote, ...] = ()
    boilerplate: str = ""
    contact: Contact = Contact()

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Self | None:
        """Return what is kept as JSON, of a content or of a revision; None for nothing."""
        if not kept:
            return None
        return cls(
            standfirst=str(kept.get("standfirst", "")),
            quotes=tuple(
                Quote(str(each.get("text", "")), str(each.get("name", "")), str(each.get("role", "")))
                for each in kept.get("quotes", ())
            ),
            boilerplate=str(kept.get("boilerplate", "")),
            contact=contact_of(kept),
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept, and as a revision holds it."""
        return {**asdict(self), "quotes": [asdict(each) for each in self.quotes]}

    @property
    def quoted(self) -> str:
        """Return the quotes as lines of text, each followed by who speaks."""
        return "\n\n".join("\n— ".join(filter(None, (each.text, each.speaker))) for each in self.quotes)

    @property
    def texts(self) -> list[str]:
        """Return every text that a reader reads, in order."""
        return [
            each
            for each in (self.standfirst, *(quote.text for quote in self.quotes), self.boilerplate)
            if each
        ]  # fmt: skip


def contact_of(kept: Mapping[str, Any]) -> Contact:
    """Return the press contact of what is kept as JSON, of a release or of a brand."""
    said = kept.get("contact", {})
    return Contact(*(str(said.get(name, "")) for name in ("name", "email", "phone")))


class Fault(NamedTuple):
    """One thing that a release lacks: at which field, and the sentence that says so."""

    field: str
    sentence: object


class UnfitReleaseError(RefusedError):
    """A release that can't be submitted as it is. `faults` names each field; the sentence says them all."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(_Said(faults), field=faults[0].field)
        self.faults = faults


class _Said:
    """Several sentences as one, put together in the reader's language."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults

    def __str__(self) -> str:
        return " ".join(str(each.sentence) for each in self._faults)


def kept_press(kind: str, press: Press | None) -> Press | None:
    """Return what a content of this kind keeps of `press`.

    Another kind keeps it too where something of its own was written, so that nothing is lost by a change of mind: the
    brand's own words and contact alone, which a form proposes, are none of it.
    """
    if press is None or press == Press():
        return None
    return press if kind in PRESS_KINDS or press.standfirst or press.quotes else None


def shown_press(kind: str, kept: Mapping[str, Any] | None) -> Press | None:
    """Return what goes out with a content of this kind: nothing unless it is a release or an article."""
    return Press.of(kept) if kind in PRESS_KINDS else None


def with_quote_risk(kind: str, press: Press | None, risks: tuple[str, ...]) -> tuple[str, ...]:
    """Return the delicate points of a content: a release that quotes somebody is delicate by itself."""
    quotes = press is not None and press.quotes and kind in PRESS_KINDS
    return (*risks, Risk.QUOTE.value) if quotes and Risk.QUOTE.value not in risks else risks


def check_sizes(press: Press | None) -> None:
    """Pass if it can be kept. Raises RefusedError at the field that is too long."""
    if press is None:
        return
    if len(press.standfirst) > MOST_STANDFIRST:
        raise RefusedError(LONG_STANDFIRST, field="standfirst")
    if len(press.quotes) > MOST_QUOTES:
        raise RefusedError(MANY_QUOTES, field="quotes")
    if any(len(each.text) > MOST_QUOTE or max(len(each.name), len(each.role)) > MOST_LINE for each in press.quotes):
        raise RefusedError(LONG_QUOTE, field="quotes")
    if len(press.boilerplate) > MOST_BOILERPLATE:
        raise RefusedError(LONG_BOILERPLATE, field="boilerplate")
    if any(len(each) > MOST_LINE for each in press.contact.lines):
        raise RefusedError(LONG_CONTACT, field="contact_name")


def check_release(kind: str, title: str, kept: Mapping[str, Any] | None) -> None:
    """Pass if the release may be submitted. Raises UnfitReleaseError, which names everything that it lacks."""
    faults = faults_of(kind, title, Press.of(kept) or Press())
    if faults:
        raise UnfitReleaseError(faults)


def faults_of(kind: str, title: str, press: Press) -> list[Fault]:
    """Return what a content of this kind lacks: an article needs nothing, but whoever it quotes has a name."""
    faults: list[Fault] = []
    if kind == ContentKind.PRESS_RELEASE:
        faults += [] if title.strip() else [Fault("title", NO_HEADLINE)]
        faults += [] if press.standfirst.strip() else [Fault("standfirst", NO_STANDFIRST)]
    if kind in PRESS_KINDS:
        faults += [each for number, quote in enumerate(press.quotes, 1) for each in _quote_faults(number, quote)]
        faults += _contact_faults(press.contact, wanted=kind == ContentKind.PRESS_RELEASE)
    return faults


def _quote_faults(number: int, quote: Quote) -> list[Fault]:
    if not quote.text:
        return [Fault("quotes", lazy("Quote %(number)s has no words: write them, or take it away.", number=number))]
    if not (quote.name and quote.role):
        said = lazy("Say who speaks in quote %(number)s: a name, and what they are.", number=number)
        return [Fault("quotes", said)]
    return []


def _contact_faults(contact: Contact, *, wanted: bool) -> list[Fault]:
    faults: list[Fault] = []
    if wanted and not contact.name:
        faults.append(Fault("contact_name", NO_CONTACT))
    if wanted and not (contact.email or contact.phone):
        faults.append(Fault("contact_email", NO_WAY))
    if contact.email and not is_address(contact.email):
        faults.append(Fault("contact_email", NO_ADDRESS))
    return faults


def is_address(typed: str) -> bool:
    """Return whether mail may be written to what was typed."""
    try:
        canonical(typed)
    except ValueError:
        return False
    return True
