"""The short way to PostgreSQL fails as the long one does, and outlives the server."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Integer, Text, bindparam, cast, func, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from support.world import World

from tenants.brands import Brand
from tenants.engines import make_engine
from tenants.session import Database
from tenants.wire import Answered, Command, Question, Reminder
from unisson.config import Settings

_NAMES = select(func.json_agg(Brand.name)).where(Brand.slug == bindparam("slug"))
_BROKEN = select(func.json_build_array(1 / func.length(bindparam("empty"))))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A pool of one connection, so that each session gets the one before it used."""
    engine = make_engine(settings.database_web_url, pool_size=1)
    yield Database(engine)
    engine.dispose()


def _backend(database: Database) -> int:
    with database.everywhere() as session:
        return session.execute(text("select pg_backend_pid()")).scalar_one()


def says_the_same(database: Database, world: World, reminders: list[Reminder]) -> bool:
    answers = database.ask_again(world.agency_id, reminders)
    return all(reminder.is_answered_by(answer) for reminder, answer in zip(reminders, answers, strict=True))


def test_a_question_is_answered_within_the_agency(database: Database, new_world) -> None:
    here, there = new_world(), new_world()
    question = Question(_NAMES)
    for world in (here, there, here):
        with database.agency(world.agency_id) as session:
            assert session.ask(question, {"slug": world.brand_slug}) == ["Marque"]
            assert session.ask(question, {"slug": "x' or true --"}) is None


def test_what_was_asked_is_asked_again_in_one_exchange_within_the_agency(database: Database, new_world) -> None:
    here, there = new_world(), new_world()
    names = Question(_NAMES)
    with database.agency(here.agency_id) as session:
        session.ask(names, {"slug": here.brand_slug})
        session.ask(names, {"slug": "nobody's"})
        reminders = [answered.again() for answered in session.asked]
    assert len(reminders) == 2
    for _time in range(3):
        assert says_the_same(database, here, reminders)
    with database.everywhere() as session:
        assert session.execute(text("select app.agency(), current_setting('plan_cache_mode')")).one() == (None, "auto")
    with database.agency(there.agency_id) as session:
        session.execute(update(Brand).values(name="Ailleurs"))
    assert not says_the_same(database, there, reminders)
    with database.agency(here.agency_id) as session:
        session.execute(update(Brand).values(name="Autre"))
    assert not says_the_same(database, here, reminders)


def test_what_was_just_answered_is_told_to_who_asks_first_and_the_database_to_the_next(
    database: Database, world: World
) -> None:
    names = Question(_NAMES)
    with database.agency(world.agency_id) as session:
        session.ask(names, {"slug": world.brand_slug})
        reminders = [answered.again() for answered in session.asked]
    answers = database.ask_again(world.agency_id, reminders)
    with database.agency(world.agency_id) as session:
        session.hear(reminders, answers)
        session.execute(update(Brand).where(Brand.slug == world.brand_slug).values(name="Autre"))
        assert session.ask(names, {"slug": "nobody's"}) is None
        assert session.ask(names, {"slug": world.brand_slug}) == ["Marque"]
        assert session.ask(names, {"slug": world.brand_slug}) == ["Autre"]
        assert [each.answer for each in session.asked][1:] == [b'["Marque"]', b'["Autre"]']


def test_a_command_writes_within_the_agency_and_tells_what_it_touched(database: Database, new_world) -> None:
    here, there = new_world(), new_world()
    rename = Command(
        update(Brand).where(Brand.slug == bindparam("slug")).values(name=bindparam("name")).returning(Brand.name)
    )
    with database.agency(here.agency_id) as session:
        assert session.carry_out(rename, {"slug": there.brand_slug + "x' or true --", "name": "lost"}) == []
        assert session.carry_out(rename, {"slug": here.brand_slug, "name": "L’été <b>"}) == ["L’été <b>"]
    for world, name in ((here, "L’été <b>"), (there, "Marque")):
        with database.agency(world.agency_id) as session:
            assert session.scalars(select(Brand.name).where(Brand.slug == world.brand_slug)).one() == name
    with pytest.raises(DBAPIError), database.agency(here.agency_id) as session:
        session.carry_out(rename, {"slug": here.brand_slug, "name": None})
    with database.agency(here.agency_id) as session:
        assert session.scalars(select(Brand.name).where(Brand.slug == here.brand_slug)).one() == "L’été <b>"


