"""The runtime of this worker process, set before the first fork."""

from unisson.runtime import Runtime

_held: list[Runtime] = []


def hold(runtime: Runtime) -> None:
    """Keep `runtime` for the jobs of this process and of those forked from it."""
    _held[:] = [runtime]


def runtime() -> Runtime:
    """Return the process's runtime. Raises RuntimeError before `hold`."""
    if not _held:
        raise RuntimeError("this process holds no runtime yet")
    return _held[0]
