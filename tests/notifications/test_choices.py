"""Everybody chooses how they are told: at once, in a summary in their own hours, or not; and turns it off by one click."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from standins.smtp import StandInSmtp
from support.desk import Desk
from support.letters import forget_what_others_wrote

from tenants.brands import Brand
from tenants.identities import Identity
from unisson.agency.clocks import clock_of_person
from unisson.devmail.box import KeptMail, Mailbox
from unisson.dispatching import claim
from unisson.mail import Deferred, SmtpServer
from unisson.notifications import notices
from unisson.notifications.choices import choose
from unisson.notifications.digests import Hours, hours_of, keep_hours
from unisson.notifications.events import Event, Pace, Wish
from unisson.notifications.letters import write
from unisson.notifications.models import Letter, Notice, NoticeChoice
from unisson.notifications.post import send_due
from unisson.notifications.unsubscribing import EVERY_DIGEST, Wanted, read_token, token
from unisson.runtime import Runtime
from unisson.smtp import SmtpTransport

WEEK = frozenset(range(5))
PARIS = Hours("Europe/Paris", WEEK, time(9), time(18), follows=True)
NUMEA = Hours("Pacific/Noumea", frozenset(range(7)), time(8, 30), time(10))
DIGESTED = {Event.STOPPED: Wish(mail=Pace.DAILY), Event.MESSAGE: Wish(mail=Pace.HOURLY)}

Post = Callable[[], list[KeptMail]]


@pytest.fixture(autouse=True)
def alone(desk: Desk, worker: Runtime) -> None:
    desk.speak_english()
    forget_what_others_wrote(worker)


@pytest.fixture
def post(worker: Runtime, tmp_path: Path) -> Post:
    """Send all that stands on the table, whenever it is due; return the mails that there are by now."""
    box = Mailbox(tmp_path)

    def send() -> list[KeptMail]:
        with worker.database.everywhere() as session:
            session.execute(text("update app.dispatch set due_at = now(), lease_until = null where queue = 'mail'"))
        send_due(worker, 20, box)
        return list(box.newest())

    return send


def wish(desk: Desk, role: str, wishes: dict[Event, Wish]) -> None:
    with desk.session() as session:
        choose(session, desk.world.people[role].membership_id, wishes)


def tell(desk: Desk, content_id: object, role: str = "cm", kind: str = "missed") -> None:
    with desk.session() as session:
        notices.tell(session, desk.world.people[role].membership_id, kind, {"content_id": str(content_id), "by": "Ana"})


def letters(desk: Desk, kind: str = "digest") -> list[tuple[str, str]]:
    with desk.session() as session:
        found = session.execute(select(Letter.state, Letter.about["pace"].as_string()).where(Letter.kind == kind))
        return sorted(tuple(row) for row in found)


@pytest.mark.parametrize(
    ("hours", "pace", "after", "leaves"),
    [
        (PARIS, Pace.HOURLY, "2026-11-27 09:10", "2026-11-27 10:00"),
        (PARIS, Pace.HOURLY, "2026-11-27 17:00", "2026-11-30 08:00"),
        (PARIS, Pace.HOURLY, "2026-11-27 04:00", "2026-11-27 08:00"),
        (PARIS, Pace.DAILY, "2026-11-26 08:00", "2026-11-27 08:00"),
        (PARIS, Pace.DAILY, "2026-11-27 08:00", "2026-11-30 08:00"),
        (PARIS, Pace.DAILY, "2026-03-27 12:00", "2026-03-30 07:00"),  # clocks go forward in between
        (PARIS, Pace.DAILY, "2026-10-23 12:00", "2026-10-26 08:00"),  # and back
        (NUMEA, Pace.HOURLY, "2026-11-27 21:40", "2026-11-27 22:00"),
        (NUMEA, Pace.HOURLY, "2026-11-27 23:00", "2026-11-28 21:30"),
        (Hours("UTC", frozenset({6}), time(9), time(10)), Pace.DAILY, "2026-11-29 09:00", "2026-12-06 09:00"),
    ],
    ids=str,
)
def test_a_summary_leaves_in_its_reader_s_hours(hours: Hours, pace: Pace, after: str, leaves: str) -> None:
    at = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert hours.next(pace, at) == datetime.fromisoformat(leaves).replace(tzinfo=UTC)


def test_hours_are_the_agency_s_on_one_s_own_clock_until_one_says_otherwise(desk: Desk) -> None:
    person = desk.world.people["cm"]
    with desk.session() as session:
        assert hours_of(session, person.membership_id) == PARIS
    with desk.runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == person.identity_id).values(timezone="Indian/Reunion"))
    with desk.session() as session:
        assert hours_of(session, person.membership_id).zone == "Indian/Reunion"
        keep_hours(session, person.membership_id, NUMEA)
        assert hours_of(session, person.membership_id) == NUMEA


def test_who_chose_no_clock_reads_by_their_brands_else_by_the_agency_s(desk: Desk) -> None:
    person = desk.world.people["cm"]
    with desk.session() as session:
        session.get_one(Brand, (session.agency_id, desk.world.brand_id)).timezone = "Pacific/Noumea"
        session.flush()
        assert clock_of_person(session, person.membership_id) == "Pacific/Noumea"
        assert clock_of_person(session, desk.world.people["owner"].membership_id) == "Europe/Paris"
        assert hours_of(session, person.membership_id) == replace(PARIS, zone="Pacific/Noumea")
    page = desk.get("cm", "/notices/choices").get_data(as_text=True)
    assert "Your own is that of Noumea" in page


def test_hours_follow_one_s_own_clock_unless_they_have_one_of_their_own(desk: Desk) -> None:
    person = desk.world.people["cm"]
    fields = {"timezone": "", "days": ["0"], "starts": "08:30", "ends": "12:00"}
    assert desk.post("cm", "/notices/hours", fields).status_code == 303
    for zone in ("Asia/Tokyo", "Indian/Reunion"):
        with desk.runtime.database.everywhere() as session:
            session.execute(update(Identity).where(Identity.id == person.identity_id).values(timezone=zone))
        with desk.session() as session:
            assert hours_of(session, person.membership_id).zone == zone


def test_what_is_told_in_a_summary_is_mailed_once_and_together(desk: Desk, post: Post) -> None:
    wish(desk, "cm", DIGESTED)
    one, other = desk.write(title="One"), desk.write(title="Other <b>")
    tell(desk, one)
    tell(desk, other, kind="held")
    tell(desk, one, kind="thread_message")
    assert letters(desk) == [("waiting", "daily"), ("waiting", "hourly")]
    daily, hourly = sorted(post(), key=lambda mail: -len(mail.text("plain")))
    assert daily.header("Subject") == "2 notifications"
    for sentence in ("“One” missed its date and did not go out (Marque)", "Ana put “Other <b>” on hold (Marque)"):
        assert sentence in daily.text("plain")
    assert f"http://localhost/{desk.world.slug}/contents/{one}" in daily.text("html")
    assert "Other &lt;b&gt;" in daily.text("html")
    assert "Ana wrote about “One”" in hourly.text("plain")
    assert len(post()) == 2
    tell(desk, other)
    assert post()[0].header("Subject") == "1 notification"
    assert [state for state, _pace in letters(desk)] == ["sent"] * 3


def test_what_was_read_or_may_not_be_seen_any_more_is_not_mailed(desk: Desk, post: Post) -> None:
    wish(desk, "cm", DIGESTED)
    content_id = desk.write()
    tell(desk, content_id)
    desk.post("cm", "/notices/reading")
    assert post() == []
    assert letters(desk) == [("dropped", "daily")]
    tell(desk, content_id)
    with desk.session() as session:
        session.execute(text("delete from app.brand_assignments"))
    assert post() == []


def test_a_summary_that_could_not_leave_is_sent_again_with_all_of_it(
    desk: Desk, worker: Runtime, post: Post, tmp_path: Path
) -> None:
    wish(desk, "cm", DIGESTED)
    content_id = desk.write()
    tell(desk, content_id)

    class Away:
        def send(self, *_mail: object) -> Deferred:
            return Deferred("away", down=True)

    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where queue = 'mail'"))
    assert send_due(worker, 20, Away()) == 1
    tell(desk, content_id, kind="held")
    assert letters(desk) == [("waiting", "daily"), ("waiting", "daily")]
    mails = post()
    said = "\n".join(mail.text("plain") for mail in mails)
    assert said.count("missed its date") == said.count("on hold") == 1


def test_what_is_told_while_a_summary_leaves_comes_with_the_next(desk: Desk, worker: Runtime, post: Post) -> None:
    wish(desk, "cm", DIGESTED)
    content_id = desk.write()
    tell(desk, content_id)
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where queue = 'mail'"))
        assert len(claim(session, "mail", limit=9, worker="another", lease=60)) == 1
    tell(desk, content_id, kind="held")
    assert letters(desk) == [("waiting", "daily"), ("waiting", "daily")]


def test_no_mail_and_not_in_the_app(desk: Desk, post: Post) -> None:
    quiet = Wish(in_app=False, mail=Pace.NEVER)
    wish(desk, "cm", dict.fromkeys(Event, quiet))
    content_id = desk.write()
    tell(desk, content_id)
    tell(desk, content_id, kind="trouble")
    assert post() == []
    page = desk.get("cm", "/notices").get_data(as_text=True)
    assert page.count('class="notice-line') == 1  # what was not published always shows
    with desk.session() as session:
        assert session.scalars(select(Notice.kind)).all() == ["trouble"]


def test_a_client_is_asked_by_mail_whatever_they_chose(desk: Desk, post: Post) -> None:
    wish(desk, "client_approver", dict.fromkeys(Event, Wish(mail=Pace.NEVER)))
    wish(desk, "rp", dict.fromkeys(Event, Wish(mail=Pace.NEVER)))
    desk.in_state("client_turn")
    asked = [mail for mail in post() if "/approve/" in mail.text("plain")]
    assert [mail.header("Delivered-To") for mail in asked] == [desk.world.people["client_approver"].email]
    assert asked[0].header("List-Unsubscribe") == ""
    assert "/unsubscribe/" not in asked[0].text("html")


def stop_link(mail: KeptMail) -> str:
    found = re.fullmatch(r"<http://localhost(/\S+/unsubscribe/\S+)>", mail.header("List-Unsubscribe"))
    assert found[1] in mail.text("plain")
    assert found[1] in mail.text("html")
    return found[1]


def test_one_click_turns_its_kind_of_mail_off_and_nothing_else(desk: Desk, post: Post) -> None:
    content_id = desk.write()
    tell(desk, content_id)
    (mail,) = post()
    assert mail.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    link = stop_link(mail)
    stranger = desk.app.test_client()
    page = stranger.get(link, base_url="https://localhost")
    assert page.status_code == 200
    assert "Turn these mails off?" in page.get_data(as_text=True)
    assert chosen(desk) == {}
    for _again in range(2):
        answer = stranger.post(link, base_url="https://localhost", data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert chosen(desk) == {"stopped": (True, "never")}
    tell(desk, content_id)
    tell(desk, content_id, kind="approved")
    assert sorted(each.header("Subject").split(":")[0] for each in post()) == ["Approved", "Missed"]
    assert desk.get("cm", "/notices").get_data(as_text=True).count('class="notice-line') == 3


def chosen(desk: Desk) -> dict[str, tuple[bool, str]]:
    with desk.session() as session:
        rows = session.execute(select(NoticeChoice.event, NoticeChoice.in_app, NoticeChoice.mail))
        return {event: (in_app, mail) for event, in_app, mail in rows}


def test_a_summary_turns_off_all_that_comes_with_one_and_what_waits_for_it(desk: Desk, post: Post) -> None:
    wish(desk, "cm", DIGESTED)
    content_id = desk.write()
    tell(desk, content_id)
    link = stop_link(post()[0])
    tell(desk, content_id)
    assert desk.app.test_client().post(link, base_url="https://localhost").status_code == 200
    assert chosen(desk) == {"stopped": (True, "never"), "message": (True, "never")}
    assert len(post()) == 1


def test_a_link_of_elsewhere_or_altered_does_nothing(desk: Desk, new_world: Callable) -> None:
    other = new_world()
    key = desk.runtime.settings.secret_key
    person = desk.world.people["cm"].membership_id
    good = token(key, Wanted(desk.world.agency_id, person, Event.APPROVED))
    assert read_token(key, good).event is Event.APPROVED
    assert read_token(key, token(key, Wanted(desk.world.agency_id, person, None))).event is None
    foreign = token(key, Wanted(other.agency_id, person, Event.APPROVED))
    for given in (
        good + "x",
        good[:-2],
        foreign,
        token("another key", Wanted(desk.world.agency_id, person, None)),
        EVERY_DIGEST,
    ):
        for method in ("GET", "POST"):
            answer = desk.app.test_client().open(
                desk.path(f"/unsubscribe/{given}"), method=method, base_url="https://localhost"
            )
            assert answer.status_code == 404
    assert (
        desk.app.test_client().post(f"/{other.slug}/unsubscribe/{good}", base_url="https://localhost").status_code
        == 404
    )
    assert chosen(desk) == {}


def typed(**changes: str) -> dict[str, str]:
    fields = {f"mail_{event}": "at_once" for event in Event} | {f"app_{event}": "y" for event in Event}
    return {name: value for name, value in (fields | changes).items() if value}


def test_the_matrix_keeps_what_is_chosen(desk: Desk) -> None:
    answer = desk.post(
        "cm", "/notices/choices", typed(mail_approved="daily", app_approved="", app_to_decide="", mail_late="never")
    )
    assert answer.status_code == 303
    assert chosen(desk) == {"approved": (False, "daily"), "late": (True, "never")}
    page = desk.get("cm", "/notices/choices").get_data(as_text=True)
    assert re.search(r'name="mail_approved".*?<option selected value="daily">', page, re.DOTALL)
    assert not re.search(r'name="app_approved"[^>]*checked|checked[^>]*name="app_approved"', page)
    assert desk.post("cm", "/notices/choices", typed()).status_code == 303
    assert chosen(desk) == {}


def test_a_client_s_matrix_has_no_say_over_what_they_must_answer(desk: Desk) -> None:
    page = desk.get("client_approver", "/notices/choices").get_data(as_text=True)
    assert "<select" in page
    assert '<input type="hidden" name="mail_to_decide" value="at_once">' in page
    desk.post("client_approver", "/notices/choices", typed(mail_to_decide="never", mail_reminder="never"))
    assert chosen(desk) == {}


@pytest.mark.parametrize(
    ("path", "fields", "sentence"),
    [
        ("/notices/choices", {"mail_approved": "weekly"}, "Choose among what is offered here."),
        ("/notices/choices", {}, ""),
        (
            "/notices/hours",
            {"timezone": "Mars/Olympus", "days": "0", "starts": "09:00", "ends": "18:00"},
            "none of the time zones",
        ),
        ("/notices/hours", {"timezone": "Europe/Paris", "days": "9", "starts": "09:00", "ends": "18:00"}, ""),
        ("/notices/hours", {"timezone": "Europe/Paris", "days": "0", "starts": "25:00", "ends": "18:00"}, ""),
        (
            "/notices/hours",
            {"timezone": "Europe/Paris", "starts": "09:00", "ends": "18:00"},
            "Choose at least one day.",
        ),
        (
            "/notices/hours",
            {"timezone": "Europe/Paris", "days": "0", "starts": "", "ends": ""},
            "Give a time of day, such as 10:30.",
        ),
        (
            "/notices/hours",
            {"timezone": "Europe/Paris", "days": "0", "starts": "18:00", "ends": "09:00"},
            "ends after it begins",
        ),
    ],
    ids=str,
)
def test_what_can_t_be_kept_is_said_at_its_place(desk: Desk, path: str, fields: dict[str, str], sentence: str) -> None:
    data = typed(**fields) if fields and path.endswith("choices") else fields
    answer = desk.post("cm", path, data)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert chosen(desk) == {}
    with desk.session() as session:
        assert hours_of(session, desk.world.people["cm"].membership_id) == PARIS


def test_hours_are_kept(desk: Desk) -> None:
    fields = {"timezone": "Pacific/Noumea", "days": ["0", "6"], "starts": "08:30", "ends": "12:00"}
    assert desk.post("cm", "/notices/hours", fields).status_code == 303
    with desk.session() as session:
        kept = hours_of(session, desk.world.people["cm"].membership_id)
    assert kept == Hours("Pacific/Noumea", frozenset({0, 6}), time(8, 30), time(12))


def test_a_mail_server_takes_a_summary_and_reads_how_to_stop_it(desk: Desk, worker: Runtime, tmp_path: Path) -> None:
    wish(desk, "cm", DIGESTED)
    tell(desk, desk.write(title="L’été à Nouméa"))
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where queue = 'mail'"))
    server = StandInSmtp(tmp_path / "effects.jsonl")
    here = SmtpTransport(SmtpServer("127.0.0.1", server.port), seconds=5)
    assert send_due(worker, 20, here) == 1
    here.close()
    (taken,) = server.effects.all()
    server.close()
    assert taken["to"] == [desk.world.people["cm"].email]
    assert re.fullmatch(r"<http://localhost/\S+/unsubscribe/\S+>", taken["list_unsubscribe"])
    assert taken["list_unsubscribe_post"] == "List-Unsubscribe=One-Click"


def test_a_letter_that_always_leaves_can_t_be_turned_off(desk: Desk, post: Post) -> None:
    with desk.session() as session:
        write(
            session,
            desk.world.people["client_approver"].membership_id,
            "portal_link",
            {"brand_id": str(desk.world.brand_id)},
        )
    (mail,) = post()
    assert mail.header("List-Unsubscribe") == ""
