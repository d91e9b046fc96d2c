"""A month in the life of a customer at Stripe, and looks at it that begin and end at any time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from support.billing import Till
from support.desk import HTTPS

from tenants.base import utcnow
from tests.standins.stripe_api import DAY, StandInStripe, signed
from unisson.billing import looking
from unisson.billing.reach import gateway_of
from unisson.billing.said import State
from unisson.dispatching import Claim

_CLAIM = text("""
update app.dispatch set fence = fence + 1, claimed_by = 'test', lease_until = clock_timestamp() + interval '60 s'
 where kind = 'billing' and agency_id = :agency and due_at <= clock_timestamp()
   and (lease_until is null or lease_until < clock_timestamp())
returning kind, agency_id, item_id, fence
""")
_A_DAY_PASSES = text("""
update app.dispatch set due_at = clock_timestamp() where kind = 'billing' and agency_id = :agency
""")
_DIES = text("""
update app.dispatch set lease_until = clock_timestamp() where kind = 'billing' and agency_id = :agency
   and lease_until is not null
""")


def happenings(stripe: StandInStripe, customer_id: str) -> Iterator[Callable[[], Any]]:
    """What happens in the month, one after the other, each as Stripe's documents tell of it and with its events."""
    start = int((utcnow() - timedelta(days=31)).timestamp())

    def at(day: float) -> int:
        return start + int(day * DAY)

    def change(subscription: str, day: float, price: str, brands: int) -> dict[str, Any]:
        stripe.clock = lambda: at(day)
        item = stripe.things[subscription]["items"]["data"][0]["id"]
        asked = {"items": [{"id": item, "price": price, "quantity": str(brands)}], "proration_date": str(at(day))}
        return stripe._change(asked, subscription)

    def again(subscription: str) -> None:
        found = stripe.things[subscription]
        found["cancel_at_period_end"], found["cancel_at"] = False, None
        stripe.tell("customer.subscription.updated", found)

    first = str(stripe.subscribe(customer_id, "price_atelier_month", 3, at=at(0))["id"])
    yield lambda: None
    yield lambda: stripe.tell("customer.updated", stripe.things[customer_id])
    yield lambda: change(first, 4, "price_studio_month", 5)
    yield lambda: stripe.tell("charge.succeeded", {"id": "ch_1", "object": "charge", "customer": customer_id})
    owed: list[str] = []
    yield lambda: owed.append(str(stripe.fail_payment(first, at=at(9))["id"]))
    yield lambda: stripe.tell("invoice.payment_action_required", stripe.things[owed[0]])
    yield lambda: stripe.pay(owed[0])
    yield lambda: stripe.cancel(first)
    yield lambda: again(first)
    yield lambda: change(first, 14, "price_studio_year", 6)
    yield lambda: stripe.cancel(first, at=at(17), now=True)
    second: list[str] = []
    yield lambda: second.append(str(stripe.subscribe(customer_id, "price_atelier_month", 2, at=at(19))["id"]))
    yield lambda: change(second[0], 20, "price_atelier_month", 3)
    yield lambda: owed.append(str(stripe.fail_payment(second[0], at=at(22))["id"]))


@dataclass
class Month:
    """One agency through it. `begun` are the looks that hold what they fetched and have not written it."""

    till: Till
    customer_id: str = ""
    begun: list[tuple[Claim, State]] = field(default_factory=list)

    def begin(self) -> None:
        """A new customer of the agency's, of whom nothing has happened."""
        self.customer_id = self.till.become_customer()
        self.first = len(self.till.stripe.events)
        self.left = happenings(self.till.stripe, self.customer_id)

    def happen(self) -> bool:
        """The next thing happens at Stripe; False when the month is over."""
        step = next(self.left, None)
        if step:
            step()
        return step is not None

    @property
    def events(self) -> list[dict[str, Any]]:
        """What Stripe has told of so far."""
        return self.till.stripe.events[self.first :]

    def deliver(self, number: int) -> None:
        """One of the events that there are arrives, as it was written when it happened."""
        if not self.events:
            return
        body, signature = signed(self.events[number % len(self.events)])
        answer = self.till.desk.app.test_client().post(
            "/stripe/events", data=body, headers={"Stripe-Signature": signature}, base_url=HTTPS
        )
        assert answer.status_code == 200

    def fetch(self) -> bool:
        """A worker whose turn it is claims the account and fetches; False where nothing is due."""
        agency_id = self.till.desk.world.agency_id
        with self.till.worker.database.agency(agency_id) as session:
            row = session.execute(_CLAIM, {"agency": agency_id}).first()
        if row is None:
            return False
        self.begun.append((Claim(*row), gateway_of(self.till.worker.settings).state(self.customer_id)))
        return True

    def write(self, number: int) -> None:
        """One of the workers that fetched writes what it has, however late."""
        if self.begun:
            claimed, state = self.begun.pop(number % len(self.begun))
            try:
                looking._write(self.till.worker, claimed, state)
            except looking._OvertakenError:
                return

    def look_while_due(self) -> None:
        """Workers look until nothing is due."""
        while self.fetch():
            self.write(-1)

    def die(self) -> None:
        """Whoever is looking dies; their lease is over."""
        self._run(_DIES)

    def pass_a_day(self) -> None:
        """It is time for the daily look."""
        self._run(_A_DAY_PASSES)

    def _run(self, statement: Any) -> None:
        agency_id = self.till.desk.world.agency_id
        with self.till.worker.database.agency(agency_id) as session:
            session.execute(statement, {"agency": agency_id})
