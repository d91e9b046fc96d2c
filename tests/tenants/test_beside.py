"""Rows beside the unit of work: the same rows, the same guard and the same announcement, in their order, and never half."""

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as tries
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import delete, func, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from support.desk import Desk
from support.estate import build_estate
from support.statements import recorded
from support.world import World

from tenants.base import Base, TenantOwned
from tenants.brands import Brand
from tenants.engines import make_engine
from tenants.errors import ForeignRowError
from tenants.session import Database, TenantSession
from tenants.wire import Command, Question
from unisson import announcing, tables  # noqa: F401 - every table
from unisson.announcing import Change
from unisson.config import Settings
from unisson.editorial.models import Content
from unisson.hooks.models import Hook
from unisson.runtime import Runtime

MODELS: list[Any] = sorted(
    (each.class_ for each in Base.registry.mappers if issubclass(each.class_, TenantOwned)),
    key=lambda model: model.__tablename__,
)


class Heard:
    """What carries announcements nowhere."""

    def announce(self, agency_id: uuid.UUID, change: Change) -> None:
        """Say nothing."""


@pytest.fixture
def freely(settings: Settings) -> Iterator[Database]:
    """A database whose sessions are held to no other row: no foreign key, no trigger."""
    engine = make_engine(settings.database_url, pool_size=1)
    yield Database(engine, {"announcer": Heard()})
    engine.dispose()


def a_brand(name: str) -> Brand:
    return Brand(slug=f"b-{name}", name=name, sector="food", timezone="UTC", language="fr", accent="ink")


def names(session: TenantSession) -> set[str]:
    return set(session.scalars(select(Brand.name)))


def a_row_of(session: TenantSession, model: Any) -> dict[str, Any] | None:
    """The values of one row of the agency, but for what the database works out; None for a table without any."""
    # A superuser sees past row security.
    row = session.scalars(select(model).where(model.agency_id == session.agency_id).limit(1)).one_or_none()
    if row is None:
        return None
    columns = [each for each in inspect(model).column_attrs if each.columns[0].computed is None]
    values = {each.key: getattr(row, each.key) for each in columns}
    session.expunge_all()
    return values


def written(session: TenantSession, row: TenantOwned, *, beside: bool) -> tuple[dict[str, Any], str]:
    """Write a row that is not there; return it as the database has it, and what would be announced of it."""
    model: Any = type(row)
    session.info.pop("change", None)
    if beside:
        session.add_rows(row)
    else:
        session.add(row)
    session.flush()
    change: Change | None = session.info.pop("change", None)
    key, table = row.id, model.__table__
    session.expunge_all()
    found = session.execute(
        text(f"select to_jsonb(t) from {table.fullname} t where id = :id"), {"id": key}
    ).scalar_one()
    session.execute(delete(model).where(model.id == key).execution_options(synchronize_session=False))
    session.info.pop("change", None)
    return found, change.said() if change else ""


def test_every_row_reads_the_same_and_is_announced_the_same_whichever_way_it_is_written(
    freely: Database, runtime: Runtime, worker: Runtime
) -> None:
    world = build_estate(runtime, worker, "CANARI").world
    covered = []
    with freely.open_agency(world.agency_id) as session:
        session.execute(text("set local session_replication_role = replica"))
        for model in MODELS:
            values = a_row_of(session, model)
            if values is None:
                continue
            covered.append(model)
            session.execute(delete(model).where(model.id == values["id"]))
            there = {name: value for name, value in values.items() if value is not None}
            required = {name: value for name, value in there.items() if not has_default(model, name)}
            for given, but in ((values, set()), (there, set()), ({**required, "id": values["id"]}, volatile(model))):
                within, beside = (written(session, model(**given), beside=way) for way in (False, True))
                for name in but:
                    within[0].pop(name), beside[0].pop(name)
                assert within == beside, model
        session.rollback()
    assert len(covered) > len(MODELS) / 2
    of_all = announcing.OF_BRANDS | announcing.OF_THE_AGENCY | announcing.OF_MEMBERS | announcing.OF_ONE
    assert of_all <= {model.__tablename__ for model in covered}


def has_default(model: Any, name: str) -> bool:
    column = inspect(model).column_attrs[name].columns[0]
    return column.server_default is not None or column.default is not None


