"""A brand's weekly rhythm: its free slots on the calendar, and the next good one for a content."""

import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from support.desk import PARIS, Desk, today
from support.statements import recorded
from support.topics import at, opened, put_under
from support.world import World, build_world

from tenants.brands import Brand
from unisson.editorial.clashes import CLOSE
from unisson.editorial.timing import GapError, resolve
from unisson.publishing.models import Channel
from unisson.runtime import Runtime
from unisson.strategy.models import Slot
from unisson.strategy.planning import set_black_out
from unisson.strategy.rhythm import MOST_SLOTS, Asked, next_free, set_beats
from unisson.strategy.slots import Beat, Ground, Occurrence, first_free, occurrences


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    with made.session() as session:
        # A country of which no holiday is known: no day of a test is one by chance.
        session.execute(update(Brand).values(country="ZZ"))
    return made


def beat(desk: Desk, *weekdays: int, clock: time = time(10), channel_id: uuid.UUID | None = None) -> None:
    with desk.session() as session:
        channel_id = channel_id or desk.world.newsroom_id
        set_beats(session, desk.actor("cm"), desk.world.brand_id, channel_id, weekdays=weekdays, clock=clock)


def found(desk: Desk, **asked: object) -> Occurrence | None:
    with desk.session() as session:
        brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
        return next_free(session, brand, Asked(**asked))  # type: ignore[arg-type]  # a test names the fields it means


def day_of(weekday: int, weeks: int = 1) -> date:
    """Return a day to come with this weekday, so many weeks after the next Monday."""
    monday = today() + timedelta(days=7 - today().weekday())
    return monday + timedelta(days=weekday, weeks=weeks - 1)


def wall(day: date, clock: time = time(10)) -> datetime:
    return datetime.combine(day, clock)


def test_beats_are_set_by_form_and_taken_away(desk: Desk) -> None:
    path = f"/brands/{desk.world.brand_slug}/rhythm"
    typed = {"weekday": ["0", "3"], "clock": "08:30", "channel": str(desk.world.newsroom_id)}
    for _time in range(2):  # the same again adds nothing
        assert desk.post("cm", path, typed).status_code == 303
    with desk.session() as session:
        slots = session.scalars(select(Slot).order_by(Slot.weekday)).all()
    assert [(each.weekday, each.wall_clock) for each in slots] == [(0, time(8, 30)), (3, time(8, 30))]
    page = desk.get("rp", f"/brands/{desk.world.brand_slug}/strategy").text
    assert "08:30" in page
    assert "Take away: Thu, 08:30" in page
    assert desk.post("cm", f"/slots/{slots[0].id}/remove").status_code == 303
    assert "Take away: Mon" not in desk.get("cm", f"/brands/{desk.world.brand_slug}/strategy").text


