"""What is said to Stripe and by it, as values of ours. Times are aware, money in the smallest unit of its currency."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from unisson.billing.standing import LAPSED, PAID

Told = Mapping[str, Any]
_OPEN = frozenset({"open", "uncollectible"})
_LIVELIEST = ("active", "trialing", "past_due", "unpaid", "paused", "incomplete", "canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription. `item_id` is its first line's, `brands` the quantity of all; `ends_at` None when it goes on."""

    id: str
    status: str
    item_id: str
    price_id: str | None
    brands: int
    interval: str | None
    currency: str
    period_starts_at: datetime | None
    period_ends_at: datetime | None
    ends_at: datetime | None
    created_at: datetime

    @property
    def is_live(self) -> bool:
        """Whether it is paid, or may be again: another one beside it would be a second charge."""
        return self.status in PAID | LAPSED - {"canceled"}


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice that was issued."""

    id: str
    number: str | None
    status: str
    issued_at: datetime
    amount: int
    currency: str
    subscription_id: str | None
    page_url: str | None
    pdf_url: str | None


@dataclass(frozen=True, slots=True)
class Next:
    """The invoice to come."""

    at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class State:
    """All that is fetched of a customer: the subscription that counts, the invoices, when something went unpaid.

    `lively` counts the subscriptions that are or may be paid: more than one is a fault to look into.
    """

    subscription: Subscription | None
    invoices: Sequence[Invoice]
    next: Next | None = None
    lively: int = 0
    is_gone: bool = False
    """Whether the customer was deleted at Stripe."""

    @property
    def lapsed_at(self) -> datetime | None:
        """Return since when the subscription is unpaid: its oldest open invoice, else its end, or its period's start.

        It follows from the state alone, so that whoever fetches it late or twice finds the same.
        """
        found = self.subscription
        if found is None or found.status not in LAPSED:
            return None
        unpaid = [each.issued_at for each in self.invoices if each.status in _OPEN and each.subscription_id == found.id]
        if unpaid:
            return min(unpaid)
        ended = found.ends_at if found.status == "canceled" else found.period_starts_at
        return ended or found.created_at


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a preview."""

    text: str
    amount: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would cost at once: `due` is charged, `total` below 0 is kept for the next invoices."""

    lines: Sequence[Line]
    tax: int
    total: int
    due: int
    currency: str


@dataclass(frozen=True, slots=True)
class Price:
    """What a brand costs for an interval."""

    id: str
    amount: int
    currency: str
    before_tax: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An event that Stripe signed: what happened, to which customer."""

    id: str
    type: str
    customer_id: str | None
    happened_at: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Stripe's that a person is led to."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be paid for from now on, and for a change what it is a change of."""

    price_id: str
    brands: int
    subscription_id: str = ""
    item_id: str = ""
    at: int = 0
    """The second from which on the difference is counted."""


def moment(seconds: Any) -> datetime | None:
    """Return a moment that Stripe said in seconds since 1970; None for none."""
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def named(thing: Any) -> str | None:
    """Return the id of a thing that may be told whole or by its id alone."""
    found = thing.get("id") if isinstance(thing, Mapping) else thing
    return found if isinstance(found, str) else None


def the_one_that_counts(told: Iterable[Told]) -> tuple[Subscription | None, int]:
    """Return the liveliest of a customer's subscriptions, the newest of several, and how many may be paid."""
    all_of_them = [subscription(each) for each in told]
    if not all_of_them:
        return None, 0
    first = min(all_of_them, key=lambda each: (_rank(each.status), -each.created_at.timestamp(), each.id))
    return first, sum(each.is_live for each in all_of_them)


def _rank(status: str) -> int:
    return _LIVELIEST.index(status) if status in _LIVELIEST else len(_LIVELIEST)


def subscription(told: Told) -> Subscription:
    """Return the subscription that Stripe told of."""
    items = told["items"]["data"]
    first = items[0] if items else {}
    price = first.get("price") or first.get("plan") or {}
    interval = (price.get("recurring") or price).get("interval")
    return Subscription(
        id=told["id"],
        status=told["status"],
        item_id=first.get("id", ""),
        price_id=price.get("id"),
        brands=sum(item.get("quantity") or 0 for item in items),
        interval=interval if interval in {"month", "year"} else None,
        currency=told.get("currency") or price.get("currency") or "eur",
        period_starts_at=moment(first.get("current_period_start") or told.get("current_period_start")),
        period_ends_at=_period_end(told, first),
        ends_at=_end(told, first),
        created_at=_sure(told["created"]),
    )


def _end(told: Told, first: Told) -> datetime | None:
    if told.get("ended_at"):
        return moment(told["ended_at"])
    if told.get("cancel_at"):
        return moment(told["cancel_at"])
    return _period_end(told, first) if told.get("cancel_at_period_end") else None


def _period_end(told: Told, first: Told) -> datetime | None:
    """Return the end of the first line's period; older versions of the API have it on the subscription."""
    return moment(first.get("current_period_end") or told.get("current_period_end"))


def _sure(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def invoices(told: Iterable[Told]) -> list[Invoice]:
    """Return the invoices that were issued; drafts are none yet."""
    return [_invoice(each) for each in told if each.get("status") not in {None, "draft"}]


def _invoice(told: Told) -> Invoice:
    parent = (told.get("parent") or {}).get("subscription_details") or {}
    return Invoice(
        id=told["id"],
        number=told.get("number"),
        status=told["status"],
        issued_at=_sure((told.get("status_transitions") or {}).get("finalized_at") or told["created"]),
        amount=told["total"],
        currency=told["currency"],
        subscription_id=named(parent.get("subscription") or told.get("subscription")),
        page_url=told.get("hosted_invoice_url"),
        pdf_url=told.get("invoice_pdf"),
    )


def preview(told: Told) -> Preview:
    """Return what a preview of an invoice says."""
    lines = [Line(each.get("description") or "", each["amount"]) for each in told["lines"]["data"]]
    tax = sum(each["amount"] for each in told.get("total_taxes") or [])
    return Preview(lines, tax, told["total"], told["amount_due"], told["currency"])


def coming(told: Told) -> Next | None:
    """Return the invoice to come that a preview is of."""
    at = moment(told.get("next_payment_attempt") or told.get("period_end"))
    return Next(at, told["amount_due"]) if at else None


def price(told: Told) -> Price | None:
    """Return a price; None for one that is not so much a brand."""
    if told.get("unit_amount") is None:
        return None
    return Price(told["id"], told["unit_amount"], told["currency"], told.get("tax_behavior") != "inclusive")
