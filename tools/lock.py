"""Resolve what is depended on into the lock files: exact versions, hashes, no registry's address.

The product, what developing it needs, the servers that its tests run against, what looks for faults in the code.
"""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate", "--quiet"),
)
LOCKS: dict[str, tuple[str, ...]] = {
    "requirements.lock": ("pyproject.toml",),
    "requirements-dev.lock": ("--group", "dev", "pyproject.toml"),
    "tests/peers/s3/requirements.lock": ("tests/peers/s3/requirements.in",),
    "tests/peers/stripe/requirements.lock": ("tests/peers/stripe/requirements.in",),
    "tools/security/requirements.lock": ("tools/security/requirements.in",),
}


def main() -> int:
    """Write the files with `uv`, which the development environment holds; return its exit status."""
    uv = Path(sys.executable).parent / "uv"
    for name, wanted in LOCKS.items():
        everything = () if wanted[-1].endswith(".in") else ("--all-extras",)
        command = [str(uv), "pip", "compile", *OPTIONS, *everything, *wanted, "--output-file", name]
        done = subprocess.run(command, cwd=CHECKOUT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
