"""What leaves, leaves once: the moves of the state machine, on a real database and against a server that misbehaves."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from tests.support.campaign import approve_many
from tests.support.leaving import content, drain, hasten, publication
from unisson.editorial.models import Content
from unisson.outbound import Outbound
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.channels.registry import Registry
from unisson.publishing.models import Attempt, Channel, Publication
from unisson.publishing.publisher import Publisher


def test_what_is_approved_and_due_leaves_once(runtime, worker, world, publisher, pds, bluesky) -> None:
    (approved,) = approve_many(runtime, world, [bluesky], 1)
    drain(publisher, worker, world)
    sent = publication(runtime, world, approved)
    assert (sent.state, sent.attempts) == ("published", 1)
    assert content(runtime, world, approved).state == "published"
    assert content(runtime, world, approved).live_url == sent.remote_url
    assert len(pds.effects.all()) == 1


@pytest.mark.parametrize(
    ("fault", "state", "effects"),
    [
        ("503", "published", 1),
        ("429", "published", 1),
        ("drop", "published", 1),
        ("lost", "published", 1),
        ("500-after", "published", 1),
        ("500-before", "published", 1),
        ("400", "failed", 0),
    ],
)
def test_a_fault_never_doubles_and_never_loses(
    runtime, worker, world, publisher, pds, bluesky, fault: str, state: str, effects: int
) -> None:
    (approved,) = approve_many(runtime, world, [bluesky], 1)
    pds.plan.then(fault)
    drain(publisher, worker, world, times=6)
    assert publication(runtime, world, approved).state == state
    assert len(pds.effects.all()) == effects
    assert content(runtime, world, approved).state == state


@pytest.mark.parametrize("decided", [(), ("rp",), ("client_approver",)])
def test_the_database_refuses_what_not_everybody_approved(
    runtime, worker, world, publisher, pds, bluesky, decided: tuple[str, ...]
) -> None:
    (approved,) = approve_many(runtime, world, [bluesky], 1, decided=decided)
    drain(publisher, worker, world)
    held = publication(runtime, world, approved)
    assert (held.state, held.reason) == ("held", "gate")
    assert pds.effects.all() == []


def test_nothing_leaves_early(runtime, worker, world, publisher, pds, bluesky) -> None:
    (approved,) = approve_many(runtime, world, [bluesky], 1, due_in=60)
    drain(publisher, worker, world)
    assert publication(runtime, world, approved).state == "scheduled"
    assert pds.effects.all() == []


def test_what_was_edited_after_its_approval_stays(runtime, worker, world, publisher, pds, bluesky) -> None:
    (approved,) = approve_many(runtime, world, [bluesky], 1, due_in=60)
    publisher.drain(10)
    with runtime.database.agency(world.agency_id) as session:
        changed = session.get_one(Content, (world.agency_id, approved.content_id))
        changed.revision_id, changed.state = None, "draft"
        session.execute(
            text("update app.publications set due_at = clock_timestamp() - interval '1 second' where content_id = :c"),
            {"c": approved.content_id},
        )
    drain(publisher, worker, world)
    assert publication(runtime, world, approved).state == "cancelled"
    assert pds.effects.all() == []


def test_what_is_too_late_waits_for_a_person(runtime, worker, world, publisher, pds, bluesky) -> None:
    (approved,) = approve_many(runtime, world, [bluesky], 1, due_in=-3600)
    drain(publisher, worker, world)
    assert publication(runtime, world, approved).reason == "late"
    assert content(runtime, world, approved).state == "held"
    assert pds.effects.all() == []


def test_whoever_vanished_while_sending_is_read_back(runtime, worker, world, publisher, pds, bluesky) -> None:
    (approved,) = approve_many(runtime, world, [bluesky], 1)
    pds.plan.then("lost")
    publisher.drain(10)
    hasten(worker, world)
    publisher.drain(10)
    assert publication(runtime, world, approved).state == "published"
    assert len(pds.effects.all()) == 1


def test_a_claim_that_lapsed_sends_nothing(runtime, worker, world, publisher, pds, bluesky) -> None:
    slow = Publisher(replace(publisher.hands, lease=6.0), threads=2)
    (approved,) = approve_many(runtime, world, [bluesky], 1)
    drain(slow, worker, world)
    assert publication(runtime, world, approved).state == "scheduled"
    assert pds.effects.all() == []


def test_two_publishers_share_the_work(runtime, worker, world, publisher, pds, bluesky) -> None:
    import threading

    approved = approve_many(runtime, world, [bluesky], 60)
    twins = [threading.Thread(target=publisher.drain, args=(10,)) for _ in range(3)]
    for each in twins:
        each.start()
    for each in twins:
        each.join()
    drain(publisher, worker, world)
    assert len(pds.effects.all()) == len(approved)
    with runtime.database.agency(world.agency_id) as session:
        assert set(session.scalars(select(Publication.state))) == {"published"}
        assert session.scalars(select(Attempt)).all().__len__() == len(approved)


def test_a_channel_that_fails_again_and_again_is_left_alone(runtime, worker, world, publisher, pds, bluesky) -> None:
    approve_many(runtime, world, [bluesky], 12)
    pds.plan.then(*["503"] * 12)
    drain(publisher, worker, world, times=2)
    with runtime.database.agency(world.agency_id) as session:
        channel = session.get_one(Channel, (world.agency_id, bluesky))
        assert channel.faults >= 5
        assert channel.paused_until is not None
        session.execute(text("update app.channels set paused_until = clock_timestamp() where id = :c"), {"c": bluesky})
    assert pds.plan.next("createRecord", dice=False) == "503"
    pds.plan._script.clear()
    drain(publisher, worker, world, times=8)
    assert len(pds.effects.all()) == 12


def test_a_list_without_anybody_fails_at_once_instead_of_waiting(runtime, worker, world, publisher) -> None:
    with runtime.database.agency(world.agency_id) as session:
        channel = Channel(brand_id=world.brand_id, kind="email", name="Vide")
        session.add(channel)
        session.flush()
        channel_id = channel.id
    (approved,) = approve_many(runtime, world, [channel_id], 1, due_in=3600)
    drain(publisher, worker, world)
    assert content(runtime, world, approved).state == "failed"


def test_what_may_be_out_is_never_planned_anew(runtime, worker, world, publisher, pds, bluesky) -> None:
    """Given up while nobody could tell: a later version of the content does not go out in its place."""
    (approved,) = approve_many(runtime, world, [bluesky], 1)
    pds.plan.then("lost")
    outbound = Outbound(allow=["127.0.0.0/8", pds.http.place])
    Publisher(replace(publisher.hands, registry=Registry([BlueskyAdapter(outbound)])), threads=2).drain(10)
    with worker.database.agency(world.agency_id) as session:
        session.execute(
            text("update app.publications set state = 'cancelled', reason = 'given up' where content_id = :c"),
            {"c": approved.content_id},
        )
        session.execute(text("update app.contents set state = 'scheduled' where id = :c"), {"c": approved.content_id})
        again = session.get_one(Content, (world.agency_id, approved.content_id))
        from unisson.publishing.planning import plan

        assert plan(session, again, publisher.client_ref) == 0
    assert len(pds.effects.all()) == 1
