"""The rules of the layout that no linter knows."""

import ast
import importlib
import platform
import re
from pathlib import Path

import pytest

from unisson.jobs import QUEUES, Job
from unisson.resources import CHECKOUT
from workers.jobs import ALLOWED


def test_platform_is_still_the_standard_library_s() -> None:
    assert platform.system() in {"Linux", "Darwin"}
    assert not (CHECKOUT / "platform" / "__init__.py").exists()
    assert [
        entry.name
        for entry in (CHECKOUT / "platform").iterdir()
        if entry.suffix != ".pyc" and entry.name != "__pycache__"
    ] == ["unisson"]


def test_no_test_folder_is_a_package() -> None:
    assert list((CHECKOUT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("job", list(Job))
def test_every_job_s_name_leads_to_a_function_without_arguments(job: Job) -> None:
    module, _, name = job.value.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    assert function.__code__.co_argcount == 0
    assert job.value in ALLOWED
    assert job in QUEUES.values()


def test_models_and_migrations_agree(settings) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url

    from unisson.tables import metadata

    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "version_table_schema": "app",
                "include_name": lambda name, kind, _parents: kind != "schema" or name == "app",
            },
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_no_view_or_module_grew_too_long() -> None:
    long = {
        str(path.relative_to(CHECKOUT)): count
        for folder in ("platform", "tenants", "workers")
        for path in (CHECKOUT / folder).rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 350
    }
    assert long == {}


def test_markup_is_trusted_only_where_it_was_cleaned() -> None:
    """`Markup` and `|safe` stand only in the modules named here, each of which escapes or cleans by itself."""
    trusted = {
        path.relative_to(CHECKOUT).as_posix()
        for folder in ("platform", "tenants", "workers", "templates")
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in {".py", ".html"} and _trusts(path)
    }
    assert trusted <= KNOWN_MARKUP, sorted(trusted - KNOWN_MARKUP)


def test_a_refusal_is_on_the_form_before_the_page_is_made() -> None:
    """`page(form), form.refuse(refusal)` makes the page first: the form comes back without the sentence."""
    late = re.compile(r"return .*\), (?:\w+\.)?(?:refuse|_?refused)\w*\(.*refusal\)$", re.MULTILINE)
    found = [path.name for path in (CHECKOUT / "platform").rglob("*.py") if late.search(path.read_text())]
    assert found == []


def test_no_view_takes_a_name_that_every_page_has() -> None:
    """A page whose view gives it a `person` shows them as who is signed in: at the foot of the bar, and in notices."""
    of_every_page = {"person", "actor", "brands", "nav_items", "lang", "theme", "own_domain"}
    taken = [
        (path.name, call.lineno, keyword.arg)
        for path in (CHECKOUT / "platform").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "render_template"
        for keyword in call.keywords
        if keyword.arg in of_every_page
    ]
    assert taken == []


KNOWN_MARKUP = {
    "platform/unisson/calendars/grid.py",  # constants, and format() which escapes
    "platform/unisson/search/reading.py",  # escape() and format() which escapes
    "platform/unisson/calendars/marks.py",  # format() which escapes
    "platform/unisson/calendars/views.py",  # constants, and format() which escapes
    "platform/unisson/calendars/wording.py",  # format() which escapes, and our own icons read from disk
    "platform/unisson/calendars/writing.py",  # entries in one pass, each value escaped by name
    "platform/unisson/identity/factor_pages.py",  # the drawing of a library, made of figures alone
    "platform/unisson/newsroom/feed.py",  # format() which escapes
    "platform/unisson/newsroom/prose.py",  # right after nh3
    "platform/unisson/newsroom/release.py",  # right after nh3, and format() which escapes
    "platform/unisson/portal/desks.py",  # what a template made, which escapes
    "templates/components/table.html",  # a constant
}


def _trusts(path: Path) -> bool:
    text = path.read_text()
    return "Markup(" in text or "|safe" in text or "| safe" in text