def volatile(model: Any) -> set[str]:
    """The columns that the database fills otherwise each time."""
    filled = [each for each in model.__table__.columns if each.server_default is not None and each.computed is None]
    return {each.name for each in filled if "(" in str(getattr(each.server_default, "arg", ""))}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__tablename__)
@pytest.mark.parametrize("beside", [False, True], ids=["within", "beside"])
def test_a_row_of_another_agency_is_refused_whichever_way(runtime: Runtime, model: Any, beside: bool) -> None:
    here, there = uuid.UUID(int=1), uuid.UUID(int=2)
    with runtime.database.open_agency(here) as session:
        row = model(agency_id=there)
        if beside:
            session.add_rows(row)
        else:
            session.add(row)
        with pytest.raises(ForeignRowError):
            session.flush()


def test_a_change_of_another_agencys_row_is_refused(runtime: Runtime, new_world) -> None:
    here, there = new_world(), new_world()
    with runtime.database.agency(there.agency_id) as session:
        theirs = session.get_one(Brand, (there.agency_id, there.brand_id))
    with runtime.database.open_agency(here.agency_id) as session:
        session.change(theirs, name="stolen")
        with pytest.raises(ForeignRowError):
            session.flush()


def test_all_is_written_in_its_order_in_one_exchange_and_a_row_once(runtime: Runtime, world: World) -> None:
    rename = Command(text("update app.brands set name = name || '!' where slug = :slug returning name"))
    heard: list[str] = []
    with recorded(runtime) as seen, runtime.database.agency(world.agency_id) as session:
        brand = session.get_one(Brand, (world.agency_id, world.brand_id))
        fresh = a_brand("fresh")
        session.add_rows(fresh)
        session.change(fresh, name="fresher")
        session.change(brand, name="one")
        session.carry_out_later(rename, {"slug": "b-fresh"}, heard.extend)
        session.change(brand, accent="coral")
        assert session.awaits(Brand)
        assert heard == []
    assert heard == ["fresher!"]
    assert [each.split()[0].lower() for each in seen] == ["select", "insert", "update", "update"]
    with runtime.database.agency(world.agency_id) as session:
        brand = session.get_one(Brand, (world.agency_id, world.brand_id))
        assert (brand.name, brand.accent) == ("one", "coral")
        assert "fresher!" in names(session)


def test_what_the_database_sets_is_read_anew_after_a_change(desk: Desk, runtime: Runtime) -> None:
    content_id = desk.write()
    with runtime.database.agency(desk.world.agency_id) as session:
        content = session.get_one(Content, (desk.world.agency_id, content_id))
        before = content.version
        session.change(content, title="Otherwise")
        assert (content.title, content.version) == ("Otherwise", before)
        session.flush()
        assert content.version == before + 1


@pytest.mark.parametrize("is_flushed", [False, True])
def test_what_is_rolled_back_is_not_written_later(runtime: Runtime, world: World, is_flushed: bool) -> None:
    with runtime.database.open_agency(world.agency_id) as session:
        brand = session.get_one(Brand, (world.agency_id, world.brand_id))
        session.add_rows(a_brand("before"))
        with session.begin_nested() as savepoint:
            session.add_rows(a_brand("within"))
            session.change(brand, name="Never kept")
            if is_flushed:
                session.flush()
            savepoint.rollback()
        assert brand.name == "Marque"
        session.commit()
        session.add_rows(a_brand("gone"))
        session.rollback()
        session.commit()
        session.add_rows(a_brand("let go"))
        session.expunge_all()
        session.commit()
        assert {"before", "within", "gone", "let go"} & names(session) == {"before"}


def test_a_row_that_is_gone_is_not_changed_in_silence(runtime: Runtime, world: World) -> None:
    with runtime.database.agency(world.agency_id) as session:
        session.add(a_hook(world))
    with runtime.database.open_agency(world.agency_id) as session:
        hook = session.scalars(select(Hook)).one()
        with runtime.database.agency(world.agency_id) as other:
            other.execute(delete(Hook))
        session.change(hook, name="Otherwise")
        with pytest.raises(StaleDataError):
            session.commit()


def a_hook(world: World) -> Hook:
    return Hook(
        room="slack", name="Une pièce", host="example.org", sealed=b"x", events=[],
        created_by=world.people["owner"].membership_id,
    )  # fmt: skip


