"""The markup of one entry, written two hundred times a page.

It is the one piece of markup outside a template: a template's loop over the same twelve values took 9 ms of the 13 that
a month cost, most of them in escaping what is known to be safe. What a person typed is escaped here, by name.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape as escaped
from zoneinfo import ZoneInfo

from markupsafe import Markup

from unisson.calendars.reading import EntryRow
from unisson.calendars.wording import Words, day_names, tags
from unisson.editorial.models import EDITABLE
from unisson.web.i18n import language

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


def both(at: datetime, clock: Clock, said: Words, time: str) -> str:
    """Return a time with the one that the other clock shows: for the pointer, and for those who hear the page."""
    if clock.beside is None:
        return time
    here, there = at.astimezone(clock.zone), at.astimezone(clock.beside)
    other = said.clocks[there.hour * 60 + there.minute]
    if here.date() != there.date():
        other = f"{day_names(language())[there.weekday()]} {other}"
    city, beside = (escaped(each) for each in clock.cities)
    return (
        f'<span title="{time} {city}, {other} {beside}">{time}</span>'
        f'<span class="visually-hidden">, {other} {beside}</span>'
    )


def entry(row: EntryRow, clock: Clock, said: Words, time: str) -> str:
    """Return the markup of a dated content, with a link to where it is live beside it."""
    content_id, _brand, _at, state, title, kinds, live, version = row
    move = " data-movable" if clock.is_movable and state in _MOVABLE else ""
    shown = escaped(title) if title else str(said.untitled)
    return (
        f'<a class="entry" id="e-{content_id[-12:]}" href="contents/{content_id}"{move}'
        f' data-version="{version}"{clock.accent} data-state="{state}"><span class="entry-time">{time}{clock.place}'
        f'</span>{clock.brand}<span class="entry-title">{shown}</span>{said.state_marks[state]}'
        f'<span class="entry-channels">{_channels(kinds, said)}</span></a>'
        f"{_live(live, clock.accent, shown, said) if live else ''}"
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


def _live(address: str, accent: Markup, title: str, said: Words) -> str:
    """Return a link to a live address if a browser may follow it: a channel could have answered anything."""
    if not address.startswith(("https://", "http://")):
        return ""
    return (
        f'<a class="entry-live" href="{escaped(address)}" rel="noopener"{accent}'
        f' aria-label="{said.see_live}: {title}">'
        f"{said.see_live}</a>"
    )
