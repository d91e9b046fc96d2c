# ruff: noqa: DTZ001 - wall times are naive by definition
"""The month as CSV and XLSX: what its page shows to the person who asks, harmless in a spreadsheet, in as many queries."""

import csv
import io
import uuid
from datetime import date, datetime, time
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import update
from support.calendar import Desk, spread
from support.statements import recorded

from tenants.brands import Brand
from unisson.calendars import exporting
from unisson.editorial.models import Content, ContentState
from unisson.editorial.press import Contact, Press, Quote
from unisson.topics.models import Topic
from unisson.web.spreadsheets import LONGEST_CELL, as_xlsx

OCTOBER = datetime(2026, 10, 14, 18, 30)


def asked(desk: Desk, role: str = "cm", query: str = "month=2026-10&lang=en", ending: str = "csv") -> Any:
    return desk.browser(role).get(f"/{desk.world.slug}/calendar.{ending}?{query}", base_url="https://localhost")


def rows(answer: Any, separator: str = ",") -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=separator))


def sheet(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def topic(desk: Desk, title: str) -> uuid.UUID:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        kept = Topic(brand_id=desk.world.brand_id, title=title, created_by=desk.world.people["cm"].membership_id)
        session.add(kept)
        session.flush()
        return kept.id


def test_a_row_says_all_of_a_content(desk: Desk) -> None:
    desk.write(
        OCTOBER, "Le lancement", state=ContentState.PUBLISHED, body="Samedi,\nà 10 h.", kind="press_release",
        channel_kinds="newsroom email", topic_id=topic(desk, "La saison"), live_url="https://ici.example/1",
        press=Press("Le chapô.", (Quote("Oui.", "Gwen", "dirigeante"),), "", Contact("Salomé", "s@example.org")).as_json(),
    )  # fmt: skip
    answer = asked(desk)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="calendar-2026-10.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.is_streamed
    assert rows(answer) == [
        {
            "Date": "2026-10-14", "Time": "18:30", "Clock": "Europe/Paris", "Brand": "Marque", "Title": "Le lancement",
            "Text": "Samedi,\nà 10 h.", "State": "Published", "Kind": "Press release", "Channels": "Newsroom, E-mail",
            "Topic": "La saison", "Live address": "https://ici.example/1", "Standfirst": "Le chapô.",
            "Quotes": "Oui.\n— Gwen, dirigeante", "Press contact": "Salomé\ns@example.org",
        }
    ]  # fmt: skip


def test_it_speaks_the_language_of_the_person(desk: Desk) -> None:
    desk.write(OCTOBER, "Le lancement")
    (found,) = rows(asked(desk, query="month=2026-10&lang=fr"), ";")
    assert (found["Titre"], found["État"]) == ("Le lancement", "Brouillon")


def test_a_workbook_holds_the_same_with_days_and_times_that_sort(desk: Desk) -> None:
    desk.write(OCTOBER, "Le lancement", body="Samedi.")
    answer = asked(desk, query="month=2026-10&brand=marque&lang=en", ending="xlsx")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="calendar-marque-2026-10.xlsx"'
    head, first = sheet(answer.data)
    assert head[:5] == ["Date", "Time", "Clock", "Brand", "Title"]
    assert first[:6] == [date(2026, 10, 14), time(18, 30), "Europe/Paris", "Marque", "Le lancement", "Samedi."]
    assert CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).sheet_names == ["October 2026"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_computed(desk: Desk, start: str) -> None:
    desk.write(OCTOBER, f"{start}HYPERLINK(1)", body=f"{start}cmd|' /C calc'!A0", live_url=f"{start}1+1")
    (found,) = rows(asked(desk))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in found.values())
    assert "HYPERLINK(1)" in found["Title"]
    _head, first = sheet(asked(desk, ending="xlsx").data)
    assert str(first[4]).endswith("HYPERLINK(1)")
    assert str(first[5]).endswith("cmd|' /C calc'!A0")


def test_a_workbook_leaves_out_what_no_cell_holds() -> None:
    texts = ["a\x00b\x1f\ufffe\uffffc", "x" * (LONGEST_CELL + 5), "1e5", "https://ici.example/", "{=1+1}", "😀é"]
    _head, first = sheet(as_xlsx("[a]:*?/\\'" + "t" * 60, ["A"] * 6, [texts]))
    assert first[0] == "abc"
    assert first[1] == "x" * (LONGEST_CELL - 1) + "…"
    assert first[2:] == texts[2:]


