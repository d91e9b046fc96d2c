"""Marks: which transaction changed what stands on the pages that are kept, and of which brand and content.

Written by triggers, once a statement for all of its rows; `docs/decisions/marks.md` says why.
"""

from alembic import op

from tenants.isolation import ERASER, protect

revision = "20261130_marks"
down_revision = "20261130_kinds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(protect("marks", web="select, insert", worker="select, insert, delete"))
    op.execute(f"grant insert on app.marks to {ERASER}")
    for statement in (*FUNCTIONS, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    """Triggers, functions, table: nothing else knows of them."""
    for table in TABLES:
        for event in EVENTS:
            op.execute(f"drop trigger mark_{event} on app.{table}")
    for name in WHAT:
        op.execute(f"drop function app.mark_{name}()")
    op.execute("drop table app.marks")


NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
MOST = 50
"""Contents that one statement marks one by one; of more, their brand is marked as a whole."""

# xid8 and its comparisons are leakproof: an index under a policy may be searched by them. `horizon` is below every
# transaction that was under way as the mark was made: what is older than that had ended by `at`.
TABLE = """
create table app.marks (
  agency_id uuid not null, of_brand uuid not null, xact xid8 not null default pg_current_xact_id(),
  of_content uuid not null, horizon xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
  at timestamptz not null default clock_timestamp(),
  constraint pk_marks primary key (agency_id, of_brand, xact, of_content));
create index ix_marks_agency_id_at on app.marks (agency_id, at);
"""

WHAT = {
    "agency": (NOBODY, NOBODY),
    "brand": ("r.brand_id", NOBODY),
    "content": (
        "r.brand_id",
        f"case when count(*) over (partition by r.brand_id) > {MOST} then {NOBODY} else r.id end",
    ),
    "part": (NOBODY, f"case when count(*) over () > {MOST} then {NOBODY} else r.content_id end"),
}
"""What a row of a table stands for: all of the agency, a brand, a content, a part of a content."""

EVENTS = {
    "insert": "referencing new table as fresh",
    "update": "referencing new table as fresh old table as stale",
    "delete": "referencing old table as stale",
}
TABLES = {
    "agencies": "agency", "memberships": "agency", "brand_assignments": "agency", "brands": "agency",
    "absences": "agency", "channels": "brand", "brand_slots": "brand", "topics": "brand", "topic_dates": "brand",
    "black_outs": "brand", "calendar_notes": "brand", "contents": "content", "variants": "part",
}  # fmt: skip


def _function(name: str, brand: str, content: str) -> str:
    """Return a trigger's function: it writes down what a statement changed, unless its transaction did before."""
    ways = {
        "INSERT": "fresh",
        "DELETE": "stale",
        "UPDATE": "(select * from fresh union all select * from stale)",
    }
    marked = "".join(
        f"""
  if tg_op = '{event}' then
    insert into app.marks (agency_id, of_brand, of_content)
      select distinct r.agency_id, {brand}, {content} from {rows} r on conflict do nothing;
  end if;"""
        for event, rows in ways.items()
    )
    return f"""
create function app.mark_{name}() returns trigger language plpgsql as $$
begin{marked}
  return null;
end $$"""


FUNCTIONS = [_function(name, *what) for name, what in WHAT.items()]
TRIGGERS = [
    f"create trigger mark_{event} after {event} on app.{table} {seen}"
    f" for each statement execute function app.mark_{what}()"
    for table, what in TABLES.items()
    for event, seen in EVENTS.items()
]
