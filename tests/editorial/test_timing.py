# ruff: noqa: DTZ001, DTZ901, PT017 - wall times are naive by definition; properties look at what was refused
"""What a person types becomes the instant that they mean, or a sentence that says why it can't."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tenants.errors import RefusedError
from unisson.editorial.timing import (
    AmbiguousError,
    GapError,
    fold_of,
    must_be_future,
    offset_of,
    parse_local,
    resolve,
    wall_time_of,
)
from unisson.web.i18n import speaking

ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "Asia/Kathmandu")
zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(1991, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
GAPS = (
    ("Europe/Paris", datetime(2027, 3, 28, 2, 30), datetime(2027, 3, 28, 3, 0)),
    ("America/New_York", datetime(2027, 3, 14, 2, 0), datetime(2027, 3, 14, 3, 0)),
    ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, 10), datetime(2026, 10, 4, 2, 30)),
    ("Pacific/Apia", datetime(2011, 12, 30, 12, 0), datetime(2011, 12, 31, 0, 0)),
)
REPEATED = (
    ("Europe/Paris", datetime(2026, 10, 25, 2, 30), ("UTC+02:00", "UTC+01:00"), timedelta(hours=1)),
    ("America/New_York", datetime(2026, 11, 1, 1, 0), ("UTC-04:00", "UTC-05:00"), timedelta(hours=1)),
    ("Australia/Lord_Howe", datetime(2027, 4, 4, 1, 45), ("UTC+11:00", "UTC+10:30"), timedelta(minutes=30)),
)


def test_a_plain_time_is_the_instant_of_the_brands_clock() -> None:
    assert resolve(datetime(2026, 10, 14, 18, 30), "Europe/Paris", None) == datetime(2026, 10, 14, 16, 30, tzinfo=UTC)
    assert resolve(datetime(2026, 10, 14, 18, 30), "Asia/Kathmandu", 1) == datetime(2026, 10, 14, 12, 45, tzinfo=UTC)


@given(instants, zones)
def test_every_instant_comes_back_from_its_wall_time(instant: datetime, zone: str) -> None:
    assert resolve(wall_time_of(instant, zone), zone, fold_of(instant, zone)) == instant


@given(instants.map(lambda at: at.replace(tzinfo=None)), zones, st.sampled_from((None, 0, 1)))
def test_a_wall_time_is_an_instant_that_shows_it_or_is_refused(wall: datetime, zone: str, fold: int | None) -> None:
    try:
        instant = resolve(wall, zone, fold)
    except GapError as gap:
        assert gap.next_valid > wall
        assert wall_time_of(resolve(gap.next_valid, zone, 0), zone) == gap.next_valid
        with pytest.raises(GapError):
            resolve(gap.next_valid - timedelta(minutes=1), zone, fold)
    except AmbiguousError:
        assert fold is None
        assert resolve(wall, zone, 0) < resolve(wall, zone, 1)
    else:
        assert instant.tzinfo is UTC
        assert wall_time_of(instant, zone) == wall


@pytest.mark.parametrize(("zone", "wall", "next_valid"), GAPS)
@pytest.mark.parametrize("fold", [None, 0, 1])
def test_a_skipped_time_is_refused_whatever_fold_is_sent(
    zone: str, wall: datetime, next_valid: datetime, fold: int | None
) -> None:
    with pytest.raises(GapError) as refused:
        resolve(wall, zone, fold)
    assert refused.value.next_valid == next_valid
    assert refused.value.field == "wall_time"


@pytest.mark.parametrize(("zone", "wall", "offsets", "apart"), REPEATED)
def test_a_repeated_time_wants_a_choice(zone: str, wall: datetime, offsets: tuple[str, str], apart: timedelta) -> None:
    with pytest.raises(AmbiguousError) as refused:
        resolve(wall, zone, None)
    assert refused.value.offsets == offsets
    assert resolve(wall, zone, 1) - resolve(wall, zone, 0) == apart


def test_the_sentences_say_what_to_do(app: Flask) -> None:
    with app.test_request_context(), speaking("en"):
        gap = str(GapError(datetime(2027, 3, 28, 2, 30), datetime(2027, 3, 28, 3, 0)).sentence)
        twice = str(AmbiguousError(datetime(2026, 10, 25, 2, 30), ("UTC+02:00", "UTC+01:00")).sentence)
    assert "02:30" in gap
    assert "03:00" in gap
    assert "UTC+02:00" in twice
    assert "UTC+01:00" in twice


@pytest.mark.parametrize(
    "text", ["2026-10-14T18:30", "2026-10-14 18:30", " 2026-10-14T18:30:00 ", "2026-10-14T18:30:59.123"]
)
def test_a_local_value_is_read_to_the_minute(text: str) -> None:
    assert parse_local(text) == datetime(2026, 10, 14, 18, 30)


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-13-01T10:00", "2026-02-30T10:00", "2026-10-14", "2026-10-14T24:00", "2026-10-14T18:30Z",
     "9999-12-31T23:59", "0001-01-01T00:00", "٢٠٢٦-10-14T18:30", "2026-10-14T18:30+02:00"],
)  # fmt: skip
def test_what_is_no_local_value_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_local(text)
    assert refused.value.field == "wall_time"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert parse_local(text).tzinfo is None
    except RefusedError as refused:
        assert refused.status == 422


@pytest.mark.parametrize("wall", [datetime.min, datetime.max, datetime(2200, 1, 1)])
def test_no_year_overflows(wall: datetime) -> None:
    with pytest.raises(RefusedError):
        resolve(wall, "Pacific/Apia", None)


def test_what_has_passed_or_is_too_far_is_refused() -> None:
    now = datetime(2026, 10, 14, 16, 30, tzinfo=UTC)
    must_be_future(now + timedelta(seconds=1), now)
    for instant in (now, now - timedelta(days=1), now + timedelta(days=6 * 366)):
        with pytest.raises(RefusedError):
            must_be_future(instant, now)


def test_faults_of_the_caller_are_no_refusals() -> None:
    with pytest.raises(ValueError, match="zone"):
        resolve(datetime(2026, 1, 1, tzinfo=UTC), "UTC", None)
    with pytest.raises(ValueError, match="offset"):
        offset_of(datetime(2026, 1, 1))