def test_only_days_of_the_month_stand_in_it_on_each_brand_s_clock(desk: Desk) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(update(Brand).where(Brand.id == desk.world.sibling_id).values(timezone="America/New_York"))
    for wall in (datetime(2026, 9, 30, 23, 59), datetime(2026, 11, 1)):
        desk.write(wall, "Dehors")
    for wall in (datetime(2026, 10, 1), datetime(2026, 10, 31, 23, 59)):
        desk.write(wall, "Dedans")
    desk.write(datetime(2026, 10, 31, 23, 30), "Là-bas", zone="America/New_York", brand_id=desk.world.sibling_id)
    desk.write(None, "Sans date")
    found = rows(asked(desk, "owner"))
    assert [each["Title"] for each in found] == ["Dedans", "Dedans", "Là-bas"]
    assert (found[2]["Date"], found[2]["Time"], found[2]["Clock"]) == ("2026-10-31", "23:30", "America/New_York")
    assert [each["Title"] for each in rows(asked(desk, "owner", "month=2026-10&brand=autre&lang=en"))] == ["Là-bas"]


def test_it_holds_what_the_person_may_see_and_no_more(desk: Desk) -> None:
    about = topic(desk, "Secret de l’agence")
    for state in ContentState:
        desk.write(OCTOBER, state.value, state=state, topic_id=about)
    desk.write(OCTOBER, "Autre marque", brand_id=desk.world.sibling_id, state=ContentState.SCHEDULED)
    writers = rows(asked(desk, "rp"))
    assert {each["Title"] for each in writers} == {state.value for state in ContentState}
    assert {each["Topic"] for each in writers} == {"Secret de l’agence"}
    for role in ("client_approver", "client_contact", "legal"):
        for told in (asked(desk, role).text, str(sheet(asked(desk, role, ending="xlsx").data))):
            assert "Secret" not in told
        seen = {each["Title"] for each in rows(asked(desk, role))}
        assert seen == {s.value for s in ContentState} - {"draft", "changes_requested", "cancelled"}
    assert "Autre marque" in {each["Title"] for each in rows(asked(desk, "owner"))}


@pytest.mark.parametrize(
    ("role", "query", "status"),
    [
        ("expert", "month=2026-10", 403),
        ("cm", "month=2026-10&brand=autre", 404),
        ("cm", "month=2026-13", 404),
        ("cm", "month=x%00", 404),
        ("member", "month=2026-10", 200),
    ],
)
def test_who_sees_no_calendar_gets_no_file(desk: Desk, role: str, query: str, status: int) -> None:
    for ending in ("csv", "xlsx"):
        assert asked(desk, role, query, ending).status_code == status


def test_more_than_one_file_takes_is_refused_with_a_way_on(desk: Desk) -> None:
    desk.write_many(spread(exporting.MOST_ROWS + 1, datetime(2026, 10, 1, 8)))
    answer = asked(desk)
    assert answer.status_code == 422
    assert "5,000 contents" in answer.text


def test_two_hundred_contents_take_as_many_queries_as_one(desk: Desk) -> None:
    desk.write(OCTOBER, "Le premier")
    asked(desk)
    with recorded(desk.runtime) as few:
        assert len(rows(asked(desk))) == 1
    desk.write_many(spread(200, datetime(2026, 10, 1, 8)))
    with recorded(desk.runtime) as many:
        assert len(rows(asked(desk))) == 201
    assert len(many) == len(few)


def test_seconds_never_show(desk: Desk) -> None:
    content_id = desk.write(OCTOBER, "À la seconde")
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        later = OCTOBER.replace(second=59)
        session.execute(update(Content).where(Content.id == content_id).values(wall_time=later))
    assert rows(asked(desk))[0]["Time"] == "18:30"


def test_the_calendar_s_menu_leads_to_the_files(desk: Desk) -> None:
    page = desk.open(query="month=2026-10&brand=marque&lang=en").text
    for ending in ("csv", "xlsx"):
        assert f'href="/{desk.world.slug}/calendar.{ending}?month=2026-10&amp;brand=marque"' in page
    assert f"/{desk.world.slug}/calendar.csv?month=2026-10" in desk.open("client_contact").text
