"""What changed between two revisions of a content, in rows that people read, and since somebody last decided."""

import enum
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from tenants.session import TenantSession
from unisson.approvals.models import OUTCOMES, ApprovalRun, Decision
from unisson.approvals.picture_changes import Picture, PictureChange, picture_changes
from unisson.editorial.comparison import Part, differences
from unisson.editorial.forms import KINDS, RISKS
from unisson.editorial.leaving import texts_of
from unisson.editorial.models import Content, Revision
from unisson.editorial.press import Press
from unisson.web.i18n import _n, lazy

Payload = Mapping[str, Any]


class What(enum.StrEnum):
    """What may have changed, in the order in which it is shown."""

    TITLE = "title"
    STANDFIRST = "standfirst"
    TEXT = "text"
    QUOTES = "quotes"
    BOILERPLATE = "boilerplate"
    CONTACT = "contact"
    CARD = "card"
    CHANNELS = "channels"
    SETTINGS = "settings"
    KIND = "kind"
    TAGS = "tags"
    RISKS = "risks"
    TOPIC = "topic"
    DATE = "date"
    EMBARGO = "embargo"

    @property
    def label(self) -> object:
        """Return it as a heading."""
        return _LABELS[self]


_LABELS = {
    What.TITLE: lazy("Title"),
    What.STANDFIRST: lazy("Standfirst"),
    What.TEXT: lazy("Text"),
    What.QUOTES: lazy("Quotes"),
    What.BOILERPLATE: lazy("About the brand"),
    What.CONTACT: lazy("Press contact"),
    What.CARD: lazy("Card of the link"),
    What.CHANNELS: lazy("Channels"),
    What.SETTINGS: lazy("Settings of channels"),
    What.KIND: lazy("Kind"),
    What.TAGS: lazy("Tags"),
    What.RISKS: lazy("Delicate points"),
    What.TOPIC: lazy("Topic"),
    What.DATE: lazy("Date"),
    What.EMBARGO: lazy("Embargo"),
}
_IN_A_SENTENCE = {
    What.TITLE: lazy("the title"),
    What.STANDFIRST: lazy("the standfirst"),
    What.TEXT: lazy("the text"),
    What.QUOTES: lazy("the quotes"),
    What.BOILERPLATE: lazy("the words about the brand"),
    What.CONTACT: lazy("the press contact"),
    What.CARD: lazy("the card of the link"),
    What.CHANNELS: lazy("the channels"),
    What.SETTINGS: lazy("the settings of channels"),
    What.KIND: lazy("the kind"),
    What.TAGS: lazy("the tags"),
    What.RISKS: lazy("the delicate points"),
    What.TOPIC: lazy("the topic"),
    What.DATE: lazy("the date"),
    What.EMBARGO: lazy("the embargo"),
}


@dataclass(frozen=True, slots=True)
class TextChange:
    """One text that changed, word by word; `channels` name where it stands when channels have texts of their own."""

    what: What
    parts: Sequence[Part]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListChange:
    """What came to a list and what went, as people call it."""

    what: What
    added: tuple[object, ...] = ()
    removed: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class DateChange:
    """A date that changed; None where there is none."""

    what: What
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody decided about the former revision: its verdict, when, and which version it was."""

    verdict: str
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed. `since` is set where the former revision is the one that a person decided on."""

    texts: tuple[TextChange, ...] = ()
    pictures: tuple[PictureChange, ...] = ()
    lists: tuple[ListChange, ...] = ()
    dates: tuple[DateChange, ...] = ()
    since: Said | None = None

    @property
    def any(self) -> bool:
        """Whether anything changed that people can see."""
        return bool(self.texts or self.pictures or self.lists or self.dates)

    @property
    def shown(self) -> list[Picture]:
        """Return the images that a page of the changes shows."""
        return [each for one in self.pictures for each in (one.before, one.after) if each is not None]

    def in_words(self) -> str:
        """Return what changed in a few words of the language being spoken: "the text, 2 images, the date"."""
        words = [str(_IN_A_SENTENCE[each]) for each in dict.fromkeys(each.what for each in self.texts)]
        if self.pictures:
            words.append(_n("%(num)s image", "%(num)s images", len(self.pictures)))
        rest: tuple[ListChange | DateChange, ...] = (*self.lists, *self.dates)
        words += [str(_IN_A_SENTENCE[each.what]) for each in rest]
        return ", ".join(words)


def changes_between(former: Payload, current: Payload) -> Changes:
    """Return what changed from the payload of one revision to that of another, of whatever format."""
    return Changes(
        texts=tuple(_texts(former, current)),
        pictures=picture_changes(former.get("pictures", ()), current.get("pictures", ())),
        lists=tuple(_lists(former, current)),
        dates=tuple(_dates(former, current)),
    )


def _texts(former: Payload, current: Payload) -> Iterator[TextChange]:
    titles = former.get("title", ""), current.get("title", "")
    if titles[0] != titles[1]:
        yield TextChange(What.TITLE, differences(*titles))
    around = _around(former), _around(current)
    yield from _compared(*around, (What.STANDFIRST,))
    cards = _card(former), _card(current)
    if cards[0] != cards[1]:
        yield TextChange(What.CARD, differences(*cards))
    pairs = _paired(former.get("channels", ()), current.get("channels", ()))
    for (before, after), names in pairs.items():
        if before != after:
            yield TextChange(What.TEXT, differences(before, after), tuple(names) if len(pairs) > 1 else ())
    yield from _compared(*around, (What.QUOTES, What.BOILERPLATE, What.CONTACT))


