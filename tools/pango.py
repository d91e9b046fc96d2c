"""See that Pango is there, which PDFs are made with; root gets it from the system's packages. Nothing else needs it."""

import ctypes
import sys

import system_packages

LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0")
PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "fonts-dejavu-core")


def main() -> int:
    """Return 0: without Pango the product runs, and says on the page why it makes no PDF."""
    if sys.platform != "linux" or all(_is_there(library) for library in LIBRARIES):
        return 0
    wanted = " ".join(PACKAGES)
    if not system_packages.can_install():
        print(f"To make PDFs, install Pango ({wanted} on Debian). All else works without it.", file=sys.stderr)
        return 0
    print("Installing Pango, to make PDFs …", flush=True)
    fault = system_packages.install(PACKAGES)
    if fault:
        print(f"Pango could not be installed, so no PDFs: {fault}", file=sys.stderr)
    return 0


def _is_there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
