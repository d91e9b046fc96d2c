"""What the product is made of, and what its own code may not call."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from unisson.resources import CHECKOUT, PACKAGE

FORBIDDEN = {
    "eval", "exec", "compile", "__import__", "pickle", "marshal", "shelve", "dill", "yaml", "jsonpickle", "os.system",
    "os.popen", "tempfile.mktemp", "ssl._create_unverified_context", "random", "xml.etree", "xml.sax", "xml.dom",
    "render_template_string", "from_string", "telnetlib", "ftplib",
}  # fmt: skip
"""Code out of data, shells, parsers that resolve what a stranger wrote, and figures that can be guessed."""

KNOWN = {
    ("platform/unisson/editorial/presence.py", "eval"),  # a script of our own, run by Valkey with its values apart
    ("platform/unisson/demo/pictures.py", "random"),  # drawings of the demonstration
    ("platform/unisson/publishing/verdicts.py", "random"),  # spreads tries over time
}
"""Where such a word means something else."""


def called(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            yield ast.unparse(node.func)
            if any(word.arg == "shell" for word in node.keywords):
                yield "os.system"


def test_no_code_is_made_of_data_and_no_shell_is_asked() -> None:
    found = {
        (path.relative_to(CHECKOUT).as_posix(), word)
        for folder in ("platform", "tenants", "workers")
        for path in (CHECKOUT / folder).rglob("*.py")
        for name in called(path)
        for word in FORBIDDEN
        if name == word
        or name.startswith(f"{word}.")
        or (name.endswith(f".{word}") and word not in {"compile", "random"})
    }
    assert found - KNOWN == set()


MARKUP = {("autosave.js", "innerHTML")}
"""A part of the page, rendered and escaped by the server as the page itself was."""


def test_no_script_of_ours_makes_code_or_markup_of_text() -> None:
    """The pages' text is set as text; markup comes from the server, which escaped it."""
    found = {
        (script.name, match[0])
        for script in (PACKAGE / "static" / "js").rglob("*.js")
        for match in re.finditer(
            r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", script.read_text()
        )
    }
    assert found <= MARKUP


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_names_each_package_once_with_its_digests(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (CHECKOUT / lock).read_text())
    pinned = [entry for entry in entries if entry and not entry.startswith("#")]
    names = [re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==[\w.!+-]+", entry) for entry in pinned]
    assert all(names)
    assert all(" --hash=sha256:" in entry for entry in pinned)
    assert not re.search(r"--index|--extra|https?:|git\+", (CHECKOUT / lock).read_text())


def test_nothing_is_installed_that_the_lock_does_not_name() -> None:
    lock = (CHECKOUT / "requirements-dev.lock").read_text()
    locked = {canonical(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", lock, re.MULTILINE)}
    there = {canonical(each.metadata["Name"]) for each in distributions() if each.metadata["Name"]}
    assert there - locked - {"unisson", "pip", "setuptools", "wheel"} == set()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_asset_of_the_browser_has_a_digest_and_comes_from_here() -> None:
    packages = json.loads((CHECKOUT / "package-lock.json").read_text())["packages"]
    assert all(entry.get("integrity", "").startswith("sha512-") for name, entry in packages.items() if name)
    for template in (CHECKOUT / "templates").rglob("*.html"):
        if "emails" not in template.parts:
            assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"'](?:https?:)?//", template.read_text()), (
                template
            )


def test_no_secret_stands_in_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True).stdout.decode()
    shapes = re.compile(
        "-----BEGIN [A-Z ]*PRIVATE"
        " KEY|sk_"
        "live_[0-9A-Za-z]{10}|whsec_"
        "[0-9A-Za-z]{24}|AKIA"
        "[0-9A-Z]{16}"
        "|ghp_" + "[0-9A-Za-z]{30}|xox" + "[bp]-[0-9]{6}"
    )
    found = {
        name
        for name in tracked.split("\0")
        if name
        and not name.startswith("tests/")
        and (path := CHECKOUT / name).is_file()
        and path.stat().st_size < 2_000_000
        if shapes.search(path.read_bytes().decode("utf-8", "replace"))
    }
    assert found == set()
