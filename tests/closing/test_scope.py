"""What belongs to a brand is read from the tables' own keys: a new table is exported and deleted like the others."""

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tenants.isolation import ERASER
from unisson import tables
from unisson.closing.scope import LAST, POINTERS, ROOT, held


def test_what_refers_to_another_comes_before_it():
    order = [each.table.name for each in held()]
    assert order[-1] == ROOT
    assert set(order[-2:-1]) == LAST
    assert len(set(order)) == len(order)
    for table in order:
        for key in next(t for t in tables.metadata.tables.values() if t.name == table).foreign_key_constraints:
            parent = key.referred_table.name
            if parent in order and parent != table and key.name != "fk_contents_revision":
                assert order.index(table) < order.index(parent), (table, parent)


def test_every_table_that_names_a_brand_is_in_it():
    named = {t.name for t in tables.metadata.tables.values() if "brand_id" in t.c}
    # The trail stays; it names brands without a key.
    assert named - {each.table.name for each in held()} == {"events"}


def test_whatever_else_points_at_a_brand_is_known():
    ours = {each.table.name for each in held()}
    outside = {
        table.name: tuple(column for column in POINTERS.get(table.name, ()) if column in table.c)
        for table in tables.metadata.tables.values()
        if table.name not in ours and any(key.referred_table.name in ours for key in table.foreign_key_constraints)
    }
    assert outside == POINTERS


def test_the_eraser_may_delete_them_and_nobody_signs_in_as_it(settings):
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        may = set(
            connection.execute(
                text(
                    "select table_name from information_schema.role_table_grants"
                    " where table_schema = 'app' and grantee = :r and privilege_type = 'DELETE'"
                ),
                {"r": ERASER},
            ).scalars()
        )
        login = connection.execute(
            text("select rolcanlogin or rolsuper or rolbypassrls from pg_roles where rolname = :r"), {"r": ERASER}
        ).scalar_one()
    engine.dispose()
    assert {each.table.name for each in held()} <= may
    assert may.isdisjoint({"events", "seals", "memberships", "agencies", "identities"})
    assert login is False
