"""From the texts of a row to a draft, or to what is wrong with it, cell by cell, in words."""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeVar

from tenants.errors import RefusedError
from unisson.editorial.models import ContentKind
from unisson.editorial.timing import AmbiguousError
from unisson.editorial.writing import Draft
from unisson.editorial.writing_many import Desk, Made
from unisson.imports.columns import plain
from unisson.imports.models import Import
from unisson.imports.moments import read_day, read_time, split_moment
from unisson.web.forms import lines, one_line
from unisson.web.i18n import lazy

NO_DAY = lazy("This is no date. Write it as 31/12/2026 or 2026-12-31.")
NO_TIME = lazy("This is no time. Write it as 18:30, 18 h 30 or 6:30 pm.")
TIME_ALONE = lazy("There is a time, and no date. Give both, or neither.")
TIME_MISSING = lazy("The time is missing. Write it here, or give one for all rows without a time.")
NO_SUCH_KIND = lazy("This is none of: post, press release, article, reply.")


def no_such_channel(name: str, there: Sequence[str] = ()) -> object:
    """Say that there is no channel of this name, and which ones are `there`."""
    if not there:
        return lazy("The brand has no connected channel called “%(name)s”.", name=name)
    named = ", ".join(there)
    return lazy("The brand has no connected channel called “%(name)s”. It has: %(there)s.", name=name, there=named)


def two_channels(name: str) -> object:
    """Say that there are several channels of this name."""
    return lazy("Several channels of the brand go by “%(name)s”. Write the name of one.", name=name)


def no_such_topic(name: str) -> object:
    """Say that there is no topic of this name."""
    return lazy("The brand has no topic called “%(name)s”.", name=name)


def two_topics(name: str) -> object:
    """Say that there are several topics of this name."""
    return lazy("Several topics of the brand are called “%(name)s”.", name=name)


KINDS: dict[str, ContentKind] = {
    **dict.fromkeys(("post", "publication"), ContentKind.POST),
    **dict.fromkeys(("press release", "press_release", "communique de presse", "communique", "cp"),
                    ContentKind.PRESS_RELEASE),
    **dict.fromkeys(("article",), ContentKind.ARTICLE),
    **dict.fromkeys(("reply", "reponse"), ContentKind.REPLY),
}  # fmt: skip
"""What plans call each kind, without capitals and accents, one of it."""

NAMES_OF_KINDS = {"newsroom": ("newsroom", "site", "espace presse"), "bluesky": ("bluesky",),
                  "email": ("email", "e-mail", "mail", "courriel", "newsletter")}  # fmt: skip
"""What plans call a channel by its kind, where the brand has one of it."""

Names = Mapping[str, tuple[uuid.UUID, ...]]
FIELD_OF = {"wall_time": "date", "channel_ids": "channels"}
"""A verb's word for what is wrong → the field where it is said."""


@dataclass(slots=True)
class Reading:
    """What a row says. `faults` are sentences by field; `folds` the two passages of a time that comes twice."""

    number: int
    texts: dict[str, str]
    made: Made | None = None
    faults: dict[str, object] = field(default_factory=dict)
    folds: tuple[str, str] | None = None


Read = TypeVar("Read")


def texts_of(about: Import, cells: Sequence[str]) -> dict[str, str]:
    """Return the texts of a row by field, those of mapped columns alone."""
    return {name: cells[column] if column < len(cells) else "" for name, column in about.mapping.items()}


def _by_name(pairs: Iterable[tuple[str, uuid.UUID]]) -> Names:
    found: dict[str, tuple[uuid.UUID, ...]] = {}
    for name, item_id in pairs:
        found[name] = (*found.get(name, ()), item_id)
    return found


def _channel_names(desk: Desk) -> Names:
    """Return the open channels by their names and, where a name is none, by what their kind is called."""
    named = _by_name((plain(channel.name), channel.id) for channel in desk.channels.values())
    by_kind = _by_name(
        (word, channel.id) for channel in desk.channels.values() for word in NAMES_OF_KINDS.get(channel.kind, ())
    )
    return {**by_kind, **named}


