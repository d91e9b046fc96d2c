"""`python -m benchmarks [name …]` runs the measurements and prints one table; it fails if an aim is missed."""

import importlib
import sys

from benchmarks.frame import Result, cluster, print_table

MODULES = ("month_page", "growth", "memory", "publishing", "startup")
"""Each has `measure(cluster) -> list[Result]`."""


def main(names: list[str]) -> int:
    """Return 0 when every aim that was measured is met."""
    results: list[Result] = []
    for name in names or MODULES:
        with cluster() as fresh:
            found = importlib.import_module(f"benchmarks.{name}").measure(fresh)
        print_table(found)
        results += found
    print()
    print_table(results)
    return int(not all(result.is_met for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
