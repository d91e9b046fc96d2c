"""The page of the trail among ten thousand and a million events of one agency, whole and narrowed; and the seals."""

import time
from collections.abc import Callable
from contextlib import ExitStack

import psycopg
from sqlalchemy import select

from benchmarks.frame import Cluster, Result, Runner, Web, environ, interleave, web
from benchmarks.load import Probe, fill
from tenants.identities import DirectoryEntry
from unisson.activity import seals
from unisson.config import Settings
from unisson.runtime import web_runtime, worker_runtime

SIZES = (10_000, 1_000_000)
CROWD = 1_000
PAGES = {
    "whole": "activity",
    "a rare kind": "activity?about=domain",
    "one person": "activity?person=%(person)s",
    "one brand": "activity?brand=marque-3",
    "days of a year ago": "activity?since=2025-11-01&until=2025-11-07",
}
_EVENTS = """
insert into app.events (agency_id, id, at, actor_id, actor_name, verb, subject_kind, subject_id, brand_id)
select %(agency)s, uuidv7(), timestamptz '2026-11-27' - n * interval '630 days' / %(size)s,
       case n %% 3 when 0 then %(person)s::uuid end, 'Owner',
       case when n %% (%(size)s / 100) = 0 then 'domain.added'
            else (array['content.edited', 'content.submitted', 'content.approved', 'topic.changed'])[1 + n %% 4] end,
       'content', gen_random_uuid(), (%(brands)s::uuid[])[1 + n %% 10]
  from generate_series(1, %(size)s) n
"""
_WAITING = "insert into app.unsealed (agency_id, id) select agency_id, id from app.events"


def measure(cluster: Cluster) -> list[Result]:
    """Return what each page costs among many events against few, and what a thousand cost to seal and to check."""
    runners: dict[tuple[str, int], Runner] = {}
    with ExitStack() as stack:
        for size in SIZES:
            settings = cluster.settings(f"trail_{size}")
            admin = stack.enter_context(cluster.admin(f"trail_{size}"))
            probe = fill(admin, settings, CROWD)
            person = _fill(admin, probe, size)
            server = stack.enter_context(web("unisson.app:create_app", environ(cluster, settings.database_url)))
            for name, path in PAGES.items():
                asked = _asked(server, probe, path.replace("%(person)s", person))
                runners[name, size] = Runner(f"{name} {size}", server, asked, 12)
        costs = interleave(list(runners.values()), stack.enter_context(cluster.admin()))
    lines = []
    for name in PAGES:
        few, many = (costs[runners[name, size].name] for size in SIZES)
        said = f"{many.web:.1f} ms web + {many.postgres:.1f} ms PostgreSQL among 10⁶"
        lines.append(Result(f"trail: {name}, 10⁶ to 10⁴ events", many.cpu / few.cpu, "×", 1.2, said))
    return lines + _seals(cluster.settings(f"trail_{SIZES[0]}"))


def _fill(admin: psycopg.Connection[tuple[object, ...]], probe: Probe, size: int) -> str:
    row = admin.execute("select id::text from app.memberships where agency_id = %s", [probe.agency_id]).fetchone()
    assert row is not None
    with admin.transaction():
        admin.execute("set local session_replication_role = replica")
        about = {"agency": probe.agency_id, "person": row[0], "size": size, "brands": probe.brand_ids}
        admin.execute(_EVENTS, about)
        admin.execute(_WAITING)
    admin.execute("vacuum (analyze) app.events")
    return str(row[0])


def _seals(settings: Settings) -> list[Result]:
    """Seal and check the ten thousand of the smaller trail."""
    web_side, worker_side = web_runtime(settings), worker_runtime(settings)
    with web_side.database.everywhere() as session:
        agency_id = session.scalars(select(DirectoryEntry.agency_id).where(DirectoryEntry.slug == "sonde")).one()
    began = time.perf_counter()
    for _number in range(SIZES[0] // seals.EVENTS_A_SEAL):
        with worker_side.database.agency(agency_id) as session:
            seals.seal_some(session)
    sealed = time.perf_counter() - began
    began = time.perf_counter()
    with web_side.database.agency(agency_id) as session:
        found = seals.check(session)
    checked = time.perf_counter() - began
    assert found.events == SIZES[0], found
    assert not found.faults, found
    for each in (web_side, worker_side):
        each.database.engine.dispose()
    thousands = SIZES[0] / 1000
    return [
        Result("trail: a thousand events sealed", sealed / thousands * 1000, "ms"),
        Result("trail: a thousand events checked", checked / thousands * 1000, "ms"),
    ]


def _asked(server: Web, probe: Probe, path: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        status, body, _headers = server.get(f"/{probe.slug}/{path}", {"Cookie": probe.cookie})
        assert status == 200, body[:300]
        return body

    return ask
