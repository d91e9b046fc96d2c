"""Resolve the dependencies of pyproject.toml into the two lock files: exact versions, hashes, no registry's address."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--all-extras", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate", "--quiet"),
)
LOCKS: dict[str, tuple[str, ...]] = {"requirements.lock": (), "requirements-dev.lock": ("--group", "dev")}


def main() -> int:
    """Write both files with `uv`, which the development environment holds; return its exit status."""
    uv = Path(sys.executable).parent / "uv"
    for name, groups in LOCKS.items():
        command = [str(uv), "pip", "compile", *OPTIONS, *groups, "pyproject.toml", "--output-file", name]
        done = subprocess.run(command, cwd=CHECKOUT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
