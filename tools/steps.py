"""The steps of the set-up, each skipped while what it depends on has not changed."""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "unisson-setup.json"
LOG = VENV / "unisson-setup.log"
SHEETS = "platform/unisson/static/css/*.css"
LIGHT = CHECKOUT / "platform" / "unisson" / "static" / "vendor" / "light.css"
TRANSLATIONS = CHECKOUT / "platform" / "unisson" / "translations"
ROOM = 1_500_000_000  # bytes: the environment, Node and the assets take about 1.2 GB
NO_NETWORK = (
    *("temporary failure in name resolution", "failed to establish a new connection", "network is unreachable"),
    *("connection refused", "max retries exceeded", "could not fetch", "dns error", "enotfound", "eai_again"),
    *("could not find a version", "no matching distribution", "tcp connect error", "connecttimeouterror"),
)
NO_ROOM = ("no space left", "enospc", "disk quota")


class SetupError(Exception):
    """Why the set-up stops: one sentence."""


class Progress:
    """One line a step, with the time it took."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.done = 0

    def run(self, title: str, step: Callable[[], None]) -> None:
        """Run a step between the two halves of its line."""
        self.done += 1
        print(f"[{self.done}/{self.count}] {title} …", end="", flush=True)
        began = time.monotonic()
        try:
            step()
        except BaseException:
            print(" stopped", flush=True)
            raise
        print(f" {time.monotonic() - began:.1f} s", flush=True)


def main(arguments: list[str]) -> int:
    """Run the steps that are due; return 0, or 1 after a sentence."""
    parser = argparse.ArgumentParser(prog="tools/setup.py", description="Make the checkout ready to run.")
    parser.add_argument("--dev", action="store_true", help="also install what tests and checks need")
    dev = parser.parse_args(arguments).dev
    try:
        _run(dev=dev)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Set-up stopped: {error.strerror or error} ({error.filename or CHECKOUT}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Set-up interrupted; run it again to go on.", file=sys.stderr)
        return 130
    return 0


def _run(*, dev: bool) -> None:
    stamp = read_stamp(STAMP)
    wanted = fingerprints(CHECKOUT)
    dev = dev or "dev" in stamp  # what a developer installed stays, or every second command would reinstall
    lock = "dev" if dev else "base"
    steps: list[tuple[str, str, Callable[[], None]]] = []
    if stamp.get("place") != str(VENV) or not PYTHON.exists():
        stamp = {}
        steps.append(("place", "Python environment", _make_environment))
    if stamp.get(lock) != wanted[lock]:
        steps.append((lock, "Python packages (about a minute the first time)", lambda: _install(lock)))
    if stamp.get("project") != wanted["project"]:
        steps.append(("project", "Unisson itself", _install_project))
    if stamp.get("assets") != wanted["assets"] or not _has_assets():
        steps.append(("assets", "Scripts, icons and font of the pages", _fetch_assets))
    if stamp.get("light") != wanted["light"] or not LIGHT.exists():
        steps.append(("light", "The light pages of clients", _put_light_pages_together))
    if stamp.get("catalogs") != wanted["catalogs"]:
        steps.append(("catalogs", "Translations", _compile_catalogs))
    if not steps:
        return
    _check_room()
    progress = Progress(len(steps))
    for key, title, step in steps:
        progress.run(title, step)
        stamp[key] = str(VENV) if key == "place" else wanted[key]
        STAMP.write_text(json.dumps(stamp, indent=1) + "\n")


def read_stamp(path: Path) -> dict[str, str]:
    """Return what the last set-up did; nothing if it never ran or was cut short while writing."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text())
        if isinstance(found, dict):
            return found
    return {}


def fingerprints(checkout: Path) -> dict[str, str]:
    """Return, for each step, a digest of the files it depends on."""
    return {
        "base": _digest([checkout / "requirements.lock"]),
        "dev": _digest([checkout / "requirements-dev.lock"]),
        "project": _digest([checkout / "pyproject.toml"]),
        "assets": _digest([checkout / "package-lock.json", checkout / "tools" / "assets.py"]),
        "light": _digest(
            [checkout / "tools" / "assets.py", *sorted(checkout.glob("platform/unisson/static/css/*.css"))]
        ),
        "catalogs": _digest(sorted(checkout.glob("platform/unisson/translations/*/LC_MESSAGES/*.po"))),
    }


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()


def _check_room() -> None:
    free = shutil.disk_usage(CHECKOUT).free
    if free < ROOM:
        raise SetupError(f"The disk of {CHECKOUT} has {free / 1e9:.1f} GB free and set-up needs {ROOM / 1e9:.1f} GB.")


