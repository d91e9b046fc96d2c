"""What is asked again goes by connections that nobody else has, and that carry nothing from one question to the next."""

import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Text, bindparam, cast, func, select, text
from sqlalchemy.exc import DBAPIError
from support.world import build_world

from tenants.brands import Brand
from tenants.engines import make_engine
from tenants.session import Database
from tenants.wire import Question, Reminder
from unisson.config import Settings
from unisson.runtime import Runtime

THREADS, ROUNDS, CONNECTIONS = 8, 150, 4

_AGENCIES = Question(select(func.json_agg(Brand.agency_id.distinct())))
_ECHO = Question(select(func.json_build_array(cast(bindparam("said"), Text), cast(bindparam("more"), Text))))
_BROKEN = Question(select(func.json_build_array(1 / func.length(bindparam("empty")))))
_BACKEND = Question(select(func.json_build_array(func.pg_backend_pid())))
_SET = Question(select(func.to_json(func.set_config("app.agency_id", cast(bindparam("agency"), Text), True))))


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    engine = make_engine(settings.database_web_url, pool_size=CONNECTIONS)
    yield Database(engine)
    engine.dispose()


def _reminder(question: Question, **values: str) -> Reminder:
    return Reminder(question, question.written(values), b"")


def _backend(database: Database) -> int:
    answer = database.ask_again(uuid.uuid4(), [_reminder(_BACKEND)])[0]
    return int((answer or b"[0]")[1:-1])


def test_several_questions_are_one_statement_and_keep_their_values_apart(database: Database, runtime: Runtime) -> None:
    here = build_world(runtime).agency_id
    asked = [
        _reminder(_ECHO, said="$1 d’abord", more="{$2}"),
        _reminder(_AGENCIES),
        *[_reminder(_ECHO, said=f"“{number}\\", more="'") for number in range(9)],
        _reminder(_AGENCIES),
    ]
    mine = f'["{here}"]'.encode()
    echoed = [f'["“{number}\\\\", "\'"]'.encode() for number in range(9)]
    for _time in range(2):
        answers = database.ask_again(here, asked)
        assert answers == ['["$1 d’abord", "{$2}"]'.encode(), mine, *echoed, mine]
    assert database.ask_again(uuid.uuid4(), asked[1:2]) == [None]


def test_whatever_goes_on_beside_it_each_question_is_answered_in_its_agency(
    database: Database, runtime: Runtime
) -> None:
    agencies = [build_world(runtime).agency_id for _ in range(4)]
    wrong: list[object] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            mine, other = dice.sample(agencies, 2)
            try:
                answers = database.ask_again(mine, [_reminder(_AGENCIES), _reminder(_AGENCIES)])
                wrong.extend(set(answers) - {f'["{mine}"]'.encode()})
                _stumble(database, mine, other, dice)
            except (DBAPIError, psycopg.Error, ZeroDivisionError):
                continue

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.2)
        with suppress(psycopg.Error, ProcessLookupError):
            os.kill(_backend(database), signal.SIGTERM)
    assert wrong == []
    with database.everywhere() as session:
        assert session.execute(text("select app.agency(), current_setting('plan_cache_mode')")).one() == (None, "auto")
    assert database.ask_again(agencies[0], [_reminder(_AGENCIES)]) == [f'["{agencies[0]}"]'.encode()]


def _stumble(database: Database, mine: uuid.UUID, other: uuid.UUID, dice: random.Random) -> None:
    """Use the pool's connections as requests do, or fail in the midst of a question."""
    match dice.randrange(5):
        case 0:
            database.ask_again(mine, [_reminder(_AGENCIES), _reminder(_BROKEN, empty="")])
        case 1:
            database.ask_again(mine, [_reminder(_SET, agency=str(other))])
        case 2:
            with database.agency(other) as session:
                session.execute(text("set plan_cache_mode = force_custom_plan"))
                session.execute(text(f"set app.agency_id = '{other}'"))
                raise ZeroDivisionError
        case 3:
            with database.agency(other) as session:
                session.execute(text("select 1/0"))
        case _:
            pass


def test_a_backend_that_ended_meanwhile_is_found_out_by_asking(database: Database) -> None:
    before = _backend(database)
    assert _backend(database) == before
    os.kill(before, signal.SIGTERM)
    while Path(f"/proc/{before}").exists():
        time.sleep(0.01)
    after = _backend(database)
    assert after not in {0, before}
    assert _backend(database) == after


def test_what_is_at_hand_is_closed_with_its_engine(database: Database) -> None:
    before = _backend(database)
    database.engine.dispose()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{before}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert _backend(database) != before


def test_a_child_leaves_what_its_parent_has_at_hand(database: Database) -> None:
    before = _backend(database)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            database.engine.dispose(close=False)
            os.write(writing, str(_backend(database)).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reading, 20)) not in {0, before}
    assert _backend(database) == before


def test_sessions_find_connections_beside_those_at_hand(database: Database) -> None:
    slow = Question(select(func.to_json(cast(func.pg_sleep(0.5), Text))))
    asking = [
        threading.Thread(target=database.ask_again, args=(uuid.uuid4(), [_reminder(slow)]))
        for _ in range(2 * CONNECTIONS)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    sessions = [database.open_global() for _ in range(CONNECTIONS + CONNECTIONS // 2)]
    for session in sessions:
        assert session.scalar(text("select 1")) == 1
    for session in sessions:
        session.close()
