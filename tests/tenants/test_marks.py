"""Marks tell of every change to whoever did not see it, however transactions overtake each other."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from support.world import World

from tenants import marks
from tenants.base import new_id
from tenants.marks import NOBODY, Moment, changed_since, nothing_since, now
from unisson.config import Settings
from unisson.runtime import Runtime

Writer = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def writer(settings: Settings) -> Iterator[Writer]:
    """Somebody with all rights, whose transactions last as long as a test wishes."""
    with psycopg.connect(settings.database_url) as connection:
        yield connection


def _look(runtime: Runtime, world: World, *brands: uuid.UUID) -> Moment:
    with runtime.database.agency(world.agency_id) as session:
        return now(session)


def _since(runtime: Runtime, world: World, moment: Moment, *brands: uuid.UUID) -> list[str] | None:
    with runtime.database.agency(world.agency_id) as session:
        since = changed_since(session, moment, brands or [world.brand_id])
    return list(since.contents) if since else None


def _write(writer: Writer, world: World, brand_id: uuid.UUID | None = None) -> str:
    """Write a content, in the transaction that is open; return its id."""
    content_id, author = new_id(), world.people["cm"].membership_id
    writer.execute(
        "insert into app.contents (agency_id, id, brand_id, author_id, title, zone, channel_kinds)"
        " values (%s, %s, %s, %s, 'Un contenu', 'Europe/Paris', 'newsroom')",
        [world.agency_id, content_id, brand_id or world.brand_id, author],
    )
    return str(content_id)


def test_a_change_is_told_to_who_did_not_see_it_and_to_nobody_else(runtime: Runtime, world: World, writer: Writer):
    before = _look(runtime, world)
    content_id = _write(writer, world)
    during = _look(runtime, world)
    assert _since(runtime, world, before) == _since(runtime, world, during) == []
    writer.commit()
    after = _look(runtime, world)
    assert _since(runtime, world, before) == _since(runtime, world, during) == [content_id]
    assert _since(runtime, world, after) == _since(runtime, world, before, world.sibling_id) == []


def test_what_was_taken_back_is_told_to_nobody(runtime: Runtime, world: World, writer: Writer):
    before = _look(runtime, world)
    _write(writer, world)
    writer.rollback()
    kept = _write(writer, world)
    writer.execute("savepoint s")
    _write(writer, world)
    writer.execute("rollback to savepoint s")
    with writer.transaction():
        inner = _write(writer, world)
    writer.commit()
    assert sorted(_since(runtime, world, before) or ()) == sorted([kept, inner])


def test_one_that_began_earlier_and_ends_later_is_not_lost(
    runtime: Runtime, world: World, writer: Writer, settings: Settings
):
    slow = _write(writer, world)
    with psycopg.connect(settings.database_url) as other:
        quick = _write(other, world)
    seen = _look(runtime, world)
    assert _since(runtime, world, seen) == []
    writer.commit()
    assert _since(runtime, world, seen) == [slow] != [quick]


@pytest.mark.parametrize(
    "change",
    [
        "update app.brands set name = 'Autre nom' where agency_id = %s",
        "update app.agencies set name = 'Autre nom' where agency_id = %s",
        "update app.memberships set name = 'Autre nom' where agency_id = %s",
        "delete from app.brand_assignments where agency_id = %s",
        "update app.channels set name = 'Autre nom' where agency_id = %s",
    ],
)
def test_what_is_no_content_may_be_anything(runtime: Runtime, world: World, writer: Writer, change: str):
    before = _look(runtime, world)
    writer.execute(change, [world.agency_id])
    writer.commit()
    assert _since(runtime, world, before) is None
    assert _since(runtime, world, _look(runtime, world)) == []


def test_what_goes_with_its_content_is_marked_by_whoever_deletes_it(
    runtime: Runtime, worker: Runtime, world: World, writer: Writer
):
    """A foreign key deletes in the name of the tables' owner, whom the policies hold as well."""
    content_id = _write(writer, world)
    written = writer.execute(
        "insert into app.variants (agency_id, id, content_id, channel_id) select %s, %s, %s, id from app.channels"
        " where agency_id = %s limit 1",
        [world.agency_id, new_id(), content_id, world.agency_id],
    )
    writer.commit()
    before = _look(runtime, world)
    with worker.database.agency(world.agency_id) as session:
        session.execute(text("delete from app.contents where id = :id"), {"id": content_id})
    assert written.rowcount == 1
    assert _since(runtime, world, before) == [content_id]


