"""The month's page against its floor: made anew, asked for again, and held by the browser."""

import itertools
import statistics
from collections.abc import Callable

import psycopg

from benchmarks.frame import Cluster, Result, Runner, Web, environ, interleave, ratio, web
from benchmarks.load import BRAND_MONTH, PROBE_MONTHS, Probe, fill
from unisson.calendars.period import month_named

DATABASE = "month_page"
CROWD = 100_000


def measure(cluster: Cluster) -> list[Result]:
    """Return the ratios of the page to the floor, in CPU time of the web process and PostgreSQL together."""
    settings = cluster.settings(DATABASE)
    with cluster.admin(DATABASE) as admin:
        probe = fill(admin, settings, CROWD)
        with web("unisson.app:create_app", environ(cluster, settings.database_url)) as real:
            length = len(_page(real, probe, PROBE_MONTHS[0])[0])
            bench = {
                "BENCH_DATABASE": settings.database_web_url,
                "BENCH_AGENCY": str(probe.agency_id),
                "BENCH_BRAND": str(probe.brand_ids[0]),
                "BENCH_BYTES": str(length),
                "BENCH_HELD": probe.held.hex(),
            }
            with web("benchmarks.floor:create", bench) as bare:
                runners = [
                    Runner("floor", bare, _floor(bare, "/"), 72),
                    Runner("signed floor", bare, _floor(bare, "/signed"), 72),
                    Runner("full", real, full(real, probe), 72),
                    Runner("one entry changed", real, _changed(real, probe, admin), 72),
                    Runner("again", real, lambda: _page(real, probe, PROBE_MONTHS[0]), 72),
                    Runner("repeat", real, _repeat(real, probe), 144),
                ]
                costs = interleave(runners, admin)
    floor, *others = runners
    lines = [Result("month: floor", costs["floor"].cpu, "ms", note=f"{length} bytes, {BRAND_MONTH} entries")]
    aims = {"signed floor": None, "full": 1.5, "one entry changed": 1.5, "again": 1.5, "repeat": 0.2}
    for runner in others:
        cost = costs[runner.name]
        said = f"{cost.web:.2f} ms web + {cost.postgres:.2f} ms PostgreSQL, {cost.wall:.1f} ms wall"
        lines.append(Result(f"month: {runner.name}", ratio(runner, floor), "×", aims[runner.name], said))
    added = statistics.median(
        (a.cpu - b.cpu) / c.cpu for a, b, c in zip(others[1].costs, others[4].costs, floor.costs, strict=True)
    )
    lines.append(Result("month: full, less what any signed-in request costs", added, "×", note="full less repeat"))
    return lines


def full(server: Web, probe: Probe) -> Callable[[], object]:
    """Return a request for one month after the other, none of which is still kept when its turn comes again."""
    months = itertools.cycle(PROBE_MONTHS)
    return lambda: _page(server, probe, next(months))


def _changed(server: Web, probe: Probe, admin: psycopg.Connection[tuple[object, ...]]) -> Callable[[], object]:
    """Return a request for a month after one of its contents got another title."""
    month = PROBE_MONTHS[4]
    since, until = month_named(month).reach()
    about = {"a": probe.agency_id, "brand": probe.brand_ids[0], "since": since, "until": until}

    def ask() -> object:
        assert admin.execute(_RETITLED, about).rowcount == 1
        return _page(server, probe, month)

    return ask


_RETITLED = """
update app.contents set title = 'Changed ' || clock_timestamp() where agency_id = %(a)s and id = (
  select id from app.contents where agency_id = %(a)s and brand_id = %(brand)s
  and scheduled_at >= %(since)s and scheduled_at < %(until)s order by id limit 1)
"""


def _page(server: Web, probe: Probe, month: str) -> tuple[bytes, str]:
    status, body, headers = server.get(probe.path(month), {"Cookie": probe.cookie})
    assert status == 200, body[:300]
    assert body.count(b'class="entry"') >= BRAND_MONTH, "the page does not show the probe's month"
    return body, headers["etag"]


def _repeat(server: Web, probe: Probe) -> Callable[[], object]:
    held: list[str] = []

    def ask() -> None:
        if not held:
            held.append(_page(server, probe, PROBE_MONTHS[1])[1])
        status, _body, _headers = server.get(
            probe.path(PROBE_MONTHS[1]), {"Cookie": probe.cookie, "If-None-Match": held[0]}
        )
        assert status == 304

    return ask


def _floor(server: Web, path: str) -> Callable[[], object]:
    months = itertools.cycle(PROBE_MONTHS)

    def ask() -> None:
        since, until = month_named(next(months)).reach()
        status, body, _headers = server.get(f"{path}?since={since:%Y-%m-%dT%H:%M}Z&until={until:%Y-%m-%dT%H:%M}Z")
        assert status == 200
        assert body.count(b'class="entry"') >= BRAND_MONTH

    return ask
