"""Nothing of one agency is seen, changed or guessed from another one."""

import pytest
from sqlalchemy import create_engine, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from support.world import World

from tenants.brands import Brand
from tenants.engines import make_engine, refuse_unsafe_role
from tenants.errors import ForeignRowError, MissingAgencyError, UnsafeRoleError
from tenants.identities import GLOBAL_TABLES
from tenants.isolation import catalog_faults
from tenants.session import TenantSession
from unisson.config import Settings
from unisson.runtime import Runtime


def test_a_session_sees_its_own_agency_only(runtime: Runtime, new_world) -> None:
    here, there = new_world(), new_world()
    with runtime.database.agency(here.agency_id) as session:
        seen = set(session.scalars(select(Brand.id)))
    assert here.brand_id in seen
    assert there.brand_id not in seen


def test_the_catalog_holds_every_rule(settings: Settings) -> None:
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        assert catalog_faults(connection, GLOBAL_TABLES | {"alembic_version"}) == {}
    engine.dispose()


def test_without_an_agency_there_is_no_sql(runtime: Runtime) -> None:
    with TenantSession(runtime.database.engine) as session, pytest.raises(MissingAgencyError):
        session.execute(text("select 1"))


def test_the_global_session_sees_no_tenant_row(runtime: Runtime, world: World) -> None:
    with runtime.database.everywhere() as session:
        assert session.scalars(select(Brand)).all() == []


def test_a_row_of_another_agency_is_refused_at_flush(runtime: Runtime, new_world) -> None:
    here, there = new_world(), new_world()
    with runtime.database.open_agency(here.agency_id) as session:
        brand = Brand(slug="x", name="x", sector="food", timezone="UTC", language="fr", accent="ink")
        brand.agency_id = there.agency_id
        session.add(brand)
        with pytest.raises(ForeignRowError):
            session.flush()


def test_a_foreign_row_is_refused_by_the_database_too(runtime: Runtime, new_world) -> None:
    here, there = new_world(), new_world()
    insert = text(
        "insert into app.brands (agency_id, id, slug, name, sector, timezone, language, accent)"
        " values (:a, gen_random_uuid(), 'x', 'x', 'food', 'UTC', 'fr', 'ink')"
    )
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        runtime.database.agency_connection(here.agency_id) as connection,
    ):
        connection.execute(insert, {"a": there.agency_id})


def test_a_foreign_row_is_never_updated(runtime: Runtime, new_world) -> None:
    here, there = new_world(), new_world()
    with runtime.database.agency(here.agency_id) as session:
        changed = session.execute(update(Brand).where(Brand.id == there.brand_id).values(name="stolen"))
        assert changed.rowcount == 0


def test_a_session_never_changes_agency(runtime: Runtime, new_world) -> None:
    here, there = new_world(), new_world()
    with runtime.database.open_agency(here.agency_id) as session:
        session.execute(text("select 1"))
        session.rollback()
        session.info["agency_id"] = there.agency_id
        with pytest.raises(ForeignRowError):
            session.execute(text("select 1"))


def test_the_owner_may_not_serve(settings: Settings) -> None:
    engine = make_engine(settings.database_url)
    with pytest.raises(UnsafeRoleError):
        refuse_unsafe_role(engine)
    engine.dispose()


def test_the_agency_does_not_survive_in_the_pool(runtime: Runtime, world: World) -> None:
    with runtime.database.agency(world.agency_id) as session:
        session.execute(text("select set_config('app.agency_id', :a, false)"), {"a": str(world.agency_id)})
    for _ in range(20):
        with runtime.database.engine.connect() as connection:
            assert connection.execute(text("select app.agency()")).scalar() is None
