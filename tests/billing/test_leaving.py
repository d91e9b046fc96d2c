"""What was scheduled leaves while nothing new is begun, is held after two weeks, and let go when it is paid."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from support.billing import Till
from support.campaign import Approved, approve_many, connect_bluesky
from support.leaving import alone, publisher_to

from tests.standins.pds import PASSWORD, StandInPds
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.models import Publication


class Press:
    """A till with a channel, and a publisher that sends to it."""

    def __init__(self, till: Till, pds: StandInPds) -> None:
        self.till, self.pds = till, pds
        world, worker = till.desk.world, till.worker
        self.channel = connect_bluesky(till.desk.runtime, world, pds.url, "marque.test", PASSWORD)
        self.publisher = alone(worker, publisher_to(pds, worker, BlueskyAdapter, threads=2))

    def schedule(self, due_in: float) -> Approved:
        (approved,) = approve_many(self.till.desk.runtime, self.till.desk.world, [self.channel], 1, due_in=due_in)
        return approved

    def drain(self) -> None:
        """Work through what is due, four times, for a content becomes publications first."""
        for _ in range(4):
            self.publisher.drain(10)

    def state(self, approved: Approved) -> tuple[str, str | None]:
        with self.till.desk.session() as session:
            mine = Publication.content_id == approved.content_id
            found = session.execute(select(Publication.state, Publication.reason).where(mine)).one()
            return found.state, found.reason


@pytest.fixture
def press(till: Till, tmp_path: Path):
    pds = StandInPds(tmp_path / "effects.jsonl")
    yield Press(till, pds)
    pds.close()


def test_what_is_scheduled_leaves_for_two_weeks(press: Press):
    press.till.fail(press.till.pay_for(3, days_ago=60), days_ago=20.9)
    assert press.till.standing() == ("read_only", "payment")
    approved = press.schedule(-1)
    press.drain()
    assert press.state(approved) == ("published", None)
    assert len(press.pds.effects.all()) == 1


def test_after_that_it_is_held_and_let_go_as_soon_as_it_is_paid(press: Press):
    till = press.till
    owed = till.fail(till.pay_for(3, days_ago=60), days_ago=21.1)
    assert till.standing() == ("stopped", "payment")
    approved = press.schedule(-1)
    press.drain()
    assert press.state(approved) == ("held", "unpaid")
    assert press.pds.effects.all() == []
    till.stripe.pay(owed)
    till.look()
    press.drain()
    assert press.state(approved)[0] == "published"
    assert len(press.pds.effects.all()) == 1


def test_whose_date_has_passed_meanwhile_a_person_is_asked(press: Press):
    till = press.till
    owed = till.fail(till.pay_for(3, days_ago=60), days_ago=21.1)
    approved = press.schedule(-1)
    press.drain()
    with till.worker.database.agency(till.desk.world.agency_id) as session:
        session.execute(
            text("update app.publications set due_at = due_at - make_interval(hours => 5) where content_id = :c"),
            {"c": approved.content_id},
        )
    till.stripe.pay(owed)
    till.look()
    press.drain()
    assert press.state(approved) == ("held", "late")
    assert press.pds.effects.all() == []


def test_the_days_are_counted_from_when_nothing_new_was_begun(press: Press):
    """Fourteen days, to the minute."""
    press.till.fail(press.till.pay_for(3, days_ago=60), days_ago=7.01)
    with press.till.desk.session() as session:
        until = session.scalar(text("select standing_until - clock_timestamp() from app.agencies"))
    assert timedelta(days=13, hours=23) < until < timedelta(days=14)
