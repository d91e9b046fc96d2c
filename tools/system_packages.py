"""Install packages of the system, where that is possible: as root, by apt-get."""

import os
import shutil
import subprocess
from collections.abc import Sequence


def can_install() -> bool:
    """Return whether this process may install packages of the system."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install(packages: Sequence[str], answers: Sequence[str] = ()) -> str:
    """Install `packages` and return an empty text, or the end of what the package manager complained of.

    `answers` are to the questions that a package puts as it is installed, a line each (debconf-set-selections(1)).
    """
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if answers:
        subprocess.run(["debconf-set-selections"], input="\n".join(answers), text=True, check=True, timeout=60)
    for command in (["update", "-q"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=environ, capture_output=True, text=True, check=False)
    return (done.stderr.strip()[-300:] or "apt-get failed") if done.returncode else ""
