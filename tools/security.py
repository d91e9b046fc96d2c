"""Look for faults in the code with tools of their own environment: `tools/security.py`.

Bandit, semgrep with this product's own rules (which are proved first), and the list of all that is shipped, written
for CycloneDX to `test-results/sbom.json`. The environment holds exactly what the lock beside the rules says.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RULES = CHECKOUT / "tools" / "security"
PLACE = CHECKOUT / ".data" / "security"
OUR_CODE = ("platform", "tenants", "workers", "migrations")
SBOM = CHECKOUT / "test-results" / "sbom.json"


def main() -> int:
    """Install what is missing, look, and return how many of the looks found something."""
    install()
    SBOM.parent.mkdir(exist_ok=True)
    semgrep = [_tool("semgrep"), "scan", "--metrics=off", "--disable-version-check", "--quiet"]
    looks = {
        "the rules find what they are for": [
            *(_tool("semgrep"), "scan", "--test", "--metrics=off", "--disable-version-check"),
            *("--config", str(RULES / "rules.yml"), str(RULES / "rules.py")),
        ],
        "our own rules": [*semgrep, "--error", "--config", str(RULES / "rules.yml"), *OUR_CODE],
        # At each check ruff's S rules are bandit's, with a reason beside each exception: here, what no reason excuses.
        "bandit, of high severity": [_tool("bandit"), "--quiet", "-lll", "--recursive", *OUR_CODE],
        "what is shipped": [
            *(_tool("cyclonedx-py"), "requirements", "requirements.lock", "--output-reproducible"),
            *("--output-file", str(SBOM)),
        ],
    }
    return sum(_looked(name, command) for name, command in looks.items())


def install() -> None:
    """Make the environment as the lock says; at once where it stands already."""
    lock = RULES / "requirements.lock"
    stamp, wanted = PLACE / "stamp", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(PLACE, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
    # The lock is whole: pip would look for what the extras of a pinned package ask for.
    pip = [_tool("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    how = ["--no-deps", "--require-hashes"]
    subprocess.run([*pip, *how, "-r", str(lock)], check=True)
    stamp.write_text(wanted, encoding="utf-8")


def _tool(name: str) -> str:
    return str(PLACE / "bin" / name)


def _looked(name: str, command: list[str]) -> bool:
    path = {**os.environ, "PATH": f"{PLACE / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(command, cwd=CHECKOUT, check=False, env=path)
    print(f"{name}: {'found something' if done.returncode else 'clean'}", flush=True)
    return bool(done.returncode)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
