"""A draft that comes again: the clock's time stays, whatever the zone does; all or nothing; and one way back."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from support.desk import Desk, days_ahead
from support.pictures import picture
from support.statements import recorded

from tenants.errors import RefusedError
from unisson.editorial import writing
from unisson.editorial.contents import own_texts, pictures_of
from unisson.editorial.models import Content
from unisson.editorial.series import MOST, Repeat, Rhythm, occurrences, repeat_draft
from unisson.editorial.timing import resolve, wall_time_of
from unisson.publishing.models import Channel

FIRST, LAST = datetime(2026, 1, 1), datetime(2030, 12, 31)  # noqa: DTZ001 - bounds of wall times
ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)


@given(
    rhythm=st.sampled_from(Rhythm),
    every=st.integers(1, 30),
    weekdays=st.frozensets(st.integers(0, 6)),
    count=st.integers(1, MOST),
    first=st.datetimes(FIRST, LAST),
    zone=st.sampled_from(ZONES),
)
@settings(max_examples=150, deadline=None)
def test_the_time_of_the_clock_stays_in_any_zone(rhythm, every, weekdays, count, first, zone) -> None:
    first = first.replace(second=0, microsecond=0)
    dates = occurrences(Repeat(rhythm, every, weekdays, count=count), first, zone)
    assert len(dates) == count
    instants = [resolve(each.wall_time, zone, 0) for each in dates]
    assert instants == sorted(set(instants))
    for each, instant in zip(dates, instants, strict=True):
        assert wall_time_of(instant, zone) == each.wall_time
        wanted = each.skipped or each.wall_time
        assert wanted > first
        assert wanted.time() == first.time()
        assert each.skipped is None or timedelta() < each.wall_time - each.skipped <= timedelta(days=1)
        if rhythm is Rhythm.WEEKS:
            assert wanted.weekday() in (weekdays or {first.weekday()})
        if rhythm is Rhythm.MONTHS:
            last = (wanted.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            assert wanted.day == min(first.day, last.day)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_skipped_time_moves_on_and_a_doubled_one_is_the_first() -> None:
    spring = occurrences(Repeat(Rhythm.DAYS, count=2), at("2027-03-27 02:30"), "Europe/Paris")
    assert spring[0] == (at("2027-03-28 03:00"), at("2027-03-28 02:30"))
    assert spring[1] == (at("2027-03-29 02:30"), None)
    (autumn,) = occurrences(Repeat(Rhythm.DAYS, count=1), at("2027-10-30 02:30"), "Europe/Paris")
    assert resolve(autumn.wall_time, "Europe/Paris", 0) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("repeat", "field"),
    [
        (Repeat(Rhythm.DAYS, every=0, count=1), "every"),
        (Repeat(Rhythm.DAYS, every=367, count=1), "every"),
        (Repeat(Rhythm.DAYS), "count"),
        (Repeat(Rhythm.DAYS, count=0), "count"),
        (Repeat(Rhythm.DAYS, count=61), "count"),
        (Repeat(Rhythm.DAYS, until=date(2027, 1, 1)), "until"),
        (Repeat(Rhythm.DAYS, until=date(9999, 12, 31)), "until"),
    ],
)
def test_a_rhythm_that_is_none_is_refused(repeat: Repeat, field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        occurrences(repeat, at("2027-03-01 10:00"), "Europe/Paris")
    assert refused.value.field == field


def form(**more: object) -> dict[str, object]:
    return {"every": "1", "rhythm": "weeks", "count": "3", "until": "", **more}


def contents(desk: Desk) -> list[Content]:
    with desk.session() as session:
        return list(session.scalars(select(Content).order_by(Content.scheduled_at)))


def test_the_dates_are_shown_then_written_with_texts_and_images_then_undone(desk: Desk) -> None:
    media_id, _digest = desk.picture(picture())
    with desk.session() as session:
        second = Channel(brand_id=desk.world.brand_id, kind="newsroom", name="Autre salle")
        session.add(second)
        session.flush()
        second_id = second.id
    content_id = desk.write(
        channel_ids=(desk.world.newsroom_id, second_id), texts=((second_id, "Autrement."),), pillar="Saison",
        pictures=((media_id, "Une place"),),
    )  # fmt: skip
    path = f"/contents/{content_id}/repetition"
    assert desk.get("cm", path).status_code == 200
    shown = desk.post("cm", path, form(action="preview"))
    assert shown.status_code == 200
    assert shown.text.count("<li>") >= 3
    assert len(contents(desk)) == 1
    assert desk.post("cm", path, form(action="create")).status_code == 303
    first, *others = contents(desk)
    assert [each.wall_time - first.wall_time for each in others] == [timedelta(weeks=n) for n in (1, 2, 3)]
    with desk.session() as session:
        for each in others:
            assert (each.title, each.state, each.pillar) == (first.title, "draft", "Saison")
            assert own_texts(session, each) == {second_id: "Autrement."}
            assert [placed.alt for placed in pictures_of(session, each)] == ["Une place"]
    actor = desk.actor("cm")
    with desk.session() as session:
        writing.edit(session, actor, others[1].id, desk.draft(title="Touché", wall_time=others[1].wall_time), None)
    assert desk.post("cm", f"{path}/undo").status_code == 303
    assert [each.state for each in contents(desk)] == ["draft", "cancelled", "draft", "cancelled"]


def test_nothing_is_written_when_one_date_is_refused(desk: Desk) -> None:
    content_id = desk.write(wall_time=days_ahead())
    answer = desk.post(
        "cm", f"/contents/{content_id}/repetition", form(rhythm="months", every="12", count="9", action="create")
    )
    assert answer.status_code == 422
    assert 'value="9"' in answer.text
    assert len(contents(desk)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"every": "x"}, {"every": "-1"}, {"every": "99999999999"}, {"rhythm": "years"}, {"until": "2027-99-99"},
        {"count": "61"}, {"count": ""}, {"count": "٣"},
    ],
)  # fmt: skip
def test_bad_input_is_said_on_the_form(desk: Desk, more: dict[str, object]) -> None:
    content_id = desk.write()
    for action in ("preview", "create"):
        assert desk.post("cm", f"/contents/{content_id}/repetition", form(action=action, **more)).status_code == 422
    assert len(contents(desk)) == 1


def test_what_is_no_dated_draft_is_not_repeated(desk: Desk) -> None:
    for content_id in (desk.write(wall_time=None), desk.in_state("in_review")):
        answer = desk.post("cm", f"/contents/{content_id}/repetition", form(action="create"))
        assert answer.status_code == 422
    assert desk.post("cm", f"/contents/{uuid.uuid4()}/repetition", form()).status_code == 404
    assert desk.post("cm", f"/contents/{content_id}/repetition/undo").status_code == 303


def test_sixty_take_as_many_statements_as_two(desk: Desk) -> None:
    actor, media = desk.actor("cm"), desk.picture(picture())[0]
    counts = []
    for count in (2, MOST):
        content_id = desk.write(pictures=((media, "Une place"),))
        with desk.session() as session, recorded(desk.runtime) as seen:
            repeat_draft(session, actor, content_id, Repeat(Rhythm.DAYS, count=count))
            counts.append(len(seen))
    assert counts[0] == counts[1]
