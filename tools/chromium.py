"""See that a Chromium is there for the tests that drive a browser; root gets it from the system's packages."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu-core")


def main() -> int:
    """Return 0 once a Chromium is on PATH, else 1 after saying what to install."""
    if any(shutil.which(name) for name in NAMES):
        return 0
    wanted = " ".join(PACKAGES)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"The browser tests need Chromium: install it ({wanted} on Debian), then start again.", file=sys.stderr)
        return 1
    print("Installing Chromium for the browser tests …", flush=True)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(["apt-get", *command], env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"Chromium could not be installed: {done.stderr.strip()[-300:]}", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
