"""What a person is told of in the app: written with the fact, shown as they may see it now, counted by the bell."""

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from support.desk import Desk
from support.statements import recorded

from tenants.base import utcnow
from tenants.members import BrandAssignment, Membership
from unisson.editorial.models import Content
from unisson.notifications import notices
from unisson.notifications.events import EVENT_OF, NAMES, Event
from unisson.notifications.lines import ICONS, sentence
from unisson.notifications.models import KINDS, Notice
from unisson.notifications.notices import OF_LETTERS
from unisson.web.bare import bare_app
from unisson.web.i18n import speaking


@pytest.fixture(autouse=True)
def english(desk: Desk) -> None:
    desk.speak_english()


def told(desk: Desk, role: str) -> list[tuple[str, bool]]:
    """The kinds of what the person with this role was told, the oldest first, and whether each is read."""
    with desk.session() as session:
        rows = session.execute(
            select(Notice.kind, Notice.read_at.is_not(None))
            .where(Notice.membership_id == desk.world.people[role].membership_id)
            .order_by(Notice.created_at)
        )
        return [tuple(row) for row in rows]


def bell(desk: Desk, role: str) -> str:
    """The number that a page of this person shows, which is the one that it would be told if it asked."""
    page = desk.get(role, "/notices").get_data(as_text=True)
    shown = re.search(r'class="bell-count"[^>]*>([^<]*)<', page)[1]
    assert shown == desk.get(role, "/notices/bell").get_json()["number"]
    return shown


def note(desk: Desk, role: str, kind: str, **about: str) -> None:
    with desk.session() as session:
        notices.tell(session, desk.world.people[role].membership_id, kind, about)


def test_every_kind_has_its_event_its_words_and_its_icon(desk: Desk) -> None:
    assert {OF_LETTERS.get(kind, kind) for kind in EVENT_OF} <= set(KINDS)
    assert NAMES.keys() == ICONS.keys() == set(Event) == set(EVENT_OF.values())
    with bare_app(desk.runtime).app_context(), speaking("en"):
        said = {kind: sentence(kind, "Title", {"by": "Ana", "file": "plan.csv"}) for kind in EVENT_OF}
    assert len(set(said.values())) == len(said) - 2  # what asks for a decision had two other names


