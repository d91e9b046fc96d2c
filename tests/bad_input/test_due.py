"""What changed between an approval and its minute: nothing waits for ever in silence, nothing leaves that should not."""

import time
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from support.campaign import approve_many, forget_what_others_left
from support.desk import Desk

from tenants.base import utcnow
from unisson.activity.models import Event
from unisson.agency.team import remove
from unisson.editorial.models import Content
from unisson.editorial.timing import wall_time_of
from unisson.notifications.models import Letter
from unisson.publishing import connecting
from unisson.publishing.assembly import publisher
from unisson.publishing.models import Channel, Publication, Subscriber
from unisson.publishing.publisher import Publisher
from unisson.publishing.subscribers import Entry
from unisson.runtime import Runtime


@pytest.fixture(autouse=True)
def alone(worker: Runtime) -> None:
    """Nothing is due but what a test makes."""
    forget_what_others_left(worker)


@pytest.fixture
def strict(worker: Runtime) -> Publisher:
    """The process's publisher, with half a second of patience."""
    return publisher(replace(worker, settings=replace(worker.settings, lateness_limit=1)))


def mailing_list(desk: Desk, *emails: str) -> uuid.UUID:
    with desk.session() as session:
        return connecting.connect_list(
            session, desk.actor("owner"), desk.world.brand_id, name="Presse", sender_name="Marque", reply_to="",
            people=[Entry(email) for email in emails],
        ).id  # fmt: skip


def its_time_comes(desk: Desk, worker: Runtime) -> None:
    """Have all that is planned of the agency be due now, instead of in an hour."""
    with worker.database.agency(desk.world.agency_id) as session:
        session.execute(update(Content).values(scheduled_at=func.clock_timestamp()))
        session.execute(update(Publication).values(due_at=func.clock_timestamp()))
        session.execute(text("update app.dispatch set due_at = clock_timestamp() where agency_id = :a"),
                        {"a": desk.world.agency_id})  # fmt: skip


def run(desk: Desk, worker: Runtime, hands: Publisher, times: int = 4) -> None:
    for _ in range(times):
        hands.drain(5)
        with worker.database.agency(desk.world.agency_id) as session:
            session.execute(text("update app.dispatch set due_at = clock_timestamp(), lease_until = null"
                                 " where agency_id = :a and queue = 'publishing'"), {"a": desk.world.agency_id})  # fmt: skip


def state(desk: Desk, content_id: uuid.UUID) -> tuple[str, list[str]]:
    with desk.session() as session:
        rows = session.scalars(select(Publication.state).where(Publication.content_id == content_id))
        return desk.content(content_id, session).state, sorted(rows)


def letters(desk: Desk, kind: str) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == kind)) or 0


@pytest.mark.parametrize("emptied", ["never anybody", "all removed before", "all removed after planning"])
def test_a_list_without_anybody_fails_aloud(desk: Desk, worker: Runtime, emptied: str) -> None:
    people = () if emptied == "never anybody" else ("a@example.org", "b@example.org")
    channel_id = mailing_list(desk, *people)
    late = emptied == "all removed after planning"
    if emptied == "all removed before":
        _remove_everybody(desk, channel_id)
    (approved,) = approve_many(desk.runtime, desk.world, [channel_id], 1, due_in=3600)
    hands = publisher(worker)
    if late:
        hands.drain(10)
        _remove_everybody(desk, channel_id)
        its_time_comes(desk, worker)
    run(desk, worker, hands)
    stands, publications = state(desk, approved.content_id)
    assert stands == "failed", (stands, publications)
    assert set(publications) <= {"cancelled"}
    assert letters(desk, "trouble") == 1
    page = desk.get("cm", f"/contents/{approved.content_id}")
    assert page.status_code == 200
    assert desk.get("cm", f"/contents/{approved.content_id}/edit").status_code == 200, "there is a way on"


