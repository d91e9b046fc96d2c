"""What an agency's billing stands at: what Stripe said last, the invoices, the notices that were given.

`billing_roll`, `billing_events` and `billing_prices` belong to no agency: which customer is which agency is asked
before anybody knows whose an event is.
"""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import SCHEMA, Base, TenantOwned, Timestamp, one_of, unique_in_agency

INTERVALS = ("month", "year")


class BillingAccount(TenantOwned, Base):
    """The one account of an agency: `id` is the agency's. All but the trial is what was fetched from Stripe.

    Money is in the smallest unit of its currency.
    """

    __tablename__ = "billing_accounts"
    __table_args__ = (
        CheckConstraint("id = agency_id", name="one"),
        CheckConstraint(one_of("interval", INTERVALS), name="interval"),
        CheckConstraint("brands >= 0", name="brands"),
    )

    trial_ends_at: Mapped[datetime]
    customer_id: Mapped[str | None]
    checkout_id: Mapped[str | None]
    """The hosted page of a payment that was begun last."""
    subscription_id: Mapped[str | None]
    status: Mapped[str | None]
    """Of the subscription, in Stripe's words."""
    price_id: Mapped[str | None]
    brands: Mapped[int | None]
    """How many brands are paid for."""
    interval: Mapped[str | None]
    currency: Mapped[str | None]
    period_ends_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    """When the subscription ends or ended; None for one that goes on."""
    lapsed_at: Mapped[datetime | None]
    """Since when something is unpaid."""
    next_invoice_at: Mapped[datetime | None]
    next_amount: Mapped[int | None] = mapped_column(BigInteger)
    fetched_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class BillingInvoice(TenantOwned, Base):
    """An invoice as Stripe says it stands. Addresses are Stripe's, renewed at each look."""

    __tablename__ = "billing_invoices"
    __table_args__ = (unique_in_agency("stripe_id"),)

    stripe_id: Mapped[str]
    number: Mapped[str | None]
    status: Mapped[str]
    issued_at: Mapped[datetime]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    page_url: Mapped[str | None]
    pdf_url: Mapped[str | None]


class BillingNotice(TenantOwned, Base):
    """That the agency's owners and administrators were told of a step, once; `closes_at` says of which lapse."""

    __tablename__ = "billing_notices"
    __table_args__ = (unique_in_agency("step", "closes_at"),)

    step: Mapped[str]
    closes_at: Mapped[datetime]
    told_at: Mapped[Timestamp]


class BillingRoll(Base):
    """Which agencies are billed, and whose a customer of Stripe's is."""

    __tablename__ = "billing_roll"
    __table_args__ = (UniqueConstraint("customer_id"),)

    agency_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.directory.agency_id", ondelete="CASCADE"), primary_key=True
    )
    customer_id: Mapped[str | None]
    created_at: Mapped[Timestamp]


class BillingEvent(Base):
    """An event that was received and believed, kept so that a second one of its id does nothing."""

    __tablename__ = "billing_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    customer_id: Mapped[str | None]
    is_heeded: Mapped[bool]
    """Whether somebody was looked at because of it: a kind that matters, of a customer who is known."""
    happened_at: Mapped[datetime]
    received_at: Mapped[Timestamp]


class BillingPrice(Base):
    """A price of the settings as Stripe has it: what one brand costs for an interval."""

    __tablename__ = "billing_prices"

    id: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    before_tax: Mapped[bool]
    fetched_at: Mapped[Timestamp]