def _same_twice(runtime: Runtime, world: World) -> None:
    with runtime.database.agency(world.agency_id) as session:
        session.add_rows(a_brand("a"), a_brand("twice"), a_brand("twice"), a_brand("b"))


def test_a_fault_within_the_exchange_is_one_that_callers_know_and_nothing_is_kept(
    runtime: Runtime, world: World
) -> None:
    for _time in range(3):
        with pytest.raises(IntegrityError, match="slug"):
            _same_twice(runtime, world)
    with runtime.database.agency(world.agency_id) as session:
        assert names(session) == {"Marque", "Autre marque"}


def test_sql_is_no_value(runtime: Runtime, world: World) -> None:
    with runtime.database.open_agency(world.agency_id) as session:
        brand = a_brand("x")
        brand.name = func.lower("X")
        session.add_rows(brand)
        with pytest.raises(TypeError, match="unit of work"):
            session.flush()


def test_values_are_written_as_postgresql_reads_them(runtime: Runtime, world: World) -> None:
    told = ['a,b "c"', "{}", "\\", "", "NULL", "L’été"]
    asked = Question(select(func.json_build_array(text("cast(:told as text[])"))))
    with runtime.database.agency(world.agency_id) as session:
        assert session.ask(asked, {"told": told}) == [told]


def test_what_is_foreseen_is_told_once_and_a_fault_of_it_is_raised(runtime: Runtime, world: World) -> None:
    count = Question(select(func.json_build_array(func.count())).select_from(Brand))
    broken = Question(select(func.json_build_array(text("1/0"))))
    with runtime.database.open_agency(world.agency_id) as session:
        session.foresee([(count, {}), (count, {})])
        with recorded(runtime) as seen:
            assert session.ask(count, {}) == [2]
            assert seen == []
            assert session.ask(count, {}) == [2]
            assert len(seen) == 1
        for name, way in (("third", session.add), ("fourth", session.add_rows)):
            session.foresee([(count, {})])
            way(a_brand(name))
            session.flush()
        assert session.ask(count, {}) == [4]
        with pytest.raises(DBAPIError, match="division"):
            session.foresee([(count, {}), (broken, {})])
        session.rollback()
        assert session.ask(count, {}) == [2]


class Ways(RuleBasedStateMachine):
    """Any sequence of writing in both ways, of flushing and of turning back ends as if there were one way."""

    runtime: ClassVar[Runtime]
    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.session = self.runtime.database.open_agency(self.world.agency_id)
        self.known: dict[str, str] = {}
        self.rows: dict[str, Brand] = {}
        self.turn = 0

    @rule(beside=st.booleans())
    def add(self, beside: bool) -> None:
        self.turn += 1
        row = a_brand(str(self.turn))
        if beside:
            self.session.add_rows(row)
        else:
            self.session.add(row)
        self.rows[row.slug], self.known[row.slug] = row, row.name

    @rule(data=st.data(), beside=st.booleans())
    def rename(self, data: st.DataObject, beside: bool) -> None:
        if not self.rows:
            return
        row = data.draw(st.sampled_from(list(self.rows.values())), label="row")
        self.turn += 1
        if beside or row not in self.session:
            self.session.change(row, name=f"n{self.turn}")
        else:
            row.name = f"n{self.turn}"
        self.known[row.slug] = f"n{self.turn}"

    @rule()
    def flush(self) -> None:
        self.session.flush()

    @rule()
    def look(self) -> None:
        """A query of the unit of work sees everything that was written before it."""
        self.check()

    @rule(is_flushed=st.booleans())
    def turn_back(self, is_flushed: bool) -> None:
        savepoint = self.session.begin_nested()
        within = [each for each in self.rows.values() if each in self.session]
        for row in within[:2]:
            self.session.change(row, name="never")
        self.session.add_rows(a_brand("never"))
        if is_flushed:
            self.session.flush()
        savepoint.rollback()
        assert {row.slug: row.name for row in within}.items() <= self.known.items()

    def check(self) -> None:
        found = self.session.execute(select(Brand.slug, Brand.name).where(Brand.slug.like("b-%")))
        assert {row.slug: row.name for row in found} == self.known

    def teardown(self) -> None:
        try:
            self.check()
        finally:
            self.session.close()


def test_both_ways_are_one(runtime: Runtime, world: World) -> None:
    Ways.runtime, Ways.world = runtime, world
    wanted = tries(
        max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(Ways, settings=wanted)
