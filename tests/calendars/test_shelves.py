# ruff: noqa: DTZ001 - wall times are naive by definition
"""The month brought up to now is the month read anew, whatever happened in between and in which order it ended."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from support.calendar import Desk

from tenants.marks import now
from unisson.calendars.period import Month
from unisson.calendars.reading import TRAY_LIMIT, Scope, Told
from unisson.calendars.shelves import Read, Shelf
from unisson.calendars.writing import Written
from unisson.config import Settings

OCTOBER = datetime(2026, 10, 14, 18, 30)
WRITERS = 3
Writer = psycopg.Connection[tuple[object, ...]]

DO = {
    "retitle": "update app.contents set title = 'Autre ' || clock_timestamp() where id = %s",
    "move": "update app.contents set scheduled_at = scheduled_at + interval '1 day' where id = %s",
    "leave": "update app.contents set scheduled_at = '2027-03-01', wall_time = '2027-03-01' where id = %s",
    "undate": "update app.contents set scheduled_at = null, wall_time = null where id = %s",
    "date": "update app.contents set scheduled_at = '2026-10-20', wall_time = '2026-10-20' where id = %s",
    "cancel": "update app.contents set state = 'cancelled' where id = %s",
}
ENDS = ("commit", "rollback", "savepoint s", "rollback to savepoint s")
STEPS = st.lists(
    st.tuples(st.integers(0, WRITERS - 1), st.sampled_from([*DO, *ENDS, "look"]), st.integers(0, 3)), max_size=24
)


@pytest.fixture
def writers(settings: Settings) -> Iterator[list[Writer]]:
    with ExitStack() as stack:
        yield [stack.enter_context(psycopg.connect(settings.database_url)) for _number in range(WRITERS)]


def _scope(desk: Desk) -> Scope:
    brands = (desk.world.brand_id,)
    return Scope(Month(2026, 10), brands, brands)


def _shelf() -> Shelf:
    return Shelf(_written)


def _written(told: Told) -> Written:
    """Return contents whose markup is all that was read of them, on some days of the month."""
    ids, first = told.ids.split(",") if told.ids else [], date(2026, 10, 1).toordinal()
    days = [0 if at is None else first + at // 86_400 % 28 for at in told.seconds]
    columns = zip(ids, told.seconds, told.states, told.titles, told.lives, told.versions, strict=True)
    return Written(days, [(repr(each).encode(), b";") for each in columns])


def _read(desk: Desk, shelf: Shelf) -> Read:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        return shelf.read(session, _scope(desk), now(session))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_reader_misses_a_change(desk: Desk, writers: list[Writer], steps: list[tuple[int, str, int]]) -> None:
    # Each writer has contents of its own, so that none waits for another.
    theirs = [desk.write_many([(OCTOBER + timedelta(days=n), "Un contenu") for n in range(4)]) for _each in writers]
    shelves = [_shelf(), _shelf()]
    _read(desk, shelves[0])
    desk.write(OCTOBER, "Le premier changement, depuis lequel tout est gardé")
    assert _read(desk, shelves[0]).entries is not None
    has_savepoint = [False] * WRITERS
    for number, what, which in steps:
        if what == "look":
            assert _same(_read(desk, shelves[which % 2]), _read(desk, _shelf()))
        elif what in DO:
            writers[number].execute(DO[what].encode(), [theirs[number][which]])
        elif has_savepoint[number] or not what.startswith("rollback to"):
            writers[number].execute(what.encode())
            has_savepoint[number] = "savepoint" in what
    for each in writers:
        each.commit()
    for shelf in shelves:
        assert _same(_read(desk, shelf), _read(desk, _shelf()))


def _same(one: Read, other: Read) -> bool:
    return (one.placed, one.beside, one.stamp) == (other.placed, other.beside, other.stamp)


def test_what_stood_behind_a_full_tray_comes_in(desk: Desk) -> None:
    drafts = desk.write_many([(None, f"Brouillon {n}") for n in range(TRAY_LIMIT + 5)])
    shelf = _shelf()
    assert len(_read(desk, shelf).placed.tray) == TRAY_LIMIT
    for state, which in (("changes_requested", 0), ("changes_requested", -2), ("cancelled", -1)):
        with desk.runtime.database.agency(desk.world.agency_id) as session:
            session.execute(
                text("update app.contents set state = :state where id = :i"), {"i": drafts[which], "state": state}
            )
        assert _same(_read(desk, shelf), _read(desk, _shelf()))
    desk.write(None, "Le plus récent")
    assert _same(_read(desk, shelf), _read(desk, _shelf()))


def test_contents_of_one_second_stand_in_one_order_however_they_were_read(desk: Desk) -> None:
    first, *_others = desk.write_many([(OCTOBER.replace(microsecond=n), "À la même seconde") for n in (900, 500, 100)])
    shelf = _shelf()
    _read(desk, shelf)
    for number in range(2):
        with desk.runtime.database.agency(desk.world.agency_id) as session:
            session.execute(text("update app.contents set title = :t where id = :i"), {"i": first, "t": f"{number}"})
        assert _same(_read(desk, shelf), _read(desk, _shelf()))


def test_a_beat_that_is_taken_is_read_with_the_content_that_takes_it(desk: Desk) -> None:
    content_id = desk.write(OCTOBER)
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(
            text(
                "insert into app.brand_slots (agency_id, id, brand_id, channel_id, weekday, wall_clock)"
                " select agency_id, gen_random_uuid(), brand_id, id, 2, '09:00' from app.channels limit 1"
            )
        )
    shelf = _shelf()
    assert not _read(desk, shelf).beside.taken
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(
            text(
                "insert into app.variants (agency_id, id, content_id, channel_id)"
                " select agency_id, gen_random_uuid(), :c, id from app.channels limit 1"
            ),
            {"c": content_id},
        )
    assert _read(desk, shelf).beside.taken


OWN = {"identities", "sign_ins", "seats", "directory", "second_factors", "passkeys", "notices"}
"""Of who comes: asked for with each repeat."""

QUERIES = (
    "month=2026-10", "week=2026-W41", "day=2026-10-14", "month=2026-10&clock=mine",
    "month=2026-10&state=draft&kind=post&channel=newsroom&tag=x&q=x&pole=cm&topic={id}&who={id}",
)  # fmt: skip


def test_every_table_that_the_month_reads_marks(
    desk: Desk, settings: Settings, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    content_id = desk.write(OCTOBER)
    with statements() as sent:
        for query in QUERIES:
            assert desk.open(query=query.format(id=content_id)).status_code == 200
    read = {name for each in sent for name in re.findall(r"\bapp\.([a-z_]+)\b(?!\()", each)} - {"marks"}
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        marked = set(
            connection.execute(
                text(
                    "select c.relname from pg_trigger t join pg_class c on c.oid = tgrelid where tgname = 'mark_update'"
                )
            ).scalars()
        )
    engine.dispose()
    assert {"contents", "topics", "absences", "brand_slots"} <= read
    assert read - OWN <= marked


def test_an_old_moment_reads_all_anew(desk: Desk) -> None:
    desk.write(OCTOBER)
    shelf = _shelf()
    first = _read(desk, shelf)
    assert shelf._read is not None
    object.__setattr__(shelf._read, "moment", first.moment._replace(at=str(datetime(2020, 1, 1, tzinfo=UTC))))
    assert _same(_read(desk, shelf), first)
