"""The markup of one entry, written two hundred times a page.

It is the one piece of markup outside a template: a template's loop over the same twelve values took 9 ms of the 13 that
a month cost, most of them in escaping what is known to be safe. What a person typed is escaped here, by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape as escaped
from math import inf
from typing import NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup

from unisson.calendars.reading import EntryRow
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


Entry = tuple[float, str, int, int, bytes]
"""A content as the month shows it: when in seconds of UTC (`NEVER` without a date), id, version, the day on which it
stands (a proleptic ordinal), markup. The version stands for all that the markup shows of it."""

NEVER = inf


class Dress(NamedTuple):
    """What dated entries of one brand, state and channels have in common: patterns of their markup, as bytes.

    `entry` takes the end of an id, the id, the version, the time and the title; `live` an address and the title.
    """

    clock: Clock
    entry: bytes
    live: bytes
    zone: ZoneInfo
    beside: ZoneInfo | None
    """The clock's own two."""


@lru_cache(maxsize=4096)
def dress(clock: Clock, state: str, kinds: str, said: Words) -> Dress:
    """Return the patterns of entries; `kinds` are their channels, with a space between."""
    move = " data-movable" if clock.is_movable and state in _MOVABLE else ""
    # What a brand is called may have a sign of per cent in it.
    accent, brand, place = (part.replace("%", "%%") for part in (clock.accent, clock.brand, clock.place))
    entry = (
        f'<a class="entry" id="e-%b" href="contents/%b"{move} data-version="%d"{accent} data-state="{state}">'
        f'<span class="entry-time">%b{place}</span>{brand}<span class="entry-title">%b</span>'
        f'{said.state_marks[state]}<span class="entry-channels">{_channels(kinds, said)}</span></a>'
    )
    live = (
        f'<a class="entry-live" href="%b" rel="noopener"{accent} aria-label="{said.see_live}: %b">{said.see_live}</a>'
    )
    return Dress(clock, entry.encode(), live.encode(), clock.zone, clock.beside)


def entries(rows: Sequence[EntryRow], clocks: Sequence[Clock], said: Words) -> list[Entry]:
    """Return rows as entries, in the order in which they stand; `clocks` are those of the scope's brands."""
    undated = [_undated(row, clocks[row[1] - 1], said) for row in rows if row[2] is None]
    found = _dated([row for row in rows if row[2] is not None] if undated else rows, clocks, said)
    found += undated
    found.sort()
    return found


def _dated(rows: Sequence[EntryRow], clocks: Sequence[Clock], said: Words) -> list[Entry]:
    """Return dated contents. What is each one's own is escaped and encoded for all at once: a month has two hundred."""
    dresses: dict[tuple[int, str, str], Dress] = {}
    ids = ",".join([row[0] for row in rows]).encode().split(b",")
    titles = _together([row[4] or str(said.untitled) for row in rows])
    lives = _together([row[6] or "" for row in rows])
    found: list[Entry] = []
    on_clock, local_time = said.clock_bytes, datetime.fromtimestamp
    for row, content_id, title, live in zip(rows, ids, titles, lives, strict=False):  # of none, there is one empty id
        name, brand, seconds, state, _title, kinds, _live, version = row
        worn = dresses.get((brand, state, kinds))
        if worn is None:
            worn = dresses[brand, state, kinds] = dress(clocks[brand - 1], state, kinds, said)
        clock, entry, see_live, zone, beside = worn
        at = seconds or 0
        local = local_time(at, zone)
        time = on_clock[local.hour * 60 + local.minute]
        if beside:
            time = both(local, clock, beside, said).encode()
        markup = entry % (content_id[-12:], content_id, version, time, title)
        if live and live.startswith(_FOLLOWED):
            markup += see_live % (live, title)
        found.append((at, name, version, local.toordinal(), markup))
    return found


def _together(typed: Sequence[str]) -> Sequence[bytes]:
    """Return texts as they stand in markup. A NUL, which PostgreSQL takes in no text, keeps them apart meanwhile."""
    return escaped("\0".join(typed)).encode().split(b"\0") if typed else ()


def both(here: datetime, clock: Clock, beside: ZoneInfo, said: Words) -> str:
    """Return a time with the one that the other clock shows: for the pointer, and for those who hear the page."""
    time, there = said.clocks[here.hour * 60 + here.minute], here.astimezone(beside)
    other = said.clocks[there.hour * 60 + there.minute]
    if here.date() != there.date():
        other = f"{day_names(said.spoken)[there.weekday()]} {other}"
    city, elsewhere = (escaped(each) for each in clock.cities)
    return (
        f'<span title="{time} {city}, {other} {elsewhere}">{time}</span>'
        f'<span class="visually-hidden">, {other} {elsewhere}</span>'
    )


def _undated(row: EntryRow, clock: Clock, said: Words) -> Entry:
    """Return a content that waits for a date, with the page that gives it one."""
    content_id, _brand, _at, state, title, kinds, _live_url, version = row
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
    return NEVER, content_id, version, 0, html.encode()


def _channels(kinds: str, said: Words) -> Markup:
    """Return the icons of a content's channels. Known mixtures are kept with the words: there are few."""
    known = said.channel_mixtures.get(kinds)
    if known is None:
        known = said.channel_mixtures[kinds] = tags(kinds, said)
    return known
