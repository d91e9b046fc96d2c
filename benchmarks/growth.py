"""Whether the month's page stays as quick while a hundred times more contents lie around it."""

import time
from contextlib import ExitStack

from benchmarks.frame import Cluster, Result, Runner, environ, interleave, web
from benchmarks.load import fill
from benchmarks.month_page import full

SIZES = (10_000, 100_000, 1_000_000)


def measure(cluster: Cluster) -> list[Result]:
    """Return the page's cost at each size, and how much the largest costs against the smallest."""
    runners, loads = [], {}
    with ExitStack() as stack:
        for size in SIZES:
            settings = cluster.settings(f"growth_{size}")
            admin = stack.enter_context(cluster.admin(f"growth_{size}"))
            began = time.monotonic()
            probe = fill(admin, settings, size)
            loads[size] = time.monotonic() - began
            server = stack.enter_context(web("unisson.app:create_app", environ(cluster, settings.database_url)))
            runners.append(Runner(str(size), server, full(server, probe), 36))
        costs = interleave(runners, stack.enter_context(cluster.admin()))
    lines = [
        Result(
            f"growth: {size:,} contents", costs[str(size)].cpu, "ms",
            note=f"{costs[str(size)].postgres:.2f} ms PostgreSQL, {costs[str(size)].wall:.1f} ms wall,"
            f" loaded in {loads[size]:.0f} s",
        )
        for size in SIZES
    ]  # fmt: skip
    cpu, wall = [cost.cpu for cost in costs.values()], [cost.wall for cost in costs.values()]
    lines.append(Result("growth: CPU, dearest to cheapest", max(cpu) / min(cpu), "×", 1.2))
    lines.append(Result("growth: wall, dearest to cheapest", max(wall) / min(wall), "×", 1.2))
    lines.append(Result("growth: load of the largest", loads[SIZES[-1]], "s", 120))
    return lines
