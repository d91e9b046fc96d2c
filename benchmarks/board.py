"""The board of what waits on whom, among ever more contents."""

from contextlib import ExitStack

import psycopg

from benchmarks.frame import Cluster, Result, Runner, environ, get, interleave, said, web
from benchmarks.load import Probe, fill

SIZES = (10_000, 100_000, 1_000_000)
BRANDS, MONTH, WAITS = 100, 200, 300
"""Of one agency: its brands, the contents of each in the month, and how many of all wait."""

_MORE_BRANDS = """
insert into app.brands (agency_id, id, slug, name, sector, timezone, language, accent)
select %(a)s, uuidv7(), 'autre-' || n, 'Autre ' || n, 'food', 'Europe/Paris', 'fr', 'ocean'
from generate_series(1, %(n)s) n
"""
_MONTH = """
insert into app.contents (agency_id, id, brand_id, author_id, kind, title, body, state, scheduled_at, wall_time, zone,
                          revision_id, stages_done, stages_all, channel_kinds)
select b.agency_id, uuidv7(), b.id, m.id, 'post', 'Contenu ' || n, 'Deux cents caractères.', 'in_review', t.at,
       t.at at time zone 'Europe/Paris', 'Europe/Paris', gen_random_uuid(), 0, 2, 'newsroom'
from app.brands b cross join generate_series(1, %(month)s) n
cross join lateral (select now() + n * interval '3 hours' as at) t
join app.memberships m on m.agency_id = b.agency_id
where b.agency_id = %(a)s
"""
_WAITS = """
with waiting as (
  select c.agency_id, c.id, c.brand_id, c.author_id, uuidv7() as run, uuidv7() as stage, uuidv7() as seat
  from app.contents c where c.agency_id = %(a)s and c.state = 'in_review' order by c.scheduled_at limit %(n)s),
stages as (insert into app.run_stages (agency_id, id, run_id, position, opened_at)
           select agency_id, stage, run, 1, now() from waiting),
seats as (insert into app.run_seats (agency_id, id, run_id, stage_id, position, role)
          select agency_id, seat, run, stage, 1, 'rp' from waiting)
insert into app.waits (agency_id, id, content_id, brand_id, stage_id, seat_id, membership_id, side)
select agency_id, uuidv7(), id, brand_id, stage, seat, author_id, 'rp' from waiting
"""


def measure(cluster: Cluster) -> list[Result]:
    """Return what the board of 100 brands of 200 contents a month costs among ever more contents of other agencies."""
    runners = []
    with ExitStack() as stack:
        for size in SIZES:
            settings = cluster.settings(f"board_{size}")
            admin = stack.enter_context(cluster.admin(f"board_{size}"))
            probe = fill(admin, settings, size)
            _fill_up(admin, probe)
            server = stack.enter_context(web("unisson.app:create_app", environ(cluster, settings.database_url)))
            ask = get(server, f"/{probe.slug}/approvals/board", {"Cookie": probe.cookie})
            runners.append(Runner(f"{size:,}", server, ask, 24))
        costs = interleave(runners, stack.enter_context(cluster.admin()))
    lines = [Result(f"board: among {name} contents", cost.cpu, "ms", note=said(cost)) for name, cost in costs.items()]
    cheapest, dearest = (kind(cost.cpu for cost in costs.values()) for kind in (min, max))
    return [*lines, Result("board: CPU, dearest to cheapest of them", dearest / cheapest, "×", 1.2)]


def _fill_up(admin: psycopg.Connection[tuple[object, ...]], probe: Probe) -> None:
    about = {"a": probe.agency_id, "n": BRANDS - len(probe.brand_ids), "month": MONTH}
    with admin.transaction():
        admin.execute("set local session_replication_role = replica")
        admin.execute(_MORE_BRANDS, about)
        admin.execute(_MONTH, about)
        admin.execute(_WAITS, {"a": probe.agency_id, "n": WAITS})
    admin.execute("vacuum (analyze)")
