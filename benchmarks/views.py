"""The calendar's other views, and search among few and many contents, each against the floor of as many bytes."""

from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import quote

import psycopg

from benchmarks.frame import Cluster, Result, Runner, Web, environ, interleave, ratio, web
from benchmarks.load import Probe, fill

CROWD = 100_000
SIZES = (10_000, 1_000_000)
ENTRIES = (200, 2_000)
"""Contents of the brand a month."""
WORDS = "numero ligne"
_OCTOBER = "since=2026-10-02&until=2026-10-30&brand=marque-0"
VIEWS = {
    "month": ("calendar?month=2026-10&brand=marque-0", "2026-09-28T00:00Z", "2026-11-02T00:00Z"),
    "week": ("calendar?week=2026-W42&brand=marque-0", "2026-10-11T09:00Z", "2026-10-19T15:00Z"),
    "list of 100": (f"calendar/list?{_OCTOBER}", "2026-10-02T00:00Z", "2026-10-16T00:00Z"),
    "board": (f"calendar/board?{_OCTOBER}", "2026-10-02T00:00Z", "2026-10-30T00:00Z"),
    "year": ("calendar/year?year=2026&brand=marque-0", "2026-01-01T00:00Z", "2027-01-01T00:00Z"),
}
_WORDS = """
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'content', n.id, n.brand_id, w.weight
  from app.contents n cross join lateral app.search_weights(n.title, '') w
"""


def measure(cluster: Cluster) -> list[Result]:
    """Return the ratio of each view to its floor, and of a search among many contents to one among few."""
    return [line for entries in ENTRIES for line in _views(cluster, entries)] + _search(cluster)


def _views(cluster: Cluster, entries: int) -> list[Result]:
    """Return each view's cost where a month of the brand has so many entries."""
    database = f"views_{entries}"
    settings = cluster.settings(database)
    lines = []
    with cluster.admin(database) as admin, ExitStack() as stack:
        probe = fill(admin, settings, CROWD, brand_month=entries)
        real = stack.enter_context(web("unisson.app:create_app", environ(cluster, settings.database_url)))
        for name, (path, since, until) in VIEWS.items():
            length = len(asked(real, probe, path)())
            bare = stack.enter_context(web("benchmarks.floor:create", _bench(settings.database_web_url, probe, length)))
            floor = Runner(f"{name}: floor", bare, _plain(bare, f"/?since={since}&until={until}"), 48)
            view = Runner(name, real, asked(real, probe, path), 48)
            costs = interleave([floor, view], admin)
            said = f"{costs[name].web:.1f} ms web + {costs[name].postgres:.1f} ms PostgreSQL, {length} bytes"
            lines.append(Result(f"views: {name}, {entries} entries", ratio(view, floor), "×", note=said))
    return lines


def _search(cluster: Cluster) -> list[Result]:
    runners, lines, filled = [], [], []
    with ExitStack() as stack:
        for size in SIZES:
            settings = cluster.settings(f"search_{size}")
            admin = stack.enter_context(cluster.admin(f"search_{size}"))
            filled.append((size, settings, fill(admin, settings, size)))
            _index(admin)
        for size, settings, probe in filled:
            real = stack.enter_context(web("unisson.app:create_app", environ(cluster, settings.database_url)))
            searched = asked(real, probe, f"search?q={quote(WORDS)}&kind=content")
            bench = _bench(settings.database_web_url, probe, len(searched()))
            bare = stack.enter_context(web("benchmarks.floor:create", bench))
            runners.append(Runner(f"floor {size}", bare, _plain(bare, f"/search?q={quote(WORDS)}"), 24))
            runners.append(Runner(f"search {size}", real, searched, 24))
        costs = interleave(runners, stack.enter_context(cluster.admin()))
    for floor, found in zip(runners[::2], runners[1::2], strict=True):
        cost = costs[found.name]
        said = f"{cost.web:.1f} ms web + {cost.postgres:.1f} ms PostgreSQL"
        lines.append(Result(f"views: {found.name} contents", ratio(found, floor), "×", note=said))
    few, many = costs[runners[1].name], costs[runners[-1].name]
    lines.append(Result("views: search, largest to smallest", many.cpu / few.cpu, "×", 1.2))
    return lines


def _index(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    """Write the words of the titles; the texts of the crowd are all alike."""
    with admin.transaction():
        admin.execute("set local session_replication_role = replica")
        admin.execute(_WORDS)
    admin.execute("vacuum (analyze) app.search_words")


def _bench(database: str, probe: Probe, length: int) -> dict[str, str]:
    return {
        "BENCH_DATABASE": database,
        "BENCH_AGENCY": str(probe.agency_id),
        "BENCH_BRAND": str(probe.brand_ids[0]),
        "BENCH_BYTES": str(length),
        "BENCH_HELD": probe.held.hex(),
    }


def asked(server: Web, probe: Probe, path: str) -> Callable[[], bytes]:
    """Return what asks for one page of the probe's agency, signed in."""

    def ask() -> bytes:
        status, body, _headers = server.get(f"/{probe.slug}/{path}", {"Cookie": probe.cookie})
        assert status == 200, body[:300]
        return body

    return ask


def _plain(server: Web, path: str) -> Callable[[], object]:
    def ask() -> None:
        status, _body, _headers = server.get(path)
        assert status == 200

    return ask
