"""Deliveries begun many at a time: one that may not leave holds up nobody, and is no part of what the others write."""

import time
import uuid

import pytest
from sqlalchemy import func, select

from tests.standins.pds import PASSWORD, StandInPds
from tests.support.campaign import approve_many, connect_bluesky
from tests.support.leaving import alone, publisher_to
from tests.support.world import World, build_world
from unisson.dispatching import Claim, seconds_to_next, waiting_queues
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.draining import LINGER, Drain
from unisson.publishing.models import Publication
from unisson.publishing.publisher import Publisher
from unisson.runtime import Runtime


@pytest.fixture
def publisher(worker: Runtime, pds: StandInPds) -> Publisher:
    return alone(worker, publisher_to(pds, worker, BlueskyAdapter, threads=8))


def states(runtime: Runtime, world: World) -> dict[str, int]:
    counted = select(Publication.state, func.count()).group_by(Publication.state)
    with runtime.database.agency(world.agency_id) as session:
        return {row[0]: row[1] for row in session.execute(counted)}


def test_one_that_the_gate_refuses_holds_up_nobody_else(runtime, world, publisher, pds, bluesky) -> None:
    approve_many(runtime, world, [bluesky], 5)
    approve_many(runtime, world, [bluesky], 1, decided=("rp",))
    publisher.drain(10)
    assert states(runtime, world) == {"published": 5, "held": 1}
    assert len(pds.effects.all()) == 5


def test_outcomes_of_every_kind_come_out_of_one_batch(runtime, world, publisher, pds, bluesky) -> None:
    approve_many(runtime, world, [bluesky], 6)
    pds.plan.then("400", "lost")
    publisher.drain(10)
    assert states(runtime, world) == {"published": 4, "failed": 1, "unknown": 1}
    assert len(pds.effects.all()) == 5


def test_batches_of_two_agencies_stay_apart(runtime, world, publisher, pds, bluesky) -> None:
    other = build_world(runtime)
    theirs = connect_bluesky(runtime, other, pds.url, "autre.test", PASSWORD)
    approve_many(runtime, world, [bluesky], 4)
    approve_many(runtime, other, [theirs], 4)
    publisher.drain(10)
    assert states(runtime, world) == states(runtime, other) == {"published": 4}
    assert len({effect["repo"] for effect in pds.effects.all()}) == 2


def test_what_is_due_in_a_moment_is_waited_for_and_not_sent_early(runtime, world, publisher, pds, bluesky) -> None:
    (approved,) = approve_many(runtime, world, [bluesky], 1, due_in=1.0)
    publisher.drain(10)
    (effect,) = pds.effects.all()
    assert 0 <= float(effect["at"]) - approved.due_at.timestamp() < 10  # the time that it was given


def test_publishing_is_woken_ahead_and_told_when(runtime, worker, world, publisher, bluesky) -> None:
    approve_many(runtime, world, [bluesky], 1, due_in=60)
    publisher.drain(10)
    with worker.database.everywhere() as session:
        assert waiting_queues(session, ahead=120.0)["publishing"] >= 1
        soon = seconds_to_next(session, "publishing")
    assert soon is not None
    assert soon <= 60


class Idle:
    """A trade in which something has been due for an hour, and which can't be claimed: somebody else is on it."""

    threads = 1

    def __init__(self) -> None:
        self.looks = 0

    def claim(self, _limit: int, _name: str) -> list[Claim]:
        return []

    def next_in(self) -> float | None:
        self.looks += 1
        assert self.looks < 1_000, "it goes on for ever"
        return -3600.0

    def attend(self, _claimed: Claim, _claimed_at: float, _name: str) -> uuid.UUID | None:
        raise AssertionError

    def settle(self, _agency_id: uuid.UUID, _content_ids: list[uuid.UUID]) -> None:
        raise AssertionError


@pytest.mark.parametrize("budget", [-1.0, 60.0])
def test_what_can_t_be_claimed_keeps_nobody_at_it(budget: float) -> None:
    trade = Idle()
    assert Drain(trade, time.monotonic() + budget, "test").run() == 0  # type: ignore[arg-type]  # it never sends
    assert trade.looks <= LINGER / 0.005 + 2
