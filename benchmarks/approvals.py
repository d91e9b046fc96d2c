"""Approving: a three-stage run as whole requests, and the client's list."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.approvals_asked import (
    Admin,
    after_a_change,
    bare_run,
    listed,
    listed_anew,
    listed_by_new_link,
    listed_first,
    whole_run,
)
from benchmarks.approvals_desk import RUNS, Desk, more_clients, open_desk
from benchmarks.frame import Cluster, Result, Runner, Web, environ, get, interleave, ratio, said, web
from unisson.config import Settings
from unisson.vault import token_hash

DATABASE = "approvals"


def measure(cluster: Cluster) -> list[Result]:
    """Return the ratios of a run and of the client's list to their floors."""
    settings = cluster.settings(DATABASE)
    desk = open_desk(settings)
    with (
        cluster.admin(DATABASE) as admin,
        web("unisson.app:create_app", environ(cluster, settings.database_url)) as real,
    ):
        length = len(listed(real, desk)())
        with _floor(settings, desk, length) as bare:
            runs = _runs(bare, real, desk, admin)
            # Not before the runs, which would else ask each of them.
            desk.others.extend(more_clients(settings, desk))
            # The runs have filled the tables that the list is read from: as autovacuum would, before plans go by it.
            admin.execute("vacuum (analyze)")
            return [*runs, *_lists(bare, real, desk, admin)]


@contextmanager
def _floor(settings: Settings, desk: Desk, length: int) -> Iterator[Web]:
    people = {name: str(actor.membership_id) for name, actor in desk.people.items()} | {"version": str(desk.version)}
    told = {
        "BENCH_DATABASE": settings.database_web_url, "BENCH_AGENCY": str(desk.agency_id),
        "BENCH_BRAND": str(desk.brand_id), "BENCH_HELD": desk.held.hex(), "BENCH_PEOPLE": json.dumps(people),
        "BENCH_BYTES": str(length), "BENCH_LINK": token_hash(desk.token).hex(),
    }  # fmt: skip
    with web("benchmarks.approvals_floor:create", told) as bare:
        yield bare


def _runs(bare: Web, real: Web, desk: Desk, admin: Admin) -> list[Result]:
    contents = iter(desk.ready)
    floor = Runner("floor", bare, bare_run(bare, contents), RUNS)
    run = Runner("run", real, whole_run(real, desk, contents, admin), RUNS)
    costs = interleave([floor, run], admin)
    return [
        Result("approvals: floor of a run", costs["floor"].cpu, "ms", note="submit and three approvals, raw SQL"),
        Result("approvals: submit and three approvals", ratio(run, floor), "×", 3, said(costs["run"])),
    ]


def _lists(bare: Web, real: Web, desk: Desk, admin: Admin) -> list[Result]:
    bare_list, again = get(bare, "/portal"), listed(real, desk)
    floor = Runner("floor of the client's list", bare, bare_list, 60)
    floor_after = Runner(
        "floor of the client's list, asked after such a change", bare, after_a_change(bare_list, desk, admin), 30
    )
    aimed = [
        Runner("the client's list, made anew", real, listed_anew(real, desk), 30),
        Runner("the client's list, after one content of it changed", real, after_a_change(again, desk, admin), 30),
        Runner("the client's list, asked for again", real, again, 60),
    ]
    told = [
        Runner("the client's list, asked for first by another client", real, listed_first(real, desk, admin), 15),
        Runner("the client's list, by a link that was never opened", real, listed_by_new_link(real, desk), 15),
    ]
    costs = interleave([floor, *aimed, *told, floor_after], admin)

    def line(runner: Runner, aim: float | None = None) -> Result:
        return Result(f"approvals: {runner.name}", ratio(runner, floor), "×", aim, said(costs[runner.name]))

    return [
        Result(f"approvals: {floor.name}", costs[floor.name].cpu, "ms", note=f"{len(bare_list())} bytes"),
        *[line(runner, 1.5) for runner in aimed],
        *[line(runner) for runner in told],
        # Whoever writes between two requests has the processor forget both: the floor, too.
        line(floor_after),
    ]
