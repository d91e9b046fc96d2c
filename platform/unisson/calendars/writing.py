"""The markup of one entry, written two hundred times a page.

It is the one piece of markup outside a template: a template's loop over the same twelve values took 9 ms of the 13 that
a month cost, most of them in escaping what is known to be safe. What a person typed is escaped here, by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape as escaped
from typing import NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup

from unisson.calendars.reading import Told
from unisson.calendars.wording import Words, day_names, tags
from unisson.editorial.models import EDITABLE

_FOLLOWED = (b"https://", b"http://")
"""How an address begins that a browser may follow: a channel could have answered anything."""
_MOVABLE = frozenset(state.value for state in EDITABLE)


@dataclass(frozen=True, slots=True)
class Clock:
    """How the entries of one brand are placed and dressed."""

    zone: ZoneInfo
    accent: Markup
    brand: Markup
    place: Markup
    is_movable: bool
    beside: ZoneInfo | None = None
    """The other clock that times are said on too: the reader's own, or the brand's where they read on theirs."""
    cities: tuple[str, str] = ("", "")
    """What people call the zones of the two clocks."""


Pieces = Sequence[bytes]
"""Markup in the pieces of which it is put together, in their order: a page is joined of them once."""


class Written(NamedTuple):
    """Contents as the month shows them, in the order in which they were told."""

    days: Sequence[int]
    """The day on which each stands, as a proleptic ordinal; 0 without a date."""
    markups: Sequence[Pieces]


class Dress(NamedTuple):
    """What dated contents of one brand, state and channels have in common: the markup around what is their own.

    `entry` is around the end of an id, the id, the version, the time and the title; `live` around an address and the
    title.
    """

    clock: Clock
    entry: tuple[bytes, ...]
    live: tuple[bytes, ...]


class Dresses(dict[str, Dress]):
    """What the contents of one brand wear: by their state, with the kinds of their channels behind it."""

    def __init__(self, clock: Clock, said: Words) -> None:
        super().__init__()
        self.clock = clock
        self._said = said

    def __missing__(self, worn: str) -> Dress:
        """Return what is worn for the first time."""
        made = self[worn] = _dress(self.clock, worn, self._said)
        return made


class Wardrobe:
    """How all contents of some brands are shown in one language."""

    def __init__(self, clocks: Sequence[Clock], said: Words) -> None:
        self.said = said
        self.of = [Dresses(clock, said) for clock in clocks]
        self.tells_two_times = any(clock.beside for clock in clocks)


@lru_cache(maxsize=4096)
def _dress(clock: Clock, worn: str, said: Words) -> Dress:
    state, _space, kinds = worn.partition(" ")
    move = " data-movable" if clock.is_movable and state in _MOVABLE else ""
    entry = (
        '<a class="entry" id="e-',
        '" href="contents/',
        f'"{move} data-version="',
        f'"{clock.accent} data-state="{state}"><span class="entry-time">',
        f'{clock.place}</span>{clock.brand}<span class="entry-title">',
        f'</span>{said.state_marks[state]}<span class="entry-channels">{_channels(kinds, said)}</span></a>',
    )
    live = (
        '<a class="entry-live" href="',
        f'" rel="noopener"{clock.accent} aria-label="{said.see_live}: ',
        f'">{said.see_live}</a>',
    )
    return Dress(clock, tuple(map(str.encode, entry)), tuple(map(str.encode, live)))


def written(told: Told, wardrobe: Wardrobe) -> Written:
    """Return how contents are shown.

    What each is made of is found for all of them at once, step by step: a month has two hundred.
    """
    untitled = str(wardrobe.said.untitled)
    titles = _together([each or untitled for each in told.titles])
    planned = len(titles) - told.seconds.count(None)
    days, markups = _dated(told, titles, planned, wardrobe)
    ids = told.ids.split(",")
    for n in range(planned, len(titles)):
        of = wardrobe.of[told.places[n] - 1 if told.places else 0]
        days.append(0)
        markups.append((_undated(ids[n], told.states[n], told.titles[n], of.clock, wardrobe.said),))
    return Written(days, markups)


def _dated(
    told: Told, titles: Sequence[bytes], planned: int, wardrobe: Wardrobe
) -> tuple[list[int], list[tuple[bytes, ...]]]:
    """Return the days and the markup of those with a date, which are the first."""
    worn = _worn(told, planned, wardrobe)
    times = [datetime.fromtimestamp(at or 0, each.clock.zone) for at, each in zip(told.seconds, worn, strict=False)]
    ids, versions = told.ids.encode().split(b","), map(b"%d".__mod__, told.versions)
    clock = _clock_times(times, worn, wardrobe)
    markups: list[tuple[bytes, ...]] = []
    for (_clock, entry, _live), content_id, version, at, title in zip(worn, ids, versions, clock, titles, strict=False):
        before_end, before_id, before_version, before_time, before_title, after = entry
        markups.append((
            before_end, content_id[-12:], before_id, content_id, before_version, version,
            before_time, at, before_title, title, after,
        ))  # fmt: skip
    live = [n for n, address in enumerate(told.lives[:planned]) if address]
    for n, address in zip(live, _together([told.lives[n] or "" for n in live]), strict=True):
        if address.startswith(_FOLLOWED):
            before_address, before_title, after = worn[n].live
            markups[n] += (before_address, address, before_title, titles[n], after)
    return [each.toordinal() for each in times], markups


def _worn(told: Told, planned: int, wardrobe: Wardrobe) -> list[Dress]:
    """Return what each of those with a date wears."""
    of = wardrobe.of
    if told.places is None:
        dresses = of[0]
        return [dresses[each] for each in told.states[:planned]]
    return [of[place - 1][each] for place, each in zip(told.places[:planned], told.states, strict=False)]


def _clock_times(times: Sequence[datetime], worn: Sequence[Dress], wardrobe: Wardrobe) -> list[bytes]:
    if wardrobe.tells_two_times:
        return [both(each, dress.clock, wardrobe.said).encode() for each, dress in zip(times, worn, strict=True)]
    on = wardrobe.said.clock_bytes
    return [on[each.hour * 60 + each.minute] for each in times]


def _together(typed: Sequence[str]) -> Sequence[bytes]:
    """Return texts as they stand in markup. A NUL, which PostgreSQL takes in no text, keeps them apart meanwhile."""
    return escaped("\0".join(typed)).encode().split(b"\0") if typed else ()


def both(here: datetime, clock: Clock, said: Words) -> str:
    """Return a time with what the other clock shows, if there is one: for the pointer, and for those who hear it."""
    time = said.clocks[here.hour * 60 + here.minute]
    if clock.beside is None:
        return time
    there = here.astimezone(clock.beside)
    other = said.clocks[there.hour * 60 + there.minute]
    if here.date() != there.date():
        other = f"{day_names(said.spoken)[there.weekday()]} {other}"
    city, elsewhere = (escaped(each) for each in clock.cities)
    return (
        f'<span title="{time} {city}, {other} {elsewhere}">{time}</span>'
        f'<span class="visually-hidden">, {other} {elsewhere}</span>'
    )


def _undated(content_id: str, worn: str, title: str, clock: Clock, said: Words) -> bytes:
    """Return a content that waits for a date, with the page that gives it one."""
    state, _space, kinds = worn.partition(" ")
    shown = title or said.untitled
    html = Markup(
        '<a class="entry" id="e-{}" href="contents/{}"{} data-state="{}">{}<span class="entry-title">{}</span>{}'
        '<span class="entry-channels">{}</span></a>'
    ).format(content_id[-12:], content_id, clock.accent, state, clock.brand, shown, said.state_marks[state],
             _channels(kinds, said))  # fmt: skip
    if clock.is_movable and state in _MOVABLE:
        html += Markup(
            ' <a class="month-dating" href="contents/{}/move" data-controller="dialog" data-action="dialog#fetch"'
            ' aria-label="{}: {}">{}</a>'
        ).format(content_id, said.choose_date, shown, said.choose_date)
    return html.encode()


def _channels(kinds: str, said: Words) -> Markup:
    """Return the icons of a content's channels. Known mixtures are kept with the words: there are few."""
    known = said.channel_mixtures.get(kinds)
    if known is None:
        known = said.channel_mixtures[kinds] = tags(kinds, said)
    return known
