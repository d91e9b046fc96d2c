"""What the month says over and over, made once a language: clock times, states, channels."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from babel.dates import format_date, get_day_names
from flask import Flask, current_app
from markupsafe import Markup, escape

from unisson.calendars.period import Span
from unisson.editorial.models import ContentState
from unisson.web.i18n import NBSP, _, first_said, language, lazy, speaking_in

_REFERENCE = re.compile(r'#([a-z0-9-]+)"')
_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)".*?</symbol>', re.DOTALL)


_MARKS = ("star", "megaphone-off", "lock", "flag", "calendar-off", "calendar-plus", "sticky-note", "map-pin")
"""The icons of what stands on days beside contents."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words and icons of one language. Icons point at `symbols`, which the page holds once."""

    spoken: str
    clocks: tuple[str, ...]
    clock_bytes: tuple[bytes, ...]
    """The same, as it stands in pages."""
    labels: dict[str, str]
    state_marks: dict[str, Markup]
    state_badges: tuple[tuple[str, Markup], ...]
    channel_icons: dict[str, Markup]
    channel_names: dict[str, str]
    symbols: Markup
    untitled: Markup
    see_live: Markup
    choose_date: Markup
    mark_icons: dict[str, Markup]
    channel_mixtures: dict[str, Markup] = field(default_factory=dict)

    def channels(self, kinds: str) -> str:
        """Return the names of channels; `kinds` are what the product calls them, with a space between."""
        return ", ".join(self.channel_names.get(kind, kind) for kind in kinds.split())


def clock(spoken: str, minute: int) -> str:
    """Return a minute of the day (0 to 1439) as `spoken` says it: « 18 h 30 » or “18:30”."""
    hour, rest = divmod(minute, 60)
    return f"{hour}{NBSP}h{NBSP}{rest:02}" if spoken == "fr" else f"{hour:02}:{rest:02}"


def words() -> Words:
    """Return the words of the language being spoken."""
    return words_of(current_app, language())


def words_of(app: Flask, spoken: str) -> Words:
    """Return the words of a language, also where no page is being made."""
    known = cast("dict[str, Words]", app.extensions.setdefault("unisson.month_words", {}))
    if spoken not in known:
        with speaking_in(app, spoken):
            known[spoken] = _words(spoken)
    return known[spoken]


@lru_cache(maxsize=64)
def day_names(spoken: str) -> tuple[str, ...]:
    """Return the short names of the days from Monday on."""
    names = get_day_names("abbreviated", "stand-alone", locale=spoken)
    return tuple(names[n].capitalize() for n in range(7))


@lru_cache(maxsize=4096)
def day_label(spoken: str, day: date) -> str:
    """Return a day in full, with its weekday."""
    return first_said(format_date(day, "EEEE d MMMM y", locale=spoken), spoken)


@lru_cache(maxsize=4096)
def begin_label(spoken: str, day: date) -> str:
    """Return what the link on a day says that begins a content there; `spoken` is the language being spoken."""
    return _("New content on %(day)s", day=day_label(spoken, day))


@lru_cache(maxsize=1024)
def month_name(spoken: str, first: date) -> str:
    """Return the name of the month that begins on `first`, with its year."""
    return format_date(first, "LLLL y", locale=spoken).capitalize()


@lru_cache(maxsize=64)
def month_abbreviation(spoken: str, first: date) -> str:
    """Return the short name of the month that begins on `first`."""
    return format_date(first, "LLL", locale=spoken).capitalize()


STEPS = {
    "month": (lazy("Previous month"), lazy("Next month")),
    "week": (lazy("Previous week"), lazy("Next week")),
    "day": (lazy("Day before"), lazy("Day after")),
}
"""Of the views that are swapped in their page."""
VIEWS = {
    "month": lazy("Month"),
    "week": lazy("Week"),
    "day": lazy("Day"),
    "year": lazy("Year"),
    "list": lazy("List"),
    "board": lazy("Board"),
}


def span_name(spoken: str, span: Span) -> str:
    """Return what the days that are shown are called; `spoken` is the language being spoken."""
    if span.kind == "year":
        return str(span)
    if span.kind == "month":
        return month_name(spoken, span.first)
    if span.kind == "week":
        return _("Week of %(day)s", day=first_said(format_date(span.first, "d MMMM y", locale=spoken), spoken))
    return day_label(spoken, span.first).capitalize() if spoken == "fr" else day_label(spoken, span.first)


def _words(spoken: str) -> Words:
    states = _macros("components/state.html")
    icons = _macros("components/icon.html")
    names = {state.value: _name_of(states.state_icon(state.value)) for state in ContentState}
    labels = {state.value: str(states.state_label(state.value)).strip() for state in ContentState}
    kinds = {kind: _name_of(icons.channel_icon(kind)) for kind in ("newsroom", "bluesky", "email", "mockup")}
    channels = {kind: str(icons.channel_name(kind)).strip() for kind in kinds}
    clocks = tuple(clock(spoken, minute) for minute in range(24 * 60))
    return Words(
        spoken=spoken,
        clocks=clocks,
        clock_bytes=tuple(each.encode() for each in clocks),
        labels=labels,
        state_marks={state: _mark(_icon(name), labels[state]) for state, name in names.items()},
        state_badges=tuple((state, _icon(name) + labels[state]) for state, name in names.items()),
        channel_icons={kind: _icon(name, channels[kind]) for kind, name in kinds.items()},
        channel_names=channels,
        symbols=_symbols({*names.values(), *kinds.values(), "plus"}),
        untitled=escape(_("Untitled")),
        see_live=escape(_("See it live")),
        choose_date=escape(_("Choose a date")),
        mark_icons={name: icons.icon(name) for name in _MARKS},
    )


def _macros(template: str) -> Any:
    return current_app.jinja_env.get_template(template).module


def _name_of(svg: object) -> str:
    """Return which symbol a macro drew, so that the choice of icons stays in one place."""
    found = _REFERENCE.search(str(svg))
    return found[1] if found else "circle"


def _icon(name: str, label: str = "") -> Markup:
    """Return an icon: with a name of its own, or silent beside a word."""
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="#i-{}"/></svg>').format(told, name)


def _mark(icon: Markup, word: str) -> Markup:
    """Return a state as an entry says it: the icon for the eye that knows it, the word for every other."""
    return Markup('<span class="entry-state">{}{}</span>').format(icon, word)


def _symbols(names: set[str]) -> Markup:
    """Return the symbols called `names` out of the sprite, which comes with the assets at set-up.

    Held by the page they are named in 17 bytes instead of 60, two or three times an entry.
    """
    sprite = Path(str(current_app.static_folder)) / "vendor" / "icons.svg"
    text = sprite.read_text() if sprite.is_file() else ""
    found = (m[0].replace('id="', 'id="i-', 1) for m in _SYMBOL.finditer(text) if m[1] in names)
    return Markup("").join(Markup(symbol) for symbol in found)  # noqa: S704 - our own asset, read from disk


def tags(kinds: str, said: Words) -> Markup:
    """Return the icons of a content's channels; `kinds` are their names with a space between."""
    return Markup("").join(said.channel_icons.get(kind) or escape(kind) for kind in kinds.split())
