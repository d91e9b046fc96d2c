"""The time zones that are offered: each place once, as people call it, and what was kept under an older name."""

from collections import Counter

import pytest
from flask import Flask

from unisson.agency.forms import AgencyForm
from unisson.agency.zones import places, zone_choices
from unisson.web.i18n import speaking


@pytest.fixture
def shown(app: Flask) -> list[tuple[str, str]]:
    with app.test_request_context(), speaking("fr"):
        return [(choice.value, str(choice.label)) for choice in zone_choices()]


def test_each_place_is_offered_once_as_people_call_it(shown: list[tuple[str, str]]) -> None:
    labels = dict(shown)
    twice = [label for label, often in Counter(labels.values()).items() if often > 1]
    assert twice == []
    assert labels["Asia/Tokyo"] == "Tokyo, Japon (UTC+09:00)"
    assert labels["Europe/Paris"].startswith("Paris, France (UTC+0")
    assert labels["Pacific/Noumea"] == "Nouméa, Nouvelle-Calédonie (UTC+11:00)"
    assert labels["UTC"] == "UTC (UTC+00:00)"
    assert not {"Asia/Calcutta", "Europe/Kiev", "Atlantic/Faeroe"} & labels.keys()
    cities = [label for zone, label in shown if zone.startswith("Europe/")]
    assert cities.index(next(each for each in cities if each.startswith("Île de Man"))) < 40


@pytest.mark.parametrize(
    ("typed", "is_fine"),
    [("Asia/Calcutta", True), ("Europe/Paris", True), ("UTC", True), ("Mars/Olympus", False), ("", False)],
)
def test_a_name_kept_from_before_stays_valid_and_is_shown(app: Flask, typed: str, is_fine: bool) -> None:
    data = {"name": "Atelier", "language": "fr", "timezone": typed}
    with app.test_request_context(method="POST", data=data), speaking("fr"):
        form = AgencyForm()
        form.validate()
        assert bool(form.timezone.errors) is not is_fine
        drawn = str(form.timezone())
    if is_fine:
        assert f'selected value="{typed}"' in drawn
    assert ("Choisi jusqu’ici" in drawn) is (is_fine and typed not in {*places(), "UTC"})
