"""What no committed file may hold: a registry's address, a path of somebody's machine, a table gone stale."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
# Put together from halves, so that this file passes its own test.
HOSTS = [
    *("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "yarn" + "pkg.com"),
    *("deb." + "debian", "cdn.jsd" + "elivr", "unp" + "kg.com", "cdn" + "js.", "fonts.goo" + "gle"),
]
MACHINE = [r"(?<![\w.$}])/(?:" + "|".join(("ho" + "me", "ro" + "ot", "Us" + "ers", "wo" + "rk")) + r")/\w"]
TEXT_LIMIT = 2_000_000  # bytes
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"


def main(arguments: list[str]) -> int:
    """Return 0 if nothing is found, else 1 after a line for each; `--write` sets the table of the README first."""
    if "--write" in arguments:
        _write_table()
    faults = [*_forbidden(), *_stale_table()]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _forbidden() -> Iterator[str]:
    pattern = re.compile("|".join([*map(re.escape, HOSTS), *MACHINE]))
    for file in committed():
        for number, line in enumerate(_text(file).splitlines(), 1):
            found = pattern.search(line)
            if found:
                yield f"{file.relative_to(CHECKOUT)}:{number}: {found[0]} does not belong in the repository"


def committed() -> list[Path]:
    """Return the files that are, or are about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    files = [CHECKOUT / name for name in listed.stdout.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


def _text(file: Path) -> str:
    if file.stat().st_size > TEXT_LIMIT:
        return ""
    content = file.read_bytes()
    return "" if b"\0" in content else content.decode(errors="replace")


def _table() -> str:
    command = [sys.executable, "-m", "unisson.cli", "settings", "--markdown"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _stale_table() -> Iterator[str]:
    before, _, rest = (CHECKOUT / "README.md").read_text().partition(BEGIN)
    if not before or rest.partition(END)[0] != _table():
        yield "README.md: the table of settings is stale: run `python tools/hygiene.py --write`"


def _write_table() -> None:
    readme = CHECKOUT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    readme.write_text(before + BEGIN + _table() + END + rest.partition(END)[2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
