"""`python -m benchmarks [name …]` runs the measurements and prints one table, which says of each aim if it is met."""

import importlib
import importlib.util
import sys

from benchmarks.frame import Result, cluster, print_table

MODULES = (
    "month_page", "growth", "views", "brands", "trail", "sign_in", "autosave", "live", "memory", "publishing",
    "approvals", "board", "startup",
)  # fmt: skip
"""Each has `measure(cluster) -> list[Result]`."""


def main(names: list[str]) -> int:
    """Return 0: a missed aim is told, and is no failure of the run on a machine that others share."""
    known = [name for name in MODULES if importlib.util.find_spec(f"benchmarks.{name}")]
    results: list[Result] = []
    for name in names or known:
        with cluster() as fresh:
            found = importlib.import_module(f"benchmarks.{name}").measure(fresh)
        print_table(found)
        results += found
    print()
    print_table(results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
