"""The register of decisions: of one brand and a period, for spreadsheets, in one query, and harmless there."""

import csv
import io
import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from support.desk import Desk, today
from support.statements import recorded

from tenants.errors import RefusedError
from unisson.approvals import deciding
from unisson.approvals.register import Period, period, usual

TODAY = today()


def asked(desk: Desk, role: str = "cm", *, first: object = TODAY - timedelta(days=1), last: object = TODAY + timedelta(days=1), lang: str = "en") -> Any:  # fmt: skip
    return desk.get(role, f"/brands/{desk.world.brand_slug}/decisions.csv?lang={lang}&from={first}&to={last}")


def rows(answer: Any, separator: str = ",") -> list[dict[str, str]]:
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=separator))


def sent_back(desk: Desk, comment: str, **more: object) -> uuid.UUID:
    content_id = desk.write(**more)
    desk.submit(content_id)
    actor, digest = desk.actor("rp"), desk.asked(content_id)[0]
    with desk.session() as session:
        deciding.request_changes(session, actor, content_id, digest, comment)
    return content_id


def test_every_decision_of_the_period_stands_in_it(desk: Desk) -> None:
    content_id = desk.in_state("on_hold")
    digest = desk.get("cm", f"/contents/{content_id}/versions").text
    answer = asked(desk)
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    assert re.search(r'attachment; filename="decisions-[a-z0-9-]+\.csv"', answer.headers["Content-Disposition"])
    found = rows(answer)
    assert [each["Decision"] for each in found] == ["Approved", "Approved", "Stopped: put on hold"]
    first = found[0]
    assert (first["Content"], first["Content number"], first["Version"]) == ("La saison ouvre", str(content_id), "1")
    assert first["Digest (SHA-256)"] in digest
    assert first["Role"] == "Press officer"
    assert first["How we know"] == "Signed in with their account"
    assert first["Clock"] == "Europe/Paris"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", first["Decided, on the brand's clock"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["Decided (UTC)"])
    assert found[2]["Comment"] == "Attendez lundi."


def test_a_french_reader_has_semicolons(desk: Desk) -> None:
    sent_back(desk, "Non ; plutôt dimanche, à 10 h.")
    (found,) = rows(asked(desk, lang="fr"), ";")
    assert "Non ; plutôt dimanche, à 10 h." in found.values()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_computed(desk: Desk, start: str) -> None:
    sent_back(desk, f"{start}cmd|' /C calc'!A0", title=f"{start}HYPERLINK(1)")
    (found,) = rows(asked(desk))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in found.values())
    assert "HYPERLINK(1)" in found["Content"]


def test_days_are_those_of_the_brand_s_clock() -> None:
    starts, ends = Period(date(2027, 3, 28), date(2027, 3, 28)).between("Europe/Paris")
    assert (ends - starts) == timedelta(hours=23)
    assert starts.isoformat() == "2027-03-27T23:00:00+00:00"
    assert usual(date(2027, 3, 28)) == Period(date(2027, 2, 1), date(2027, 3, 28))


def test_what_is_outside_the_period_or_the_brand_is_not_in_it(desk: Desk) -> None:
    sent_back(desk, "Dimanche.")
    assert rows(asked(desk, first=TODAY - timedelta(days=40), last=TODAY - timedelta(days=2))) == []
    sibling = desk.get("owner", f"/brands/{desk.world.sibling_slug}/decisions.csv?from={TODAY}&to={TODAY}&lang=en")
    assert sibling.status_code == 200
    assert rows(sibling) == []


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("", "2026-01-01", "from"),
        ("2026-01-01", "", "to"),
        ("demain", "2026-01-01", "from"),
        ("2026-02-30", "2026-03-01", "from"),
        ("2026-03-02", "2026-03-01", "to"),
        ("2025-01-01", "2026-01-02", "to"),
        ("0001-01-01", "0001-01-02", "from"),
        ("9999-12-30", "9999-12-31", "from"),
        ("2026-01-01\u0000", "2026-01-02", "from"),
    ],
)
def test_a_period_that_is_none_is_refused_on_the_page(desk: Desk, first: str, last: str, field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        period(first, last)
    assert refused.value.field == field
    answer = asked(desk, first=first.replace("\u0000", "%00"), last=last)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


def test_a_year_is_a_period() -> None:
    assert period("2028-01-01", "2028-12-31").last == date(2028, 12, 31)


def test_the_page_offers_last_month_and_this_one(desk: Desk) -> None:
    page = desk.get("rp", f"/brands/{desk.world.brand_slug}/decisions?lang=en")
    assert page.status_code == 200
    assert f'value="{usual(TODAY).first}"' in page.text
    assert desk.get("rp", f"/brands/{desk.world.brand_slug}/decisions.csv").status_code == 200
    assert desk.get("client_approver", f"/brands/{desk.world.brand_slug}/decisions").status_code == 403
    assert asked(desk, "client_approver").status_code == 403
    assert asked(desk, "expert").status_code in {403, 404}


def test_a_thousand_decisions_take_as_many_queries_as_one(desk: Desk) -> None:
    sent_back(desk, "Dimanche.")
    asked(desk)
    with recorded(desk.runtime) as few:
        assert len(rows(asked(desk))) == 1
    with desk.session() as session:
        copy = (
            "insert into app.decisions (agency_id, id, run_id, digest, verdict, membership_id, comment, decided_at)"
            " select d.agency_id, gen_random_uuid(), d.run_id, d.digest, 'held', d.membership_id, repeat('x', 300), d.decided_at"
            " from app.decisions d, generate_series(1, 1000)"
        )
        session.execute(text(copy))
    with recorded(desk.runtime) as many:
        answer = asked(desk)
        assert answer.is_streamed
        assert len(rows(answer)) == 1_001
    assert len(many) == len(few)
