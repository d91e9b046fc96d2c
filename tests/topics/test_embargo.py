"""Embargoes: nothing of a topic is dated, moved, shown to strangers or sent before it ends."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from support.desk import Desk
from support.gate import plan_publication, try_attempt
from support.topics import PARIS, at, opened, put_under

from tenants.base import utcnow
from tenants.errors import RefusedError
from tenants.members import Membership
from unisson.approvals import links
from unisson.approvals.chain import Approver, Chain, Stage
from unisson.editorial.models import Content, Revision
from unisson.editorial.timing import wall_time_of
from unisson.editorial.writing import move, restore
from unisson.publishing.models import Channel
from unisson.runtime import Runtime
from unisson.topics.embargo import embargo_of
from unisson.topics.models import Holds, Topic
from unisson.topics.shifting import TouchesError


@pytest.fixture
def topic_id(desk: Desk) -> uuid.UUID:
    """Return a topic under embargo until ten o'clock in ten days."""
    topic_id = opened(desk)
    put_under(desk, topic_id, at(10))
    return topic_id


def wall_time(desk: Desk, content_id: uuid.UUID) -> datetime | None:
    with desk.session() as session:
        return session.get_one(Content, (session.agency_id, content_id)).wall_time


def test_no_content_of_it_is_written_or_moved_before(desk: Desk, topic_id: uuid.UUID) -> None:
    with pytest.raises(RefusedError) as refused:
        desk.write(topic_id=topic_id, wall_time=at(9))
    assert refused.value.field == "wall_time"
    content_id = desk.write(topic_id=topic_id, wall_time=at(10))  # the very moment is free
    with pytest.raises(RefusedError), desk.session() as session:
        move(session, desk.actor("cm"), content_id, at(10, 9), fold=0)
    assert wall_time(desk, content_id) == at(10)