def _around(payload: Payload) -> Mapping[What, str]:
    """Return the parts of a release around its text, as words that people compare."""
    press = Press.of(payload.get("press")) or Press()
    return {
        What.STANDFIRST: press.standfirst,
        What.QUOTES: press.quoted,
        What.BOILERPLATE: press.boilerplate,
        What.CONTACT: "\n".join(press.contact.lines),
    }


def _compared(former: Mapping[What, str], current: Mapping[What, str], parts: Iterable[What]) -> Iterator[TextChange]:
    for what in parts:
        if former[what] != current[what]:
            yield TextChange(what, differences(former[what], current[what]))


def _card(payload: Payload) -> str:
    """Return the words of the card; "" where none goes out."""
    card = payload.get("card")
    return "\n".join(filter(None, (card["title"], card["description"]))) if card else ""


def _card_images(former: Payload, current: Payload) -> Iterator[ListChange]:
    before, after = ((each.get("card") or {}).get("image") for each in (former, current))
    if (before or {}).get("digest") != (after or {}).get("digest"):
        yield ListChange(What.CARD, added=(lazy("another image") if after else lazy("no image any more"),))


def _paired(former: Sequence[Payload], current: Sequence[Payload]) -> dict[tuple[str, str], list[str]]:
    """Return each former text with the one that took its place, and the channels where they stand.

    A new channel has the former text where all had the same; and where its text stands on another, it changes nothing.
    """
    before = {channel["id"]: "\n\n".join(texts_of(channel)) for channel in former}
    alike = set(before.values())
    common = alike.pop() if len(alike) == 1 else ""
    pairs: dict[tuple[str, str], list[str]] = {}
    for channel in sorted(current, key=lambda each: each["id"] not in before):
        text = "\n\n".join(texts_of(channel))
        if channel["id"] in before or text not in {after for _before, after in pairs}:
            pairs.setdefault((before.get(channel["id"], common), text), []).append(channel["name"])
    return pairs


def _lists(former: Payload, current: Payload) -> Iterator[ListChange]:
    before, after = ({each["id"]: each for each in payload.get("channels", ())} for payload in (former, current))
    kept = [(before[each], after[each]) for each in before if each in after]
    yield from _listed(What.CHANNELS, _names(before), _names(after))
    changed = tuple(now["name"] for was, now in kept if was.get("settings") != now.get("settings"))
    if changed:
        yield ListChange(What.SETTINGS, added=changed)
    yield from _card_images(former, current)
    yield from _listed(What.KIND, *(map(_kind, [each["kind"]] if "kind" in each else []) for each in (former, current)))
    yield from _listed(What.TAGS, former.get("tags", ()), current.get("tags", ()))
    yield from _listed(What.RISKS, *(map(_risk, each.get("risks", ())) for each in (former, current)))
    if former.get("topic") != current.get("topic"):
        # Not which: topics are the agency's own planning, and clients read changes too.
        yield ListChange(What.TOPIC, added=(lazy("another one"),) if current.get("topic") else (lazy("none any more"),))


def _names(channels: Mapping[str, Payload]) -> list[str]:
    return [each["name"] for each in channels.values()]


def _kind(kind: str) -> object:
    return KINDS.get(kind, kind)


def _risk(risk: str) -> object:
    return RISKS.get(risk, risk)


def _listed(what: What, before: Iterable[object], after: Iterable[object]) -> Iterator[ListChange]:
    old, new = {str(each): each for each in before}, {str(each): each for each in after}
    if old.keys() != new.keys():
        yield ListChange(
            what,
            added=tuple(new[each] for each in new if each not in old),
            removed=tuple(old[each] for each in old if each not in new),
        )


def _dates(former: Payload, current: Payload) -> Iterator[DateChange]:
    """Where one of the two was submitted by a chain that does not approve the date, there is none to compare."""
    for what, key in ((What.DATE, "scheduled_at"), (What.EMBARGO, "embargo")):
        before, after = _instant(former.get(key)), _instant(current.get(key))
        if before != after and (what is What.EMBARGO or (before and after)):
            yield DateChange(what, before, after)


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None


def since_decided(session: TenantSession, content: Content, membership_id: uuid.UUID) -> Changes | None:
    """Return what changed since this person last decided on an earlier revision; None where they never did."""
    if content.revision_id is None:
        return None
    row = session.execute(
        select(Revision, Decision.verdict, Decision.decided_at)
        .join(ApprovalRun, (ApprovalRun.agency_id == Revision.agency_id) & (ApprovalRun.revision_id == Revision.id))
        .join(Decision, (Decision.agency_id == ApprovalRun.agency_id) & (Decision.run_id == ApprovalRun.id))
        .where(
            Revision.content_id == content.id,
            Revision.id != content.revision_id,
            Decision.membership_id == membership_id,
            Decision.verdict.in_(OUTCOMES),
            Decision.carried_from.is_(None),
        )
        .order_by(Decision.decided_at.desc(), Decision.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    former, verdict, at = row
    current = session.get_one(Revision, (session.agency_id, content.revision_id))
    return replace(changes_between(former.payload, current.payload), since=Said(verdict, at, former.number))
