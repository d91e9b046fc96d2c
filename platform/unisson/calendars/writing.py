"""The markup of one entry, written two hundred times a page.

It is the one piece of markup outside a template: a template's loop over the same twelve values took 9 ms of the 13 that
a month cost, most of them in escaping what is known to be safe. What a person typed is escaped here, by name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape as escaped
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


@dataclass(frozen=True, slots=True)
class Dress:
    """What entries of one brand, state and channels have in common: the markup between what is each one's own."""

    clock: Clock
    before_version: bytes
    before_time: bytes
    before_title: bytes
    after_title: bytes


def dress(clock: Clock, state: str, kinds: str, said: Words) -> Dress:
    """Return what dated entries have in common; `kinds` are their channels, with a space between."""
    move = " data-movable" if clock.is_movable and state in _MOVABLE else ""
    parts = (
        f'"{move} data-version="',
        f'"{clock.accent} data-state="{state}"><span class="entry-time">',
        f'{clock.place}</span>{clock.brand}<span class="entry-title">',
        f'</span>{said.state_marks[state]}<span class="entry-channels">{_channels(kinds, said)}</span></a>',
    )
    return Dress(clock, *[part.encode() for part in parts])


def dated(
    rows: Sequence[EntryRow], clocks: Mapping[str, Clock], said: Words
) -> Iterator[tuple[str, tuple[int, int, bytes]]]:
    """Yield each dated content with its version, the day on which it stands (a proleptic ordinal), and its markup.

    What is each one's own is encoded and escaped for all at once: a month has two hundred of them.
    """
    dresses: dict[tuple[str, str, str], Dress] = {}
    ids = _together([row[0] for row in rows])
    titles = _together([row[4] or str(said.untitled) for row in rows])
    lives = _together([row[6] or "" for row in rows])
    see_live = str(said.see_live).encode()
    for row, content_id, title, live in zip(rows, ids, titles, lives, strict=True):
        _id, brand, seconds, state, _title, kinds, _live, version = row
        worn = dresses.get((brand, state, kinds))
        if worn is None:
            worn = dresses[brand, state, kinds] = dress(clocks[brand], state, kinds, said)
        local = datetime.fromtimestamp(seconds or 0, worn.clock.zone)
        parts = [
            b'<a class="entry" id="e-', content_id[-12:], b'" href="contents/', content_id, worn.before_version,
            b"%d" % version, worn.before_time, _time(local, worn.clock, said), worn.before_title, title,
            worn.after_title,
        ]  # fmt: skip
        if live.startswith(_FOLLOWED):
            parts += (
                b'<a class="entry-live" href="', live, b'" rel="noopener"', worn.clock.accent.encode(),
                b' aria-label="', see_live, b": ", title, b'">', see_live, b"</a>",
            )  # fmt: skip
        yield row[0], (version, local.toordinal(), b"".join(parts))


def _together(typed: Sequence[str]) -> Sequence[bytes]:
    """Return texts as they stand in markup. A NUL, which PostgreSQL takes in no text, keeps them apart meanwhile."""
    return escaped("\0".join(typed)).encode().split(b"\0") if typed else ()


def _time(local: datetime, clock: Clock, said: Words) -> bytes:
    if clock.beside:
        return both(local, clock, clock.beside, said).encode()
    return said.clock_bytes[local.hour * 60 + local.minute]


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


def undated(row: EntryRow, clock: Clock, said: Words) -> Markup:
    """Return the markup of a content that waits for a date, with the page that gives it one."""
    content_id, _brand, _at, state, title, kinds, _live_url, _version = row
    shown = title or said.untitled
    html = Markup(
        '<a class="entry" id="e-{}" href="contents/{}"{} data-state="{}">{}<span class="entry-title">{}</span>{}'
        '<span class="entry-channels">{}</span></a>'
    ).format(content_id[-12:], content_id, clock.accent, state, clock.brand, shown, said.state_marks[state],
             _channels(kinds, said))  # fmt: skip
    if not (clock.is_movable and state in _MOVABLE):
        return html
    return html + Markup(
        ' <a class="month-dating" href="contents/{}/move" data-controller="dialog" data-action="dialog#fetch"'
        ' aria-label="{}: {}">{}</a>'
    ).format(content_id, said.choose_date, shown, said.choose_date)


def _channels(kinds: str, said: Words) -> Markup:
    """Return the icons of a content's channels. Known mixtures are kept with the words: there are few."""
    known = said.channel_mixtures.get(kinds)
    if known is None:
        known = said.channel_mixtures[kinds] = tags(kinds, said)
    return known