class RowReader:
    """Reads the rows of one import with what its brand has."""

    def __init__(self, desk: Desk, about: Import) -> None:
        self._desk = desk
        self._about = about
        self._channels = _channel_names(desk)
        self._topics = _by_name((plain(title), topic_id) for topic_id, title in desk.topics.items())
        self._default_time = read_time(about.default_time)

    def read(self, number: int, cells: Sequence[str], fold: int | None) -> Reading:
        """Return what one row says: a draft that the brand can keep, or its faults."""
        texts = texts_of(self._about, cells)
        reading = Reading(number, texts)
        wall_time = self._moment(reading)
        draft = Draft(
            kind=self._try(reading, "kind", self._kind) or ContentKind.POST,
            title=one_line(texts.get("title")),
            body=lines(texts.get("body")).rstrip(),
            channel_ids=self._try(reading, "channels", self._named_channels) or (),
            tags=tuple(each.strip().lstrip("#") for each in re.split(r"[,;\n]", texts.get("tags", ""))),
            topic_id=self._try(reading, "topic", self._topic),
            wall_time=wall_time,
            fold=fold,
        )
        try:
            content = self._desk.made(draft)
        except AmbiguousError as refusal:
            reading.folds = refusal.offsets
            reading.faults.setdefault("date", refusal.sentence)
        except RefusedError as refusal:
            told = refusal.field or "title"
            reading.faults.setdefault(self._column_of(FIELD_OF.get(told, told)), refusal.sentence)
        else:
            reading.made = None if reading.faults else Made(draft, content)
        return reading

    def _column_of(self, name: str) -> str:
        """Return the field where a fault is said and can be corrected: one that the file has."""
        known = self._about.mapping
        return name if name in known else "title" if "title" in known else "body"

    def _try(self, reading: Reading, name: str, read: Callable[[str], Read]) -> Read | None:
        try:
            return read(reading.texts.get(name, ""))
        except RefusedError as refusal:
            reading.faults[name] = refusal.sentence
            return None

    def _moment(self, reading: Reading) -> datetime | None:
        day_text, clock_text = split_moment(reading.texts.get("date", ""))
        clock_text = reading.texts.get("time", "") or clock_text
        if not day_text:
            if clock_text:
                reading.faults["date"] = TIME_ALONE
            return None
        day: date | None = read_day(day_text, self._about.date_order)
        clock: time | None = read_time(clock_text) if clock_text else self._default_time
        if day is None:
            reading.faults["date"] = NO_DAY
        if clock is None:
            place = "time" if "time" in self._about.mapping else "date"
            reading.faults.setdefault(place, NO_TIME if clock_text else TIME_MISSING)
        return datetime.combine(day, clock) if day and clock else None

    def _kind(self, text: str) -> ContentKind:
        if not text:
            return ContentKind.POST
        found = KINDS.get(plain(text)) or KINDS.get(plain(text).removesuffix("s"))
        if found is None:
            raise RefusedError(NO_SUCH_KIND)
        return found

    def _named_channels(self, text: str) -> tuple[uuid.UUID, ...]:
        whole = self._channels.get(plain(text))
        if whole and len(whole) == 1:
            return whole
        names = [name for each in re.split(r"[,;/+\n]", text) if (name := one_line(each))]
        return tuple(dict.fromkeys(_one(self._channels, name, self._no_channel, two_channels) for name in names))

    def _no_channel(self, name: str) -> object:
        return no_such_channel(name, [channel.name for channel in self._desk.channels.values()])

    def _topic(self, text: str) -> uuid.UUID | None:
        name = one_line(text)
        return _one(self._topics, name, no_such_topic, two_topics) if name else None


def _one(known: Names, name: str, none: Callable[[str], object], several: Callable[[str], object]) -> uuid.UUID:
    found = known.get(plain(name), ())
    if len(found) != 1:
        raise RefusedError((several if found else none)(name[:80]))
    return found[0]