def _remove_everybody(desk: Desk, channel_id: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(update(Subscriber).where(Subscriber.channel_id == channel_id).values(unsubscribed_at=utcnow()))


def test_one_who_left_gets_nothing_and_the_others_do(desk: Desk, worker: Runtime) -> None:
    channel_id = mailing_list(desk, "a@example.org", "b@example.org")
    (approved,) = approve_many(desk.runtime, desk.world, [channel_id], 1, due_in=3600)
    hands = publisher(worker)
    hands.drain(10)
    with desk.session() as session:
        session.execute(update(Subscriber).where(Subscriber.email == "a@example.org", Subscriber.channel_id == channel_id)
                        .values(unsubscribed_at=utcnow()))  # fmt: skip
    its_time_comes(desk, worker)
    run(desk, worker, hands)
    assert state(desk, approved.content_id) == ("published", ["cancelled", "published"])


def test_a_channel_that_was_disconnected_holds_it(desk: Desk, worker: Runtime) -> None:
    channel_id = mailing_list(desk, "a@example.org")
    (approved,) = approve_many(desk.runtime, desk.world, [channel_id], 1, due_in=3600)
    hands = publisher(worker)
    hands.drain(10)
    with desk.session() as session:
        assert connecting.disconnect(session, desk.actor("owner"), channel_id) == 1
    its_time_comes(desk, worker)
    run(desk, worker, hands)
    assert state(desk, approved.content_id) == ("held", ["held"])
    assert letters(desk, "trouble") == 1
    with desk.session() as session:
        assert session.get_one(Channel, (session.agency_id, channel_id)).disconnected_at is not None


@pytest.mark.parametrize("way", ["in the app", "by a link"])
@pytest.mark.parametrize(("language", "passed"), [("fr", "La date prévue est passée"), ("en", "Its date has passed")])
def test_an_approval_after_the_date_is_warned_of_and_holds(
    desk: Desk, worker: Runtime, strict: Publisher, way: str, language: str, passed: str
) -> None:
    desk.chain(*(("rp", "client_approver") if way == "by a link" else ("rp",)))
    content_id = _overdue(desk)
    with desk.runtime.database.everywhere() as session:
        session.execute(text("update app.identities set language = :l where id = any(:ids)"), {
            "l": language, "ids": [each.identity_id for each in desk.world.people.values()]})  # fmt: skip
    with desk.session() as session:
        session.execute(text("update app.memberships set language = :l"), {"l": language})
    digest, stage = desk.asked(content_id)
    if way == "in the app":
        assert passed in desk.get("rp", f"/contents/{content_id}").text
        data = {"digest": digest, "stage": stage}
        assert desk.post("rp", f"/contents/{content_id}/approval", data).status_code == 303
    else:
        path = f"/approve/{desk.known(desk.link(content_id)[1])}/contents/{content_id}"
        assert passed in desk.get(None, path).text
        data = {"digest": digest, "stage": stage, "typed_name": "Gwenaëlle"}
        assert desk.post(None, f"{path}/approval", data).status_code == 303
    run(desk, worker, strict)
    assert state(desk, content_id) == ("held", ["held"])
    with desk.session() as session:
        assert session.scalars(select(Publication.reason)).one() == "late"


def _overdue(desk: Desk) -> uuid.UUID:
    """A content that waits for its last decision, whose date passed more than a second ago."""
    soon = utcnow() + timedelta(seconds=4)  # nothing of the past can be submitted, on a busy machine neither
    content_id = desk.write(wall_time=wall_time_of(soon, "Europe/Paris"))
    desk.submit(content_id)
    if len(_roles(desk)) > 1:
        desk.approve(content_id, "rp")
    time.sleep(max(0.0, (soon - utcnow()).total_seconds()) + 1.2)
    return content_id


def _roles(desk: Desk) -> list[str]:
    with desk.session() as session:
        return list(
            session.scalars(
                text(
                    "select t.role from app.run_seats t join app.run_stages s on s.id = t.stage_id order by s.position"
                )
            )
        )


def test_a_page_that_was_open_when_somebody_was_removed_does_nothing(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    page, (digest, stage) = desk.get("rp", f"/contents/{content_id}"), desk.asked(content_id)
    assert page.status_code == 200
    with desk.session() as session:
        remove(session, desk.actor("owner"), desk.world.people["rp"].membership_id)
    for tail in ("approval", "change-request"):
        data = {"digest": digest, "stage": stage, "comment": "Trop tard"}
        assert desk.post("rp", f"/contents/{content_id}/{tail}", data).status_code in {303, 404}
    assert desk.content(content_id).state == "in_review"
    with desk.session() as session:
        decided = (
            select(func.count())
            .select_from(Event)
            .where(Event.verb.in_(("content.approved", "content.changes_requested")))
        )
        assert session.scalar(decided) == 0


def test_a_role_that_was_taken_away_counts_at_the_next_click(desk: Desk) -> None:
    content_id = desk.in_state("draft")
    assert desk.get("cm", f"/contents/{content_id}/edit").status_code == 200
    with desk.session() as session:
        session.execute(text("delete from app.brand_assignments where membership_id = :m"),
                        {"m": desk.world.people["cm"].membership_id})  # fmt: skip
    before = desk.content(content_id).version
    assert desk.post("cm", f"/contents/{content_id}/edit", {"title": "x", "body": "y"}).status_code == 404
    assert desk.post("cm", f"/contents/{content_id}/submission").status_code == 404
    with desk.session() as session:
        assert session.scalars(select(Content.version).where(Content.id == content_id)).one() == before
