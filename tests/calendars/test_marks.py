"""What stands on the month beside contents, and for whom."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from support.desk import Desk, today
from support.statements import recorded
from support.topics import at, opened, put_under
from support.world import World, build_world

from tenants.brands import Brand
from unisson.approvals.models import Absence
from unisson.runtime import Runtime
from unisson.strategy.planning import set_black_out
from unisson.topics.planning import note_date


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    return Desk(app, runtime, world)


SPELT = {"month": "{day:%Y-%m}", "week": "{day:%G-W%V}", "day": "{day}"}
"""How an address names the days around a day."""


def month(desk: Desk, role: str, day: date, query: str = "", **more: Any) -> str:
    return desk.get(role, f"/calendar?month={day:%Y-%m}&brand={desk.world.brand_slug}{query}", **more).text


def marks_of(html: str, day: date) -> str:
    """Return what stands on a day, as markup."""
    found = re.search(rf'data-date="{day}".*?>(.*?)</div>', html, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def topic_id(desk: Desk) -> uuid.UUID:
    desk.speak_english()
    return opened(desk)


def test_key_dates_embargoes_black_outs_and_absences_stand_on_their_days(desk: Desk, topic_id: uuid.UUID) -> None:
    day = at(10).date()
    with desk.session() as session:
        note_date(session, desk.actor("rp"), topic_id, day, "Assemblée <générale>")
        set_black_out(session, desk.actor("rp"), desk.world.brand_id, day, day, reason="Élections", stops=True)
        session.add(
            Absence(membership_id=desk.world.people["rp"].membership_id, starts_on=day, ends_on=day + timedelta(days=1))
        )
    put_under(desk, topic_id, at(10))
    html = marks_of(month(desk, "cm", day), day)
    assert "Assemblée &lt;générale&gt;" in html
    assert f'href="topics/{topic_id}"' in html
    assert "Embargo until 10:00: Résultats" in html
    assert "Black-out: Élections" in html
    assert "Away: " in html


def test_clients_see_holidays_and_nothing_of_the_agency_s_own(desk: Desk, topic_id: uuid.UUID) -> None:
    day = date(today().year + 1, 7, 14)
    with desk.session() as session:
        note_date(session, desk.actor("rp"), topic_id, day, "Secret")
        set_black_out(session, desk.actor("rp"), desk.world.brand_id, day, day, reason="Intime", stops=True)
        session.add(Absence(membership_id=desk.world.people["rp"].membership_id, starts_on=day, ends_on=day))
    assert "Secret" in month(desk, "cm", day)
    for view in ("month", "week", "day"):
        assert "Away: " in desk.get("cm", f"/calendar?{view}={SPELT[view].format(day=day)}").text
    for role in ("client_approver", "client_contact"):
        html = month(desk, role, day)
        assert "National Day" in html
        assert "Secret" not in html
        assert "Intime" not in html
        assert "Away: " not in html
        assert f"topics/{topic_id}" not in html


def test_holidays_are_the_brand_s_country_s_and_follow_it_at_once(desk: Desk) -> None:
    desk.speak_english()
    day = date(today().year + 1, 7, 14)
    first = desk.get("cm", f"/calendar?month={day:%Y-%m}&brand={desk.world.brand_slug}")
    assert "National Day" in first.text
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(country="US"))
    again = desk.get(
        "cm",
        f"/calendar?month={day:%Y-%m}&brand={desk.world.brand_slug}",
        headers={"If-None-Match": first.headers["ETag"]},
    )
    assert again.status_code == 200
    assert "National Day" not in again.text
    assert "Independence Day" in again.text


def test_a_span_is_said_as_it_begins_and_drawn_as_it_goes_on(desk: Desk, topic_id: uuid.UUID) -> None:
    first = date(today().year + 1, 3, 1)
    last = first + timedelta(days=20)
    with desk.session() as session:
        set_black_out(session, desk.actor("rp"), desk.world.brand_id, first, last, reason="Silence", stops=True)
    html = month(desk, "cm", first)
    days = [first + timedelta(days=n) for n in range(21)]
    assert all('data-kind="black-out"' in marks_of(html, day) for day in days)
    said = [day for day in days if "day-mark-text" in marks_of(html, day)]
    assert said == [day for day in days if day == first or day.weekday() == 0]
    assert 'data-kind="black-out"' not in marks_of(html, last + timedelta(days=1))


def test_another_agency_s_marks_stand_nowhere(desk: Desk, topic_id: uuid.UUID, runtime: Runtime) -> None:
    day = at(10).date()
    with desk.session() as session:
        note_date(session, desk.actor("rp"), topic_id, day, "Chez nous")
    assert "Chez nous" in month(desk, "cm", day)
    neighbour = Desk(desk.app, runtime, build_world(runtime))
    assert "Chez nous" not in neighbour.get("cm", f"/calendar?month={day:%Y-%m}").text


def test_many_marks_are_read_with_as_few_statements(desk: Desk, topic_id: uuid.UUID) -> None:
    day = at(10).date()

    def asked(marks: int) -> int:
        with desk.session() as session:
            for number in range(marks):
                note_date(session, desk.actor("rp"), topic_id, day, f"Date {number}")
                set_black_out(session, desk.actor("rp"), desk.world.brand_id, day, day, reason="x", stops=False)
        desk.browsers.clear()  # a browser of its own, for which nothing is kept
        with recorded(desk.runtime) as statements:
            month(desk, "cm", day)
        return len(statements)

    asked(1)
    assert asked(12) == asked(1)