def test_who_is_asked_to_decide_is_told_and_it_is_read_once_decided(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    assert told(desk, "rp") == [("to_decide", False)]
    page = desk.get("rp", "/notices").get_data(as_text=True)
    assert "“La saison ouvre” waits for your decision" in page
    assert f"/{desk.world.slug}/contents/{content_id}" in page
    assert bell(desk, "rp") == "1"
    desk.approve(content_id, "rp")
    assert told(desk, "rp") == [("to_decide", True)]
    assert bell(desk, "rp") == ""
    assert told(desk, "client_approver") == [("to_decide", False)]
    desk.approve(content_id, "client_approver")
    assert told(desk, "cm") == [("approved", False)]
    assert "Nothing new" in desk.get("rp", "/notices").get_data(as_text=True)


def test_what_is_taken_back_asks_nobody_any_more(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    desk.post("cm", f"/contents/{content_id}/withdrawal")
    assert told(desk, "rp") == [("to_decide", True)]


def test_a_fact_that_did_not_happen_is_not_told(desk: Desk) -> None:
    with desk.runtime.database.open_agency(desk.world.agency_id) as session:
        notices.tell(session, desk.world.people["cm"].membership_id, "missed", {})
        session.rollback()
    assert told(desk, "cm") == []


def test_reading_one_and_all_of_what_was_shown(desk: Desk) -> None:
    content_id = desk.write()
    for _number in range(3):
        note(desk, "cm", "missed", content_id=str(content_id))
    page = desk.get("cm", "/notices").get_data(as_text=True)
    until = re.search(r'name="until" value="([^"]+)"', page)[1]
    first = re.search(r'action="([^"]+/notices/[0-9a-f-]{36}/reading)"', page)[1].removeprefix(f"/{desk.world.slug}")
    answer = desk.post("cm", first, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "notices-changed")
    assert bell(desk, "cm") == "2"
    note(desk, "cm", "held", content_id=str(content_id), by="Ana")
    assert desk.post("cm", "/notices/reading", {"until": until}).status_code == 303
    assert bell(desk, "cm") == "1"
    assert "Ana put “La saison ouvre” on hold" in desk.get("cm", "/notices").get_data(as_text=True)
    assert desk.post("cm", "/notices/reading", {"until": "yesterday"}).status_code == 303
    assert bell(desk, "cm") == ""
    assert desk.get("cm", "/notices?show=all").get_data(as_text=True).count('class="notice-line') == 4


def test_nobody_reads_another_one_s_notice(desk: Desk) -> None:
    content_id = desk.write()
    note(desk, "cm", "missed", content_id=str(content_id))
    with desk.session() as session:
        mine = session.scalars(select(Notice.id).where(Notice.kind == "missed")).one()
    for role in ("rp", "owner", "client_approver"):
        assert desk.post(role, f"/notices/{mine}/reading").status_code == 404
    assert desk.post("cm", f"/notices/{uuid.uuid4()}/reading").status_code == 404
    assert bell(desk, "cm") == "1"


def test_what_somebody_may_not_see_any_more_does_not_show(desk: Desk) -> None:
    content_id = desk.in_state("scheduled", title="Secret plan")
    note(desk, "rp", "missed", content_id=str(content_id))
    note(desk, "rp", "thread_message", content_id=str(content_id), thread_id="x", by="Ana", audience="internal")
    assert bell(desk, "rp") == "2"
    person = desk.world.people["rp"].membership_id
    with desk.session() as session:
        session.execute(
            update(BrandAssignment).where(BrandAssignment.membership_id == person).values(role="client_contact")
        )
    assert bell(desk, "rp") == "1"
    page = desk.get("rp", "/notices").get_data(as_text=True)
    assert "Secret plan" in page
    assert "Ana" not in page
    with desk.session() as session:
        session.execute(update(Content).where(Content.id == content_id).values(state="draft"))
    assert bell(desk, "rp") == ""
    assert "Secret plan" not in desk.get("rp", "/notices?show=all").get_data(as_text=True)
    with desk.session() as session:
        session.execute(text("delete from app.brand_assignments where membership_id = :p"), {"p": person})
    assert desk.get("rp", "/notices?show=all").get_data(as_text=True).count('class="notice-line') == 0


def test_who_can_t_sign_in_has_no_notice_and_who_left_is_told_nothing(desk: Desk) -> None:
    content_id = desk.write()
    with desk.session() as session:
        for role, column in (("rp", "joined_at"), ("cm", "removed_at")):
            person = session.get_one(Membership, (desk.world.agency_id, desk.world.people[role].membership_id))
            setattr(person, column, None if role == "rp" else utcnow())
    for role in ("rp", "cm"):
        note(desk, role, "missed", content_id=str(content_id))
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 0
        assert session.scalar(text("select count(*) from app.letters where kind = 'missed'")) == 1


def test_many_notices_cost_no_more_questions_and_come_page_by_page(desk: Desk) -> None:
    content_id = desk.write()
    note(desk, "cm", "missed", content_id=str(content_id))
    desk.get("cm", "/notices")
    with recorded(desk.runtime) as few:
        desk.get("cm", "/notices")
    with desk.session() as session:
        session.add_all(
            Notice(
                membership_id=desk.world.people["cm"].membership_id, event="stopped", kind="missed",
                brand_id=desk.world.brand_id, content_id=content_id, created_at=utcnow() - timedelta(minutes=number),
            )
            for number in range(130)
        )  # fmt: skip
    with recorded(desk.runtime) as many:
        page = desk.get("cm", "/notices").get_data(as_text=True)
    assert len(many) == len(few)
    assert bell(desk, "cm") == "99+"
    seen = 0
    while True:
        seen += page.count('class="notice-line')
        older = re.search(r'href="[^"]*(/notices\?before=[^"]+)" rel="next"|href="[^"]*(/notices\?before=[^"]+)"', page)
        if older is None:
            break
        page = desk.get("cm", (older[1] or older[2]).replace("&amp;", "&")).get_data(as_text=True)
    assert seen == 131


@pytest.mark.parametrize("typed", ["x", "2026-01-01_x", "2026-01-01T00:00:00_" + "0" * 32, "\0"])
def test_a_page_below_nonsense_is_the_first_one(desk: Desk, typed: str) -> None:
    content_id = desk.write()
    note(desk, "cm", "missed", content_id=str(content_id))
    answer = desk.get("cm", "/notices", query_string={"before": typed})
    assert answer.status_code == 200
