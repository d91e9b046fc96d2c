"""What a web process weighs once it has worked."""

from benchmarks.frame import Cluster, Result, deployed, environ, resident
from benchmarks.load import fill
from benchmarks.month_page import full

REQUESTS = 600


def measure(cluster: Cluster) -> list[Result]:
    """Return the proportional set size of the worker process after some hundred full pages."""
    settings = cluster.settings("memory")
    with cluster.admin("memory") as admin:
        probe = fill(admin, settings, 10_000)
        with deployed(environ(cluster, settings.database_url)) as server:
            ask = full(server, probe)
            for _number in range(REQUESTS):
                ask()
            sizes = [resident(pid) for pid in server.processes()]
    return [Result("memory: web process", max(sizes), "MiB", 120, f"{sum(sizes):.0f} MiB with its supervisor")]