def test_what_cannot_be_asked_again_raises_and_leaves_the_connection_fit(database: Database, world: World) -> None:
    broken = Answered(Question(_BROKEN), {"empty": ""}, None).again()
    with pytest.raises(psycopg.errors.DivisionByZero):
        database.ask_again(world.agency_id, [broken])
    assert database.ask_again(world.agency_id, []) == []
    _end(_backend(database))
    assert database.ask_again(world.agency_id, []) == []


def test_a_server_that_goes_away_in_the_middle_of_the_exchange_is_no_endless_wait(
    database: Database, settings: Settings, world: World
) -> None:
    slow = select(func.to_json(cast(func.pg_sleep(bindparam("seconds", type_=Integer)), Text)))
    asking = Answered(Question(slow), {"seconds": 600}, None).again()
    backend = _backend(database)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(database.ask_again, world.agency_id, [asking])
        _await_question(settings, backend)
        os.kill(backend, signal.SIGTERM)
        with pytest.raises(psycopg.OperationalError):
            waiting.result(timeout=60)
    assert database.ask_again(world.agency_id, []) == []


def test_what_a_session_set_is_gone_from_the_pool(database: Database, world: World) -> None:
    with database.agency(world.agency_id) as session:
        session.execute(text("set statement_timeout = '7s'"))
        first = session.execute(text("select pg_backend_pid()")).scalar_one()
    with database.everywhere() as session:
        row = session.execute(
            text(
                "select pg_backend_pid(), current_setting('statement_timeout'), app.agency(), now() = clock_timestamp()"
            )
        ).one()
    assert tuple(row) == (first, "0", None, False)


def _write_and_fail(database: Database, world: World) -> None:
    with database.agency(world.agency_id) as session:
        session.execute(text("update app.brands set name = 'lost'"))
        session.ask(Question(_BROKEN), {"empty": ""})


def test_an_error_is_one_that_callers_know_and_rolls_back(database: Database, world: World) -> None:
    with pytest.raises(DBAPIError, match="division by zero"):
        _write_and_fail(database, world)
    with database.agency(world.agency_id) as session:
        assert session.ask(Question(_NAMES), {"slug": world.brand_slug}) == ["Marque"]


def _write_and_lose_the_server(database: Database, world: World) -> None:
    with database.agency(world.agency_id) as session:
        session.execute(text("update app.brands set name = 'lost'"))
        _end(session.execute(text("select pg_backend_pid()")).scalar_one())


def _await_question(settings: Settings, backend: int) -> None:
    """Wait until a backend is at the question that sleeps."""
    asked = "select 1 from pg_stat_activity where pid = %s and wait_event = 'PgSleep'"
    with psycopg.connect(settings.database_url, autocommit=True) as watching:
        while watching.execute(asked, [backend]).fetchone() is None:
            time.sleep(0.02)


def _end(backend: int) -> None:
    os.kill(backend, signal.SIGTERM)
    while Path(f"/proc/{backend}").exists():
        time.sleep(0.01)


def test_a_commit_that_fails_writes_nothing_and_says_so(database: Database, world: World) -> None:
    with pytest.raises(OperationalError):
        _write_and_lose_the_server(database, world)
    with database.agency(world.agency_id) as session:
        assert session.ask(Question(_NAMES), {"slug": world.brand_slug}) == ["Marque"]


def test_a_backend_that_ended_in_the_pool_is_replaced_before_anybody_notices(database: Database, world: World) -> None:
    before = _backend(database)
    _end(before)
    with database.agency(world.agency_id) as session:
        assert session.ask(Question(_NAMES), {"slug": world.brand_slug}) == ["Marque"]
    assert _backend(database) != before


def test_a_question_outlives_what_psycopg_lets_go_of(database: Database, world: World) -> None:
    question = Question(_NAMES)
    for _ in range(3):
        with database.agency(world.agency_id) as session:
            for _ in range(7):
                session.execute(text("select 1"))
            assert session.ask(question, {"slug": world.brand_slug}) == ["Marque"]
            with session.begin_nested() as savepoint:
                savepoint.rollback()
            session.execute(text("select 2"))
            assert session.ask(question, {"slug": world.brand_slug}) == ["Marque"]
