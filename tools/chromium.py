"""See that a Chromium is there for the tests that drive a browser; root gets it from the system's packages."""

import shutil
import sys

import system_packages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu-core")


def main() -> int:
    """Return 0 once a Chromium is on PATH, else 1 after saying what to install."""
    if any(shutil.which(name) for name in NAMES):
        return 0
    wanted = " ".join(PACKAGES)
    if not system_packages.can_install():
        print(f"The browser tests need Chromium: install it ({wanted} on Debian), then start again.", file=sys.stderr)
        return 1
    print("Installing Chromium for the browser tests …", flush=True)
    fault = system_packages.install(PACKAGES)
    if fault:
        print(f"Chromium could not be installed: {fault}", file=sys.stderr)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