BAD = {
    "no day": ({"weekday": []}, "Choose at least one day"),
    "no such day": ({"weekday": ["7", "x", "-1"]}, "Choose at least one day"),
    "no time": ({"clock": ""}, "Give a time of day"),
    "no such time": ({"clock": "25:00"}, "Give a time of day"),
    "no channel": ({"channel": "x"}, "Choose one of the brand"),
    "another's channel": ({"channel": str(uuid.uuid4())}, "Choose one of the brand"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_on_the_form_with_what_was_typed(desk: Desk, case: str) -> None:
    wrong, sentence = BAD[case]
    typed = {"weekday": ["2"], "clock": "08:30", "channel": str(desk.world.newsroom_id)} | wrong
    answer = desk.post("cm", f"/brands/{desk.world.brand_slug}/rhythm", typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    if typed["clock"] == "08:30":
        assert 'value="08:30"' in answer.text
    if typed["weekday"] == ["2"]:
        assert 'value="2" checked' in answer.text
    with desk.session() as session:
        assert session.scalars(select(Slot)).all() == []


def test_a_rhythm_has_an_end(desk: Desk) -> None:
    for minute in range(MOST_SLOTS // 7):
        beat(desk, *range(7), clock=time(10, minute))
    typed = {"weekday": list("0123456"), "clock": "20:00", "channel": str(desk.world.newsroom_id)}
    answer = desk.post("cm", f"/brands/{desk.world.brand_slug}/rhythm", typed)
    assert answer.status_code == 422
    assert "150 slots at most" in answer.text


def test_a_channel_of_another_brand_has_no_beat_here(desk: Desk) -> None:
    with desk.session() as session:
        other = Channel(brand_id=desk.world.sibling_id, kind="newsroom", name="Ailleurs")
        session.add(other)
        session.flush()
        other_id = other.id
    typed = {"weekday": ["2"], "clock": "08:30", "channel": str(other_id)}
    assert desk.post("owner", f"/brands/{desk.world.brand_slug}/rhythm", typed).status_code == 422


def test_the_next_slot_is_the_first_that_nothing_stands_in_the_way_of(desk: Desk) -> None:
    assert found(desk) is None
    beat(desk, 2)
    first = found(desk)
    assert first is not None
    assert first.wall_time.weekday() == 2
    assert first.at > datetime.now(UTC)
    desk.write(wall_time=first.wall_time)
    second = found(desk)
    assert second is not None
    assert second.wall_time == first.wall_time + timedelta(days=7)
    day = second.wall_time.date()
    with desk.session() as session:
        set_black_out(session, desk.actor("rp"), desk.world.brand_id, day, day, reason="Silence", stops=False)
    third = found(desk)
    assert third is not None
    assert third.wall_time == first.wall_time + timedelta(days=14)
    later = found(desk, after=third.at)
    assert later is not None
    assert later.wall_time == first.wall_time + timedelta(days=21)


def test_what_is_close_takes_a_slot_and_what_is_cancelled_or_the_content_itself_does_not(desk: Desk) -> None:
    beat(desk, 0, 1)
    monday = day_of(0)
    with time_machine.travel(datetime.combine(monday - timedelta(days=1), time(12), PARIS), tick=False):
        content_id = desk.write(wall_time=wall(monday) + CLOSE)
        one = found(desk)
        own = found(desk, content_id=content_id)
        assert one is not None
        assert own is not None
        assert (one.wall_time.weekday(), own.wall_time) == (1, wall(monday))
    desk.in_state("cancelled", wall_time=wall(monday))


def test_a_topic_s_embargo_is_waited_for(desk: Desk) -> None:
    beat(desk, *range(7))
    topic_id = opened(desk)
    put_under(desk, topic_id, at(20, hour=10))
    free = found(desk, topic_id=topic_id)
    assert free is not None
    assert free.wall_time == at(20, hour=10)


def test_a_holiday_of_the_brand_s_country_is_no_slot(desk: Desk) -> None:
    with desk.session() as session:
        session.execute(update(Brand).values(country="FR"))
    year = today().year + 1
    beat(desk, *range(7))
    eve = datetime(year, 7, 13, 12, tzinfo=PARIS)
    with time_machine.travel(eve, tick=False):
        free = found(desk, after=eve)
    assert free is not None
    assert free.wall_time.date() == date(year, 7, 15)


def test_a_content_on_two_channels_waits_until_both_are_free(desk: Desk) -> None:
    with desk.session() as session:
        second = Channel(brand_id=desk.world.brand_id, kind="email", name="Liste")
        session.add(second)
        session.flush()
        second_id = second.id
    beat(desk, 0)
    beat(desk, 1, channel_id=second_id)
    first = found(desk, channel_ids=(desk.world.newsroom_id, second_id))
    assert first is not None
    desk.write(wall_time=first.wall_time, channel_ids=(second_id,))
    again = found(desk, channel_ids=(desk.world.newsroom_id, second_id))
    alone = found(desk, channel_ids=(desk.world.newsroom_id,))
    assert again is not None
    assert alone is not None
    assert again.at > first.at
    assert alone.wall_time.weekday() == 0
    assert found(desk, channel_ids=(uuid.uuid4(),)) is None


def test_a_channel_that_left_beats_no_more(desk: Desk) -> None:
    beat(desk, 0)
    with desk.session() as session:
        session.execute(update(Channel).values(disconnected_at=datetime.now(UTC)))
    assert found(desk) is None


def test_a_form_is_told_the_next_slot(desk: Desk) -> None:
    path = f"/brands/{desk.world.brand_slug}/next-slot"
    assert "no free slot" in desk.get("cm", path).json["message"]
    beat(desk, 4, clock=time(9, 15))
    told = desk.get("cm", f"{path}?channel={desk.world.newsroom_id}").json
    assert told["time"] == "09:15"
    assert date.fromisoformat(told["date"]).weekday() == 4
    later = desk.get("cm", path, query_string={"after": told["at"]}).json
    assert date.fromisoformat(later["date"]) == date.fromisoformat(told["date"]) + timedelta(days=7)
    for odd in ("after=x", "after=2026-01-01T00:00", "after=9999-01-01T00:00%2B00:00", "channel=x&topic=x&content=x"):
        assert desk.get("cm", f"{path}?{odd}").status_code == 200
    assert desk.get("client_approver", path).status_code == 403


def test_the_move_page_leads_to_it_without_script(desk: Desk) -> None:
    beat(desk, *range(7), clock=time(9, 15))
    content_id = desk.write()
    page = desk.get("cm", f"/contents/{content_id}/move").text
    link = re.search(r'<noscript><p class="hint"><a href="([^"]*)"', page)
    assert link
    shown = desk.get("cm", link[1].replace("&amp;", "&").removeprefix(f"/{desk.world.slug}")).text
    assert 'value="09:15"' in shown


def month_marks(desk: Desk, role: str = "cm", query: str = "") -> list[tuple[str, str]]:
    """Return the free slots of the next month: where they lead, and what they say."""
    html = desk.get(role, f"/calendar?month={day_of(0, 5):%Y-%m}&brand={desk.world.brand_slug}{query}").text
    found = re.findall(r'data-kind="slot" href="([^"]*)">.*?<span class="day-mark-text">([^<]*)</span>', html)
    return [(path.replace("&amp;", "&"), text) for path, text in found]


def test_the_calendar_shows_free_slots_to_those_who_plan_and_each_begins_a_content_there(desk: Desk) -> None:
    beat(desk, 2)
    free = month_marks(desk)
    assert len(free) >= 4
    assert all("Free: 10:00" in text for _path, text in free)
    for role in ("client_approver", "client_contact"):
        assert month_marks(desk, role) == []
    page = desk.get("cm", "/" + free[0][0]).text
    taken = re.search(r"date=([0-9-]+)T10:00", free[0][0])
    assert taken
    assert f'value="{taken[1]}"' in page
    assert 'value="10:00"' in page
    desk.write(wall_time=wall(date.fromisoformat(taken[1])))
    assert month_marks(desk) == free[1:]
    assert month_marks(desk, query="&state=draft") == []
    assert month_marks(desk, query="&channel=newsroom") == free[1:]


def test_a_slot_that_passes_today_is_gone_with_the_next_reading(desk: Desk) -> None:
    beat(desk, *range(7), clock=time(15))
    day = day_of(2)
    path = f"/calendar?day={day}&brand={desk.world.brand_slug}"
    with time_machine.travel(datetime.combine(day, time(14), PARIS), tick=False):
        first = desk.get("cm", path)
        assert 'data-kind="slot"' in first.text
        held = {"If-None-Match": first.headers["ETag"]}
        assert desk.get("cm", path, headers=held).status_code == 304
    with time_machine.travel(datetime.combine(day, time(15, 1), PARIS), tick=False):
        again = desk.get("cm", path, headers=held)
        assert again.status_code == 200
        assert 'data-kind="slot"' not in again.text


def test_another_agency_s_rhythm_beats_nowhere(desk: Desk, runtime: Runtime) -> None:
    beat(desk, *range(7))
    neighbour = Desk(desk.app, runtime, build_world(runtime))
    assert found(neighbour) is None
    assert month_marks(neighbour) == []
    with desk.session() as session:
        slot_id = session.scalars(select(Slot.id)).first()
    assert neighbour.post("owner", f"/slots/{slot_id}/remove").status_code == 404


def test_it_is_looked_for_with_as_few_statements_however_full_the_calendar_is(desk: Desk) -> None:
    def asked(more: int) -> int:
        for _number in range(more):
            beat(desk, 0, clock=time(10, _number))
            free = found(desk)
            assert free is not None
            desk.write(wall_time=free.wall_time)
        desk.browsers.clear()  # a browser of its own, for which nothing is kept
        with recorded(desk.runtime) as statements:
            found(desk)
            month_marks(desk)
        return len(statements)

    asked(1)
    few = asked(1)
    assert asked(6) <= few


ZONES = st.sampled_from(["Europe/Paris", "America/New_York"])
CHANNELS = [uuid.UUID(int=n) for n in (1, 2)]
CLOCKS = st.times().map(lambda each: each.replace(second=0, microsecond=0))
BEATS = st.lists(
    st.builds(Beat, st.sampled_from(CHANNELS), st.integers(0, 6), CLOCKS),
    min_size=1,
    max_size=12,
)  # fmt: skip
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(BEATS, ZONES, INSTANTS)
def test_beats_fall_in_order_each_once_a_week_at_its_time_on_that_clock(
    beats: list[Beat], zone: str, after: datetime
) -> None:
    until = after + timedelta(days=14)
    falls = list(occurrences(beats, zone, after, until))
    assert falls == sorted(falls)
    there = ZoneInfo(zone)
    for each in falls:
        assert after < each.at <= until
        assert each.at.astimezone(there).replace(tzinfo=None, fold=0) == each.wall_time
        same = [
            other
            for other in beats
            if other.channel_id == each.channel_id and other.weekday == each.wall_time.weekday()
        ]
        assert any(
            other.clock == each.wall_time.time() or _is_skipped(each.wall_time.date(), other.clock, zone)
            for other in same
        )
    # Two weeks hold each beat twice, but for one that a change of clocks carries over an edge.
    assert len(beats) <= len(falls) <= 3 * len(beats)


def _is_skipped(day: date, clock: time, zone: str) -> bool:
    try:
        resolve(datetime.combine(day, clock), zone, 0)
    except GapError:
        return True
    return False


@given(BEATS, ZONES, INSTANTS, st.data())
def test_the_first_free_beat_is_after_free_open_and_none_before_it_is(
    beats: list[Beat], zone: str, after: datetime, data: st.DataObject
) -> None:
    wanted = set(data.draw(st.lists(st.sampled_from(CHANNELS), min_size=1)))
    falls = [each for each in occurrences(beats, zone, after, after + timedelta(days=40)) if each.channel_id in wanted]
    full = data.draw(st.lists(st.sampled_from(falls), max_size=20)) if falls else []
    taken = {channel: sorted(each.at for each in full if each.channel_id == channel) for channel in CHANNELS}
    closed = (
        set(data.draw(st.lists(st.sampled_from([each.wall_time.date() for each in falls]), max_size=3)))
        if falls
        else set()
    )
    ground = Ground(zone, taken, closed.__contains__)
    free = first_free(beats, ground, wanted, after)
    if free is None:
        assert not falls
        return
    assert free.at > after
    assert free.wall_time.date() not in closed
    assert all(abs(free.at - other) > CLOSE for channel in wanted for other in taken[channel])
    for each in falls:
        if each.at < free.at:
            is_taken = any(abs(each.at - other) <= CLOSE for channel in wanted for other in taken[channel])
            assert is_taken or each.wall_time.date() in closed


@pytest.mark.parametrize(
    ("zone", "clock", "day", "offset", "shown"),
    [
        ("Europe/Paris", time(2, 30), date(2027, 3, 28), 2, time(3, 0)),
        ("Europe/Paris", time(2, 30), date(2027, 10, 31), 2, time(2, 30)),
        ("America/New_York", time(2, 30), date(2027, 3, 14), -4, time(3, 0)),
        ("America/New_York", time(1, 30), date(2027, 11, 7), -4, time(1, 30)),
    ],
)
def test_a_beat_in_the_hour_that_is_skipped_or_comes_twice(
    zone: str, clock: time, day: date, offset: int, shown: time
) -> None:
    start = datetime.combine(day - timedelta(days=1), time(12), ZoneInfo(zone))
    (fall,) = occurrences([Beat(CHANNELS[0], 6, clock)], zone, start, start + timedelta(days=2))
    assert fall.wall_time == datetime.combine(day, shown)
    assert fall.at == datetime.combine(day, shown, UTC) - timedelta(hours=offset)
    assert fall.comes_twice is (day.month > 9)
