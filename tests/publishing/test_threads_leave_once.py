"""A thread on the ledger: one publication, however often its answers are lost; a person decides where it is refused."""

import random
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import text
from support.desk import Desk, load_actor

from tests.support.campaign import approve_many
from tests.support.leaving import content, drain, hasten, publication
from unisson.publishing.channels.bluesky.tid import later
from unisson.publishing.publisher import Publisher
from unisson.publishing.resolution import give_up, send_again

THREAD = ["Deux.", "Trois.", "Quatre."]


def approved_thread(runtime, world, channel_id: uuid.UUID):
    (approved,) = approve_many(runtime, world, [channel_id], 1, on_channel={"thread": THREAD})
    return approved


def keys(pds) -> list[object]:
    return [effect["rkey"] for effect in pds.effects.all()]


def in_order(sent) -> list[str]:
    return [later(sent.client_ref, place) for place in range(len(THREAD) + 1)]


def test_it(runtime, worker, world, publisher, pds, bluesky) -> None:
    approved = approved_thread(runtime, world, bluesky)
    drain(publisher, worker, world)
    sent = publication(runtime, world, approved)
    assert (sent.state, sent.attempts) == ("published", 1)
    assert keys(pds) == in_order(sent)
    assert [effect["record"]["text"] for effect in pds.effects.all()][1:] == THREAD


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("fault", ["503", "drop", "lost", "500-after", "500-before"])
def test_a_fault_midway_never_doubles_and_never_loses(
    runtime, worker, world, publisher, pds, bluesky, fault: str, place: int
) -> None:
    approved = approved_thread(runtime, world, bluesky)
    pds.plan.then(*["ok"] * place, fault)
    drain(publisher, worker, world, times=6)
    sent = publication(runtime, world, approved)
    assert sent.state == "published"
    assert keys(pds) == in_order(sent)
    assert content(runtime, world, approved).state == "published"


@pytest.mark.parametrize("seed", range(6))
def test_many_faults_never_double_and_never_lose(runtime, worker, world, publisher, pds, bluesky, seed: int) -> None:
    approved = approved_thread(runtime, world, bluesky)
    dice = random.Random(seed)
    faults = ["ok", "503", "429", "drop", "lost", "500-after", "500-before", "expired"]
    for call in ("createRecord", "getRecord"):
        pds.plan.then(*dice.choices(faults, k=8), call=call)
    for _ in range(30):
        drain(publisher, worker, world, times=1)
        with worker.database.agency(world.agency_id) as session:  # a channel that fails so often is left alone
            session.execute(text("update app.channels set faults = 0, paused_until = null"))
    sent = publication(runtime, world, approved)
    assert sent.state == "published", sent.reason
    assert keys(pds) == in_order(sent)


def test_what_is_refused_midway_is_a_person_s_to_decide(runtime, worker, world, app, publisher, pds, bluesky) -> None:
    approved = approved_thread(runtime, world, bluesky)
    pds.plan.then("ok", "400")
    drain(publisher, worker, world)
    held = publication(runtime, world, approved)
    assert (held.state, held.reason) == ("held", "thread broken")
    assert content(runtime, world, approved).state == "held"
    assert len(keys(pds)) == 1
    desk = Desk(app, runtime, world)
    desk.speak_english()
    page = desk.get("owner", "/publications").text
    assert "The thread is out in part" in page
    with desk.session() as session:
        send_again(session, load_actor(session, world.people["cm"].membership_id), held.id)
    drain(publisher, worker, world)
    sent = publication(runtime, world, approved)
    assert sent.state == "published"
    assert keys(pds) == in_order(sent)


def test_a_thread_that_is_late_in_the_middle_says_so_and_can_be_finished(
    runtime, worker, world, publisher, pds, bluesky
) -> None:
    approved = approved_thread(runtime, world, bluesky)
    pds.plan.then("ok", "503")
    publisher.drain(10)
    impatient = Publisher(replace(publisher.hands, lateness_limit=0.0), threads=2)
    drain(impatient, worker, world, times=2)
    held = publication(runtime, world, approved)
    assert (held.state, held.reason) == ("held", "thread late")
    with runtime.database.agency(world.agency_id) as session:
        send_again(session, load_actor(session, world.people["cm"].membership_id), held.id)
    drain(impatient, worker, world)
    sent = publication(runtime, world, approved)
    assert sent.state == "published"
    assert keys(pds) == in_order(sent)


def test_what_is_given_up_midway_is_never_planned_anew(runtime, worker, world, app, publisher, pds, bluesky) -> None:
    approved = approved_thread(runtime, world, bluesky)
    pds.plan.then("ok", "400")
    drain(publisher, worker, world)
    held = publication(runtime, world, approved)
    desk = Desk(app, runtime, world)
    with desk.session() as session:
        give_up(session, load_actor(session, world.people["cm"].membership_id), held.id)
    drain(publisher, worker, world)
    assert publication(runtime, world, approved).state == "cancelled"
    assert len(keys(pds)) == 1


def test_whoever_vanished_in_the_middle_is_read_back_and_gone_on_from(
    runtime, worker, world, publisher, pds, bluesky
) -> None:
    approved = approved_thread(runtime, world, bluesky)
    pds.plan.then("ok", "503")
    publisher.drain(10)
    assert len(keys(pds)) == 1
    with worker.database.agency(world.agency_id) as session:
        values = {"c": approved.content_id}
        session.execute(text("update app.publications set state = 'sending' where content_id = :c"), values)
        session.execute(
            text(
                "update app.attempts set state = 'open', ended_at = null where publication_id ="
                " (select id from app.publications where content_id = :c)"
            ),
            values,
        )
    hasten(worker, world)
    drain(publisher, worker, world)
    sent = publication(runtime, world, approved)
    assert sent.state == "published"
    assert keys(pds) == in_order(sent)
