# ruff: noqa: DTZ001 - wall times are naive by definition
"""The week and the day: the same grid, marks, moves and files as the month, for fewer days."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.calendar import Desk

from unisson.calendars.period import NoSuchMonthError, OneDay, Week, day_named, month_of, week_named, week_of
from unisson.editorial.models import ContentState

MONDAY, SUNDAY = datetime(2026, 10, 12, 0, 0), datetime(2026, 10, 18, 23, 59)


@given(st.dates(date(2001, 1, 1), date(2198, 12, 31)))
def test_every_day_is_in_its_day_its_week_and_its_month_alone(day: date) -> None:
    for span in (OneDay(day), week_of(day), month_of(day)):
        assert span.holds(day)
        assert not span.following.holds(day)
        assert not span.previous.holds(day)
        assert span.following.previous == span
        assert day in span.days()
        since, until = span.reach()
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            noon = datetime(day.year, day.month, day.day, 23, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            assert since <= noon < until
    assert week_named(str(week_of(day))) == week_of(day)
    assert day_named(str(OneDay(day))) == OneDay(day)


@pytest.mark.parametrize(
    "typed", ["2026-W00", "2026-W54", "2026-41", "W41", "2026-W1", "1999-W52", "٢٠٢٦-W41", "x" * 999]
)
def test_what_is_no_week_is_not_found(desk: Desk, typed: str) -> None:
    with pytest.raises(NoSuchMonthError):
        week_named(typed)
    assert desk.open(query=f"week={typed}").status_code == 404


@pytest.mark.parametrize("typed", ["2026-02-30", "20261014", "2026-10-14T10:00", "1999-12-31", "demain"])
def test_what_is_no_day_is_not_found(desk: Desk, typed: str) -> None:
    assert desk.open(query=f"day={typed}").status_code == 404


def test_a_week_has_its_seven_days_and_all_of_them(desk: Desk) -> None:
    for at, title in ((MONDAY, "Premier"), (SUNDAY, "Dernier"), (SUNDAY + timedelta(minutes=1), "Après")):
        desk.write(at, title, state=ContentState.SCHEDULED)
    html = desk.open(query="week=2026-W42&lang=en").text
    days = re.findall(r'data-date="([0-9-]+)"', html)
    assert (days[0], days[-1], len(days)) == ("2026-10-12", "2026-10-18", 7)
    assert "Premier" in html
    assert "Dernier" in html
    assert "Après" not in html
    assert "Week of 12 October 2026" in html
    assert "week=2026-W41" in html
    assert "week=2026-W43" in html


def test_the_week_of_the_clocks_change_holds_it_whole(desk: Desk) -> None:
    for at in (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 23, 59)):
        desk.write(at, f"À {at:%H:%M}", state=ContentState.SCHEDULED)
    html = desk.open(query="week=2026-W43").text
    assert "À 02:30" in html
    assert "À 23:59" in html
    assert "À 02:30" in desk.open(query="day=2026-10-25").text


def test_a_day_shows_that_day_and_leads_to_the_others(desk: Desk) -> None:
    desk.write(MONDAY, "Premier", state=ContentState.SCHEDULED)
    desk.write(SUNDAY, "Dernier", state=ContentState.SCHEDULED)
    html = desk.open(query="day=2026-10-12&lang=en").text
    assert "Premier" in html
    assert "Dernier" not in html
    assert "day=2026-10-11" in html
    assert "day=2026-10-13" in html
    assert "week=2026-W42" in html
    assert "month=2026-10" in html
    assert Week(date(2026, 10, 12)).days()[0].isoformat() in html


def test_a_repeat_of_a_week_is_a_304_until_something_in_it_changes(desk: Desk) -> None:
    desk.write(MONDAY, "Premier", state=ContentState.SCHEDULED)
    client = desk.browser()
    held = {"If-None-Match": desk.read(client, "week=2026-W42").headers["ETag"]}
    assert desk.read(client, "week=2026-W42", headers=held).status_code == 304
    desk.write(SUNDAY, "Dernier", state=ContentState.SCHEDULED)
    assert desk.read(client, "week=2026-W42", headers=held).status_code == 200


def test_a_week_is_exported_as_it_is_shown(desk: Desk) -> None:
    desk.write(MONDAY, "Premier", state=ContentState.SCHEDULED)
    desk.write(SUNDAY + timedelta(minutes=1), "Après", state=ContentState.SCHEDULED)
    answer = desk.browser().get(f"/{desk.world.slug}/calendar.csv?week=2026-W42&lang=en", base_url="https://localhost")
    assert "2026-W42.csv" in answer.headers["Content-Disposition"]
    assert [row["Title"] for row in csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))] == ["Premier"]
