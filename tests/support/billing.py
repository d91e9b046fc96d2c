"""An agency at the till: what it pays for, what Stripe says of it, and how time passes for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from support.desk import Desk

from tenants.agencies import Agency
from tenants.base import new_id, utcnow
from tenants.brands import Brand
from tenants.identities import Dispatch
from tests.standins.stripe_api import StandInStripe
from unisson import dispatching
from unisson.billing import looking
from unisson.billing.accounts import open_account
from unisson.billing.models import BillingAccount, BillingNotice, BillingRoll
from unisson.billing.standing import GRACE
from unisson.dispatching import Claim
from unisson.runtime import Runtime

INTERVALS = {"atelier": ("month", "year"), "studio": ("month", "year"), "maison": ("month",)}


def prices_setting() -> tuple[tuple[str, str, str], ...]:
    """STRIPE_PRICES as the stand-in has them."""
    return tuple((plan, each, f"price_{plan}_{each}") for plan, intervals in INTERVALS.items() for each in intervals)


@dataclass
class Till:
    """One billed agency."""

    desk: Desk
    worker: Runtime
    stripe: StandInStripe

    def open(self, *, trial_ends_in: timedelta = timedelta(days=30)) -> None:
        """Open the account, whose trial ends then."""
        with self.desk.session() as session:
            open_account(session, 30).trial_ends_at = utcnow() + trial_ends_in

    def become_customer(self) -> str:
        """Have Stripe know the agency; return the customer."""
        self.open()
        told = {"name": self.desk.world.slug, "email": "owner@example.org"}
        customer_id = str(self.stripe._open_customer(told, "")["id"])
        with self.desk.session() as session:
            session.execute(update(BillingAccount).values(customer_id=customer_id))
            mine = BillingRoll.agency_id == self.desk.world.agency_id
            session.execute(update(BillingRoll).where(mine).values(customer_id=customer_id))
        return customer_id

    def pay_for(self, brands: int, *, price: str = "price_atelier_month", days_ago: int = 0) -> str:
        """Have the agency pay for so many brands; return the subscription."""
        at = int((utcnow() - timedelta(days=days_ago)).timestamp())
        made = self.stripe.subscribe(self.become_customer(), price, brands, at=at)
        self.look()
        return str(made["id"])

    def fail(self, subscription_id: str, *, days_ago: float) -> str:
        """A renewal was not paid so long ago; return its invoice."""
        at = int((utcnow() - timedelta(days=days_ago)).timestamp())
        owed = self.stripe.fail_payment(subscription_id, at=at)
        self.told_at(at)
        self.look()
        return str(owed["id"])

    def told_at(self, seconds: int) -> None:
        """Its people were told then of the payment that failed then."""
        at = datetime.fromtimestamp(seconds, UTC)
        self.told_of(at + GRACE, at)

    def told_of(self, closes_at: datetime, at: datetime) -> None:
        """Its people were told at `at` of a lapse."""
        agency_id = self.desk.world.agency_id
        row = {"agency_id": agency_id, "id": new_id(), "step": "told", "closes_at": closes_at, "told_at": at}
        with self.worker.database.agency(agency_id) as session:
            session.execute(insert(BillingNotice).values(row).on_conflict_do_nothing())

    def look(self) -> None:
        """Have a worker look at this account now, and at no other."""
        agency_id = self.desk.world.agency_id
        with self.worker.database.agency(agency_id) as session:
            dispatching.put(session, "billing", agency_id, agency_id)
            claimed = self.claim(session)
        looking._attend(self.worker, claimed)

    def claim(self, session: Session) -> Claim:
        """The account, claimed as a worker would: this one alone."""
        row = session.execute(
            text(
                "update app.dispatch set fence = fence + 1, claimed_by = 'test', lease_until = clock_timestamp() +"
                " interval '60 s' where kind = 'billing' and agency_id = :a returning kind, agency_id, item_id, fence"
            ),
            {"a": self.desk.world.agency_id},
        ).one()
        return Claim(*row)

    def due_at(self) -> datetime:
        """When the account is looked at next."""
        with self.worker.database.everywhere() as session:
            mine = Dispatch.agency_id == self.desk.world.agency_id
            return session.scalars(select(Dispatch.due_at).where(Dispatch.kind == "billing", mine)).one()

    def standing(self) -> tuple[str, str | None]:
        """How the agency stands, and why."""
        with self.desk.session() as session:
            agency = session.scalars(select(Agency)).one()
            return agency.standing, agency.standing_why

    def account(self) -> BillingAccount:
        """The account as it is stored."""
        with self.desk.session() as session:
            return session.scalars(select(BillingAccount)).one()

    def archive_brands(self, keep: int) -> None:
        """Leave so many brands."""
        with self.desk.session() as session:
            ids = session.scalars(select(Brand.id).where(Brand.archived_at.is_(None)).order_by(Brand.slug.desc())).all()
            session.execute(update(Brand).where(Brand.id.in_(ids[keep:])).values(archived_at=func.now()))
