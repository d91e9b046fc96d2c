"""The first of a month, as French writes it."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from unisson.calendars.wording import day_label
from unisson.web.i18n import say_day, say_time

FIRST = datetime(2026, 12, 1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("day", "mar. 1er déc."),
        ("day_year", "1er déc. 2026"),
        ("moment", "mar. 1er déc. à 1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}01"),
        ("full_day", "mardi 1er décembre 2026"),
        ("clock", "1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}01"),
    ],
)
def test_the_first_is_1er(app: Flask, shape: str, said: str) -> None:
    with app.test_request_context(), force_locale("fr"):
        assert say_time(FIRST, "UTC", shape) == said


def test_other_days_and_english_stay(app: Flask) -> None:
    with app.test_request_context(), force_locale("fr"):
        assert say_day(date(2026, 12, 1)) == "1er déc. 2026"
        assert say_day(date(2026, 12, 11)) == "11 déc. 2026"
        assert day_label("fr", date(2027, 5, 1)) == "samedi 1er mai 2027"
    with app.test_request_context(), force_locale("en"):
        assert say_day(date(2026, 12, 1)) == "1 Dec 2026"