def test_the_page_says_until_when_and_keeps_what_was_typed(desk: Desk, topic_id: uuid.UUID) -> None:
    desk.speak_english()
    early = at(9)
    answer = desk.post(
        "cm",
        f"/brands/{desk.world.brand_slug}/contents/new",
        {"kind": "post", "body": "Un secret bien gardé", "topic_id": str(topic_id), "action": "save",
         "date": f"{early:%Y-%m-%d}", "time": f"{early:%H:%M}"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "under embargo until" in answer.text
    assert "Un secret bien gardé" in answer.text


@pytest.mark.parametrize("role", ["runtime", "worker"])
def test_the_database_refuses_what_no_verb_asked(desk: Desk, topic_id: uuid.UUID, role: str, request: Any) -> None:
    content_id = desk.write(topic_id=topic_id, wall_time=at(12))
    database = request.getfixturevalue(role).database
    with pytest.raises(DBAPIError) as refused, database.agency(desk.world.agency_id) as session:
        session.execute(
            text("update app.contents set scheduled_at = scheduled_at - interval '5 days' where id = :c"),
            {"c": content_id},
        )
    assert getattr(refused.value.orig, "sqlstate", None) == "UN030"
    with pytest.raises(DBAPIError) as refused, database.agency(desk.world.agency_id) as session:
        session.execute(
            text("update app.topics set embargo_until = embargo_until + interval '9 days' where id = :t"),
            {"t": topic_id},
        )
    assert getattr(refused.value.orig, "sqlstate", None) == "UN030"


def test_the_gate_holds_back_what_was_planned_before(desk: Desk, worker: Runtime) -> None:
    topic_id = opened(desk)
    content_id = desk.in_state("scheduled", topic_id=topic_id)
    publication_id = plan_publication(desk, worker, content_id)
    assert try_attempt(desk, worker, publication_id) is None
    with worker.database.agency(desk.world.agency_id) as session:
        session.execute(update(Content).where(Content.id == content_id).values(state="held"))
        until = utcnow() + timedelta(hours=1)
        session.execute(
            update(Topic).where(Topic.id == topic_id)
            .values(embargo_until=until, embargo_wall_time=wall_time_of(until, PARIS), embargo_zone=PARIS)
        )  # fmt: skip
    assert try_attempt(desk, worker, publication_id) == "UN016"


def test_a_press_list_may_have_it_before_where_only_the_public_is_kept_from_it(desk: Desk, topic_id: uuid.UUID) -> None:
    with desk.session() as session:
        listed = Channel(brand_id=desk.world.brand_id, kind="email", name="Presse")
        session.add(listed)
        session.flush()
        channel_id = listed.id
    with pytest.raises(RefusedError):
        desk.write(topic_id=topic_id, wall_time=at(9), channel_ids=(channel_id,))
    put_under(desk, topic_id, at(10), holds=Holds.PUBLIC)
    desk.write(topic_id=topic_id, wall_time=at(9), channel_ids=(channel_id,))
    for public in ((desk.world.newsroom_id,), (channel_id, desk.world.newsroom_id), ()):
        with pytest.raises(RefusedError):
            desk.write(topic_id=topic_id, wall_time=at(9), channel_ids=public)


def test_moving_it_shows_what_breaks_and_shifts_by_the_same_distance(desk: Desk, topic_id: uuid.UUID) -> None:
    first = desk.write(topic_id=topic_id, wall_time=at(10, 11))
    second = desk.write(topic_id=topic_id, wall_time=at(11, 15))
    free = desk.write(topic_id=topic_id, wall_time=at(30))
    with pytest.raises(TouchesError) as refused:
        put_under(desk, topic_id, at(14))
    assert [each.content_id for each in refused.value.touched] == [first, second]
    assert wall_time(desk, first) == at(10, 11)
    put_under(desk, topic_id, at(14), confirmed=True)
    assert (wall_time(desk, first), wall_time(desk, second)) == (at(14, 11), at(15, 15))
    assert wall_time(desk, free) == at(30)


def test_a_first_embargo_takes_the_first_of_what_breaks_to_its_end(desk: Desk) -> None:
    topic_id = opened(desk)
    first, second = (desk.write(topic_id=topic_id, wall_time=at(days)) for days in (3, 5))
    put_under(desk, topic_id, at(10), confirmed=True)
    assert (wall_time(desk, first), wall_time(desk, second)) == (at(10), at(12))


def test_who_approved_the_old_end_is_asked_again_and_a_new_reason_asks_nobody(desk: Desk, topic_id: uuid.UUID) -> None:
    content_id = desk.in_state("scheduled", topic_id=topic_id, wall_time=at(20))
    with desk.session() as session:
        content = session.get_one(Content, (session.agency_id, content_id))
        payload = session.get_one(Revision, (session.agency_id, content.revision_id)).payload
        topic = session.get_one(Topic, (session.agency_id, topic_id))
        known = embargo_of(topic)
        assert known is not None
        assert payload["embargo"] == known.until.isoformat()
    put_under(desk, topic_id, at(10), reason="La Bourse d'abord")
    assert desk.content(content_id).state == "scheduled"
    with pytest.raises(TouchesError) as refused:
        put_under(desk, topic_id, at(9))
    assert [(each.moves_to, each.asks_again) for each in refused.value.touched] == [(None, True)]
    put_under(desk, topic_id, at(9), confirmed=True)
    assert desk.content(content_id).state == "draft"
    assert wall_time(desk, content_id) == at(20)


def test_what_was_cancelled_comes_back_without_a_date_that_it_can_t_have(desk: Desk) -> None:
    topic_id = opened(desk)
    content_id = desk.in_state("cancelled", topic_id=topic_id, wall_time=at(3))
    put_under(desk, topic_id, at(10))
    with desk.session() as session:
        restore(session, desk.actor("cm"), content_id)
    assert desk.content(content_id).state == "draft"
    assert wall_time(desk, content_id) is None


def page_of(desk: Desk, topic_id: uuid.UUID, until: datetime, **more: object) -> Any:
    typed = {"date": f"{until:%Y-%m-%d}", "time": f"{until:%H:%M}", "holds": "everything", "action": "set"}
    with desk.session() as session:
        version = session.scalars(select(Topic.version).where(Topic.id == topic_id)).one()
    return desk.post("rp", f"/topics/{topic_id}/embargo", typed | {"version": str(version)} | more)


def test_the_page_asks_before_it_changes_anything(desk: Desk, topic_id: uuid.UUID) -> None:
    desk.speak_english()
    content_id = desk.write(topic_id=topic_id, wall_time=at(11), title="La hausse")
    answer = page_of(desk, topic_id, at(15), reason="Motif tapé")
    assert answer.status_code == 422
    assert "La hausse" in answer.text
    assert "before the embargo, and moves" in answer.text
    assert "Motif tapé" in answer.text
    assert wall_time(desk, content_id) == at(11)
    assert page_of(desk, topic_id, at(15), confirmed="y").status_code == 303
    assert wall_time(desk, content_id) == at(16)
    assert "Under embargo until" in desk.get("cm", f"/topics/{topic_id}").text
    assert "Under embargo until" in desk.get("cm", f"/contents/{content_id}").text
    assert page_of(desk, topic_id, at(15), action="lift").status_code == 303
    assert "Under embargo until" not in desk.get("cm", f"/topics/{topic_id}").text


BAD = {
    "no date": ({"date": "", "time": ""}, "Give the date and the time"),
    "half a date": ({"time": ""}, "both the date and the time"),
    "a date that is none": ({"date": "bientôt"}, "could not be read"),
    "a date that has passed": ({"date": "2001-01-01"}, "has passed"),
    "a gap of the clock": ({"date": "2027-03-28", "time": "02:30"}, "does not exist"),
    "a long reason": ({"reason": "x" * 501}, "500 characters"),
    "a stale page": ({"version": "1"}, "after you opened it"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_and_nothing_changes(desk: Desk, topic_id: uuid.UUID, case: str) -> None:
    desk.speak_english()
    change, sentence = BAD[case]
    answer = page_of(desk, topic_id, at(20), **change)
    assert answer.status_code == (409 if case == "a stale page" else 422)
    assert sentence in answer.text
    with desk.session() as session:
        assert session.scalars(select(Topic.embargo_wall_time)).all() == [at(10)]


def outsider(desk: Desk) -> uuid.UUID:
    """Return somebody of the agency's list of people who holds no role at all."""
    with desk.session() as session:
        person = Membership(email=f"{uuid.uuid4().hex}@example.org", name="Maître Le Goff")
        session.add(person)
        session.flush()
        return person.id


def test_a_chain_asks_nobody_from_outside_before_it_ends_unless_they_may_know(desk: Desk, topic_id: uuid.UUID) -> None:
    desk.give_chain(Chain((Stage((Approver(person=outsider(desk)),)),)))
    content_id = desk.write(topic_id=topic_id, wall_time=at(20))
    with pytest.raises(RefusedError):
        desk.submit(content_id)
    desk.submit(desk.write(wall_time=at(20)))  # without the topic, they may be asked
    put_under(desk, topic_id, at(10), shared=True)
    desk.submit(content_id)
    with pytest.raises(RefusedError) as refused:
        put_under(desk, topic_id, at(10), shared=False)
    assert refused.value.field == "shared"


def test_a_link_shows_a_stranger_nothing_that_they_may_not_know(desk: Desk, topic_id: uuid.UUID) -> None:
    who = outsider(desk)
    desk.give_chain(Chain((Stage((Approver(person=who),)),)))
    content_id = desk.write(topic_id=opened(desk), wall_time=at(20), title="Le secret")
    desk.submit(content_id)
    with desk.session() as session:
        _link, token = links.mint(session, who, desk.world.brand_id)
    desk.known(token)
    assert "Le secret" in desk.get(None, f"/approve/{token}").text
    assert desk.get(None, f"/approve/{token}/contents/{content_id}").status_code == 200
    with desk.session() as session:  # as no page would let it happen
        session.execute(update(Content).where(Content.id == content_id).values(topic_id=topic_id))
    assert "Le secret" not in desk.get(None, f"/approve/{token}").text
    assert desk.get(None, f"/approve/{token}/contents/{content_id}").status_code == 404
    put_under(desk, topic_id, at(10), shared=True)
    assert "Le secret" in desk.get(None, f"/approve/{token}").text


def test_a_client_reads_until_when_to_keep_quiet(desk: Desk, topic_id: uuid.UUID) -> None:
    desk.speak_english()
    content_id = desk.write(topic_id=topic_id, wall_time=at(20))
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    token = desk.known(desk.link(content_id)[1])
    page = desk.get(None, f"/approve/{token}/contents/{content_id}?lang=en").text
    assert "Under embargo until" in page
    assert "Résultats" not in page  # the topic is the agency's own


def test_clients_can_t_reach_it(desk: Desk, topic_id: uuid.UUID) -> None:
    for role in ("client_approver", "client_contact", "legal"):
        assert desk.get(role, f"/topics/{topic_id}/embargo").status_code == 403
        assert desk.post(role, f"/topics/{topic_id}/embargo", {"action": "lift"}).status_code == 403