def _make_environment() -> None:
    if VENV.exists():
        _refuse_foreign()
        return
    uv = shutil.which("uv")
    if uv:
        _call([uv, "venv", "--python", sys.executable, str(VENV)])
        return
    _call([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    if _quietly([str(PYTHON), "-m", "ensurepip", "--upgrade", "--default-pip"]):
        return
    shutil.rmtree(VENV)
    _install_venv_module()
    _call([sys.executable, "-m", "venv", str(VENV)])


def _install_venv_module() -> None:
    """Debian keeps ensurepip in a package of its own; root can have it at once."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if shutil.which("apt-get") is None:
        raise SetupError("This Python has no ensurepip: install the venv and pip packages of your system.")
    if os.geteuid() != 0:
        raise SetupError(f"This Python has no ensurepip: run `sudo apt-get install {package}`, then start again.")
    _quietly(["apt-get", "update", "-q"])
    if not _quietly(["apt-get", "install", "-y", "--no-install-recommends", package]):
        raise SetupError(f"This Python has no ensurepip and `apt-get install {package}` failed.")


def _refuse_foreign() -> None:
    """Refuse a `.venv` that was moved, broken, or made by a Python that is too old; take over a sound one."""
    again = "delete it, then start again"
    if not (VENV / "pyvenv.cfg").exists() or not PYTHON.exists():
        raise SetupError(f"{VENV} is not a Python environment of this project: {again}.")
    asked = "import sys; print(sys.prefix, sys.version_info >= (3, 11), sep='\\n')"
    answer = subprocess.run([PYTHON, "-I", "-c", asked], capture_output=True, text=True, check=False)
    if answer.returncode or answer.stdout.split("\n")[1:2] != ["True"]:
        raise SetupError(f"{VENV} was made by another Python that does not do: {again}.")
    scripts = [file for file in (VENV / "bin").glob("pip*") if file.is_file()]
    if scripts and str(VENV) not in scripts[0].read_text(errors="replace").partition("\n")[0]:
        raise SetupError(f"{VENV} was made in another folder: {again}.")


def _install(lock: str) -> None:
    file = "requirements-dev.lock" if lock == "dev" else "requirements.lock"
    # pip compiles what it installs by itself; without it the first start of every process would be slow for ever
    # where PYTHONDONTWRITEBYTECODE is set.
    compiled = ["--compile-bytecode"] if shutil.which("uv") else []
    _call([*_installer(), "install", *_target(), *compiled, "--require-hashes", "-r", str(CHECKOUT / file)])


def _install_project() -> None:
    options = ["--no-deps", "--no-build-isolation"]
    _call([*_installer(), "install", *_target(), *options, "--editable", str(CHECKOUT)])


def _installer() -> list[str]:
    # No cache: set-up writes nothing outside the checkout and the system's temporary folder.
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "--no-cache"]
    return [str(PYTHON), "-m", "pip", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]


def _target() -> list[str]:
    return ["--python", str(PYTHON)] if shutil.which("uv") else []


def _has_assets() -> bool:
    return (CHECKOUT / "platform" / "unisson" / "static" / "vendor" / "icons.svg").exists()


def _fetch_assets() -> None:
    _call([str(PYTHON), str(CHECKOUT / "tools" / "assets.py")])


def _put_light_pages_together() -> None:
    _call([str(PYTHON), str(CHECKOUT / "tools" / "assets.py"), "--light"])


def _compile_catalogs() -> None:
    if not any(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        return
    _call([str(VENV / "bin" / "pybabel"), "compile", "-D", "unisson", "-d", str(TRANSLATIONS)])


def _quietly(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _call(command: list[str]) -> None:
    """Run a command with its output in a log; turn what usually goes wrong into one sentence."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, cwd=CHECKOUT)
    output = done.stdout + done.stderr
    if VENV.is_dir():
        with LOG.open("a") as log:
            log.write(f"$ {' '.join(command)}\n{output}\n")
    if done.returncode:
        raise SetupError(reason(output, command))


def reason(output: str, command: list[str]) -> str:
    """Return in one sentence why `command` failed, from what it said."""
    said = output.lower()
    if any(sign in said for sign in NO_ROOM):
        return f"The disk of {CHECKOUT} is full."
    if "hash" in said and "do not match" in said:
        return "A package is not the one that the lock names: nothing was installed from it; try again later."
    if any(sign in said for sign in NO_NETWORK):
        return "The package registry cannot be reached: look at the network or at your proxy settings, then try again."
    last = output.strip().splitlines()[-1:] or ["it said nothing"]
    return f"`{Path(command[0]).name} {' '.join(command[1:4])}` failed: {last[0].strip()} (all of it: {LOG})"
