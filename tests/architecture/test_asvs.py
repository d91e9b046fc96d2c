"""The map of OWASP ASVS 5.0 says of every number of the list how it holds, and names nothing that is not there."""

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from unisson.resources import CHECKOUT

MAP = CHECKOUT / "docs" / "security" / "asvs.md"

LIST = """
1.2.1-5 1.3.1 1.3.4-7 1.3.11 1.5.1-2
2.2.1-3 2.3.1-5 2.4.1
3.2.1-2 3.3.1-4 3.4.1 3.4.3-6 3.5.1-4 3.7.2
4.1.1 4.1.3 4.2.1
5.1.1 5.2.1-4 5.2.6 5.3.1-2 5.4.1-3
6.2.1-12 6.3.1 6.3.3-4 6.4.3 6.5.1-5 6.6.2-3 6.8.1-2
7.2.2-4 7.3.1-2 7.4.1-5 7.5.1-2 7.6.1
8.1.1-2 8.2.1-3 8.3.1-3 8.4.1
9.1.1-3 9.2.1-3
10.1.1-2 10.2.1-2 10.5.1-5
11.1.1-2 11.3.3 11.4.2 11.5.1
12.2.1 12.3.1-4
13.1.1 13.2.2 13.2.4-5 13.3.1 13.4.1-5
14.2.1-2 14.3.2
15.1.2 15.2.2 15.3.1-4 15.4.2
16.2.1-5 16.3.1-4 16.4.1-3 16.5.2-3
"""
"""What the product set itself: level 2 as far as it concerns it, and of level 3 2.3.5, 5.2.4, 5.2.6, 8.3.2-3 and 15.4.2."""

SAID = ("Not held", "Reason: ")


class Row(NamedTuple):
    """One line of the map."""

    number: str
    asked: str
    held: str
    shown: str


def numbers() -> list[str]:
    """The list with its ranges written out."""
    found = []
    for word in LIST.split():
        section, _dot, last = word.rpartition(".")
        first, _dash, end = last.partition("-")
        found += [f"{section}.{number}" for number in range(int(first), int(end or first) + 1)]
    return found


@lru_cache
def rows() -> tuple[Row, ...]:
    lines = [line for line in MAP.read_text().splitlines() if re.match(r"\| \d", line)]
    return tuple(Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines)


def test_each_number_stands_once_and_no_other() -> None:
    assert sorted(row.number for row in rows()) == sorted(numbers())
    assert len(numbers()) == len(set(numbers())) > 150


def test_each_row_is_shown_or_says_why_not() -> None:
    assert [row.number for row in rows() if not row.asked] == []
    silent = [
        row.number for row in rows() if "::" not in row.shown and not any(said in row.held + row.shown for said in SAID)
    ]
    assert silent == []
    assert [row.number for row in rows() if not row.held and not row.shown.startswith("Reason: ")] == []


@lru_cache
def functions_of(file: Path) -> frozenset[str]:
    return frozenset(each.name for each in ast.parse(file.read_text()).body if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_what_it_names_is_there(row: Row) -> None:
    for named in re.findall(r"`([^`]+)`", row.shown):
        file, _colons, test = named.partition("::")
        assert test.startswith("test_"), named
        assert (CHECKOUT / file).is_file(), named
        assert test in functions_of(CHECKOUT / file), named
    for named in re.findall(r"`([a-z_]+/[a-z_/.]*)`", row.held):
        assert (CHECKOUT / named).exists() or named == "static/", named


@pytest.mark.parametrize("document", sorted(MAP.parent.glob("*.md")), ids=lambda file: file.name)
def test_its_links_lead_somewhere(document: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", document.read_text()):
        file = (document.parent / target).resolve() if target else document
        assert file.is_file(), target
        if heading:
            slugs = {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
                     for line in file.read_text().splitlines() if line.startswith("#")}  # fmt: skip
            assert heading in slugs, (target, heading)
