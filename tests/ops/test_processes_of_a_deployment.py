import re
import shlex

from unisson.resources import CHECKOUT, resource
from unisson.supervisor import PROCESSES


def test_make_run_starts_the_processes_of_the_procfile():
    lines = dict(line.split(": ", 1) for line in (CHECKOUT / "Procfile").read_text().splitlines())
    assert lines.pop("release") == "unisson migrate"
    assert {name: ("unisson", *words) for name, words in PROCESSES} == {
        name: tuple(shlex.split(command)) for name, command in lines.items()
    }


def test_every_icon_that_a_template_names_is_in_the_sprite():
    named = set()
    for template in resource("templates").rglob("*.html"):
        named |= set(re.findall(r"\bicon\(\s*['\"]([a-z0-9-]+)['\"]", template.read_text()))
    drawn = set(re.findall(r'<symbol id="([^"]+)"', resource("static/vendor/icons.svg").read_text()))
    assert named <= drawn


def test_the_lock_of_the_assets_names_no_registry():
    lock = (CHECKOUT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')
