"""Notes and events of the calendar: written, seen by those who write for the brand alone, moved, taken off and put back."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from support.desk import Desk, today
from support.world import World

from unisson.calendars.models import CalendarNote
from unisson.runtime import Runtime

FIRST = date(2027, 5, 10)


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    return made


def write(desk: Desk, role: str = "cm", **typed: str):
    form = {"kind": "event", "title": "Salon du goût", "starts_on": FIRST.isoformat(), **typed}
    return desk.post(role, "/brands/marque/notes/new", form)


def month(desk: Desk, role: str = "cm", query: str = "month=2027-05&brand=marque") -> str:
    return desk.get(role, f"/calendar?{query}").text


def marks(html: str) -> list[str]:
    """Return the days, as the page names them, on which the event is drawn."""
    days = re.findall(r'<section class="month-day" aria-label="([^"]*)".*?</section>', html, re.DOTALL)
    parts = re.split(r'<section class="month-day"', html)[1:]
    return [day for day, part in zip(days, parts, strict=True) if 'data-kind="event"' in part]


def only(desk: Desk) -> CalendarNote:
    with desk.session() as session:
        return session.scalars(select(CalendarNote)).one()


def test_an_event_stands_on_each_of_its_days_and_leads_to_its_page(desk: Desk) -> None:
    assert write(desk, ends_on=(FIRST + timedelta(days=2)).isoformat(), details="Stand 12").status_code == 303
    html = month(desk)
    assert [each.split(" ")[1] for each in marks(html)] == ["10", "11", "12"]
    assert f'href="notes/{only(desk).id}"' in html
    page = desk.get("rp", f"/notes/{only(desk).id}").text
    assert "Stand 12" in page
    assert "Salon du goût" in month(desk, query=f"day={FIRST}&brand=marque")


def test_clients_and_other_brands_see_none(desk: Desk) -> None:
    write(desk)
    note_id = only(desk).id
    assert "Salon du goût" not in month(desk, "client_approver")
    assert desk.get("client_approver", f"/notes/{note_id}").status_code == 403
    assert "Salon du goût" not in month(desk, "owner", "month=2027-05&brand=autre")
    assert "Salon du goût" in month(desk, "owner", "month=2027-05")


def test_it_is_changed_taken_off_and_put_on_again(desk: Desk) -> None:
    write(desk, kind="note", title="Penser au bon à tirer")
    note = only(desk)
    later = {"title": "Penser au BAT", "kind": "note", "starts_on": "2027-05-20", "version": "1"}
    assert desk.post("rp", f"/notes/{note.id}", later).status_code == 303
    assert (only(desk).starts_on, only(desk).ends_on) == (date(2027, 5, 20), date(2027, 5, 20))
    stale = desk.post("cm", f"/notes/{note.id}", {**later, "title": "Autre chose"})
    assert stale.status_code == 409
    assert "Autre chose" in stale.text
    assert "Penser au BAT" in stale.text
    assert desk.post("cm", f"/notes/{note.id}/archive").status_code == 303
    assert "Penser au BAT" not in month(desk)
    assert desk.post("cm", f"/notes/{note.id}/archive", {"back": "y"}).status_code == 303
    assert "Penser au BAT" in month(desk)


@pytest.mark.parametrize(
    "typed",
    [
        {"title": ""},
        {"title": "x" * 121},
        {"starts_on": ""},
        {"starts_on": "2027-02-30"},
        {"starts_on": "0001-01-01"},
        {"ends_on": "2027-05-09"},
        {"ends_on": "2029-05-09"},
        {"ends_on": "bientôt"},
        {"details": "x" * 2001},
    ],
)
def test_bad_input_is_said_and_kept(desk: Desk, typed: dict[str, str]) -> None:
    answer = write(desk, **{"details": "Gardé", **typed})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert "Gardé" in answer.text or "details" in typed
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(CalendarNote)) == 0


def test_titles_are_text_and_the_day_of_the_address_is_proposed(desk: Desk) -> None:
    write(desk, title="<b>gras</b>")
    assert "<b>gras" not in month(desk)
    assert f'value="{today()}"' in desk.get("cm", f"/brands/marque/notes/new?date={today()}").text


def test_it_is_put_on_the_days_that_one_sees_free_or_not_at_all(desk: Desk) -> None:
    write(desk, details="Stand 12")
    note, there = only(desk), "2027-05-10/2027-05-10"
    days = {"starts_on": "2027-05-12", "ends_on": "2027-05-14", "shown": there}
    assert desk.post("rp", f"/notes/{note.id}/days", days).status_code == 200
    moved = only(desk)
    assert (moved.starts_on, moved.ends_on, moved.details) == (date(2027, 5, 12), date(2027, 5, 14), "Stand 12")
    assert 'data-lasts="2027-05-12/2027-05-14"' in month(desk)
    stale = desk.post("cm", f"/notes/{note.id}/days", days)
    assert stale.status_code == 409
    assert stale.json["message"] == "Somebody has moved this since. Look where it stands now."
    here = "2027-05-12/2027-05-14"
    for bad in ({"ends_on": "2027-05-01"}, {"starts_on": ""}, {"starts_on": "2027-02-30"}, {"ends_on": "2031-01-01"}):
        assert desk.post("cm", f"/notes/{note.id}/days", {**days, **bad, "shown": here}).status_code == 422
    assert only(desk).starts_on == date(2027, 5, 12)
