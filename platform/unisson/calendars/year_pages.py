"""The year: campaigns as bars over twelve months, and the density of contents by week."""

import uuid
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, cast

from flask import Blueprint, render_template

from tenants.permissions import Permission
from unisson.calendars.campaigns import MOST_TOPICS, Campaign, Density, campaigns
from unisson.calendars.looks import Look, look_asked_for
from unisson.calendars.narrowing import chips, named
from unisson.calendars.period import Year, month_of, week_of
from unisson.calendars.wording import VIEWS, month_abbreviation, month_name
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor
from unisson.web.i18n import language

WIDE = 1200
"""Units of a plot's width: a hundred a month, so that bars stand below their month's name."""


class Extent(NamedTuple):
    """From where to where a bar goes, in units of a plot."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One campaign as it is drawn."""

    about: Campaign
    brand: BrandCard
    whole: Extent
    held: Extent | None
    marks: Sequence[float]


class Column(NamedTuple):
    """One week of the plot: where it stands, how high it is out of a hundred, and its address."""

    x: float
    width: float
    height: float
    about: Density
    path: str


class Label(NamedTuple):
    """A month above the plots: its short name, its full one, its address, and whether it is the present one."""

    short: str
    full: str
    path: str
    is_now: bool


def year() -> str:
    """Show a year of campaigns."""
    look = look_asked_for(year=True)
    shown = cast("Year", look.span)
    found = campaigns(session(), look.scope, shown)
    cards = {card.id: card for card in look.brands}
    called = named(session(), look.filters, look.scope.writable)
    return render_template(
        "calendars/year.html",
        look=look,
        year=shown,
        bars=[_bar(shown, each, cards) for each in found.topics],
        columns=_columns(look, shown, found.weeks),
        labels=_labels(look, shown),
        most=max((each.contents for each in found.weeks), default=0),
        is_cut=found.is_cut,
        most_topics=MOST_TOPICS,
        plans=any(actor().may(Permission.TOPIC_PLAN, card.id) for card in look.brands),
        chips=chips(look.filters, called, look.narrowed),
        unfiltered=look.unfiltered,
        previous=look.path(shown.previous) if shown.previous.is_within_reach else None,
        following=look.path(shown.following) if shown.following.is_within_reach else None,
        views_page=look.page("views"),
        views=VIEWS,
    )


def register(blueprint: Blueprint) -> None:
    """Add the route to `blueprint`."""
    blueprint.add_url_rule("/calendar/year", view_func=year, methods=["GET"])


def place_of(shown: Year, day: date) -> float:
    """Return where a day begins in the year's plot, in units; days outside of it stand at its edges."""
    if day < shown.first:
        return 0
    if day > shown.last:
        return WIDE
    return round(WIDE / 12 * (day.month - 1 + (day.day - 1) / monthrange(day.year, day.month)[1]), 1)


def extent(shown: Year, first: date, last: date) -> Extent:
    """Return from where to where the days from `first` to `last` go in the year's plot, both of them whole."""
    start, end = place_of(shown, first), place_of(shown, last + timedelta(days=1))
    return Extent(start, round(max(end - start, 0), 1))


def _bar(shown: Year, about: Campaign, cards: Mapping[uuid.UUID, BrandCard]) -> Bar:
    held = None
    if about.held_from and about.held_until and about.held_until >= shown.first and about.held_from <= shown.last:
        held = extent(shown, about.held_from, about.held_until)
    marks = [place_of(shown, each.on) for each in about.dates if shown.holds(each.on)]
    return Bar(about, cards[about.brand_id], extent(shown, about.first, about.last), held, marks)


def _columns(look: Look, shown: Year, weeks: Sequence[Density]) -> list[Column]:
    most = max((each.contents for each in weeks), default=0) or 1
    return [
        Column(*extent(shown, each.monday, each.monday + timedelta(days=6)), round(100 * each.contents / most, 1), each,
               look.at(week_of(each.monday)))
        for each in weeks
    ]  # fmt: skip


def _labels(look: Look, shown: Year) -> list[Label]:
    ways = [(month, look.at(month)) for month in shown.months]
    spoken, present = language(), month_of(look.today)
    return [
        Label(month_abbreviation(spoken, month.first), month_name(spoken, month.first), path, month == present)
        for month, path in ways
    ]