def test_many_at_once_are_marked_as_their_brand(runtime: Runtime, world: World, writer: Writer):
    for _number in range(60):
        _write(writer, world)
    writer.commit()
    before = _look(runtime, world)
    changed = writer.execute("update app.contents set title = 'Autre' where agency_id = %s", [world.agency_id])
    writer.commit()
    assert changed.rowcount == 60
    assert _since(runtime, world, before) is None
    marked = writer.execute("select of_content from app.marks where agency_id = %s and xact in ("
                            " select max(xact) from app.marks where agency_id = %s)", [world.agency_id] * 2)  # fmt: skip
    assert marked.fetchall() == [(NOBODY,)]


def test_another_run_another_table_and_what_is_old_are_unknown(runtime: Runtime, world: World):
    moment = _look(runtime, world)
    assert _since(runtime, world, moment) == []
    started, table = moment.era.split("/")
    for other in (
        moment._replace(era=f"{started}1/{table}"),
        moment._replace(era=f"{started}/{table}1"),
        moment._replace(at="2020-01-01 00:00:00+00"),
    ):
        assert _since(runtime, world, other) is None
        assert not _stands(runtime, world, other)
    assert _stands(runtime, world, moment)


def _stands(runtime: Runtime, world: World, moment: Moment) -> bool:
    reminder = nothing_since(moment, [world.brand_id])
    [answer] = runtime.database.ask_again(world.agency_id, [reminder])
    return reminder.is_answered_by(answer)


def test_marks_of_another_agency_are_not_there(runtime: Runtime, new_world, writer: Writer):
    here, there = new_world(), new_world()
    before = _look(runtime, here)
    _write(writer, there)
    writer.commit()
    assert _since(runtime, here, before, there.brand_id) == []


def test_a_mark_outlives_the_transaction_that_took_hours_to_end(
    runtime: Runtime, worker: Runtime, world: World, writer: Writer
):
    """Marks are deleted by what had ended when others were made, not by when they were written themselves."""
    slow = _write(writer, world)
    aged = "update app.marks set at = at - interval '7 hours' where agency_id = %s"
    writer.execute(aged, [world.agency_id])
    with runtime.database.agency(world.agency_id) as session:
        session.execute(text("update app.brands set name = 'Autre nom'"))
    seen = _look(runtime, world)
    writer.commit()
    writer.execute(aged, [world.agency_id])
    writer.commit()
    with worker.database.agency(world.agency_id) as session:
        marks.prune(session)
    assert _since(runtime, world, seen) == [slow]


def test_what_is_new_is_found_by_the_index_however_many_marks_there_are(runtime: Runtime, world: World, writer: Writer):
    writer.execute(
        "insert into app.marks (agency_id, of_brand, of_content, xact)"
        " select %s, %s, gen_random_uuid(), number::text::xid8 from generate_series(1, 3000) number",
        [world.agency_id, world.brand_id],
    )
    writer.commit()
    writer.execute("analyze app.marks")
    writer.commit()
    moment = _look(runtime, world)
    reminder = nothing_since(moment, [world.brand_id])
    values = ", ".join([f"'{(value or b'').decode()}'" for value in reminder.said])
    with runtime.database.agency(world.agency_id) as session:
        driver = session.connection().connection.driver_connection
        assert driver is not None
        driver.execute("set local plan_cache_mode = force_generic_plan")
        driver.execute(b"prepare since as " + reminder.question.sql)
        plan = "\n".join(row[0] for row in driver.execute(f"explain execute since({values})"))
        driver.execute("deallocate since")
    assert all(part in plan.partition("Index Cond:")[2].partition("\n")[0] for part in ("of_brand", "xact >=")), plan


def test_marks_that_nobody_asks_about_go(worker: Runtime, world: World, writer: Writer):
    counted = "select count(*) from app.marks where agency_id = %s"
    for _number in range(3):
        _write(writer, world)
        writer.execute("update app.marks set at = at - interval '7 hours' where agency_id = %s", [world.agency_id])
        writer.commit()
    before = writer.execute(counted, [world.agency_id]).fetchone()
    with worker.database.agency(world.agency_id) as session:
        marks.prune(session)
    after = writer.execute(counted, [world.agency_id]).fetchone()
    assert before
    assert after == (1,) != before  # the last one stands until another says that it was over


def test_every_table_that_marks_does_so_however_it_is_written(settings: Settings):
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        told = connection.execute(
            text(
                "select tgrelid::regclass::text, array_agg(tgname::text order by tgname) from pg_trigger"
                " where tgname like 'mark\\_%' group by 1"
            )
        ).all()
    engine.dispose()
    assert "app.contents" in {table for table, _names in told}
    assert {tuple(names) for _table, names in told} == {("mark_delete", "mark_insert", "mark_update")}
