"""Changing the plan: what it would cost is shown first, and what was shown is what is done, or nothing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.billing.accounts import look_again
from unisson.billing.models import BillingAccount
from unisson.billing.plans import MOST_BRANDS, Plan, Prices, brands_in_use, plan_for
from unisson.billing.said import Preview, Subscription, Wish
from unisson.billing.standing import PAID
from unisson.config import Settings
from unisson.web.i18n import _n, later, lazy

if TYPE_CHECKING:
    from unisson.billing.gateway import Gateway

QUOTE_SECONDS = 3600
NAMES_TOLD = 10

NO_NUMBER = lazy("Give a number of brands from 1 to %(most)s.", most=MOST_BRANDS)
NO_INTERVAL = lazy("Choose whether to pay by the month or by the year.")
NO_YEAR = lazy("This plan is paid for by the month only.")
THE_SAME = lazy("That is your plan already. Nothing was changed.")
PAY_FIRST = lazy(
    "The last payment is still open. Pay it under “Card and billing details” first; then the plan can be changed."
)
NO_PLAN = lazy("The agency has no subscription to change. Choose a plan on the billing page.")
OUTDATED = lazy("The figures shown are out of date. Here they are anew; nothing was changed.")


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan for a number of brands, paid for by the month or the year."""

    plan: Plan
    brands: int
    interval: str
    price_id: str


def chosen(prices: Prices, brands: int, interval: str) -> Choice:
    """Return the choice of so many brands. Raises RefusedError on `brands` or `interval`."""
    plan = plan_for(brands)
    if plan is None:
        raise RefusedError(NO_NUMBER, field="brands")
    if interval not in {"month", "year"}:
        raise RefusedError(NO_INTERVAL, field="interval")
    price_id = prices.get((plan.key, interval))
    if price_id is None:
        raise RefusedError(NO_YEAR, field="interval")
    return Choice(plan, brands, interval, price_id)


def refuse_fewer_than_used(session: TenantSession, brands: int) -> None:
    """Pass, or raise RefusedError that names the brands in use where they are more than `brands`."""
    names = brands_in_use(session)
    if len(names) > brands:
        raise RefusedError(later(_too_few, tuple(names), brands), field="brands")


def _too_few(names: tuple[str, ...], brands: int) -> str:
    told = ", ".join(names[:NAMES_TOLD]) + ("…" if len(names) > NAMES_TOLD else "")
    return _n(
        "%(used)s brands are in use: %(names)s. Archive %(num)s of them before you pay for %(brands)s. Nothing was"
        " changed.",
        "%(used)s brands are in use: %(names)s. Archive %(num)s of them before you pay for %(brands)s. Nothing was"
        " changed.",
        len(names) - brands,
        used=len(names), names=told, brands=brands,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quote:
    """A change as it was shown. `token` carries it, signed, to the confirmation."""

    choice: Choice
    preview: Preview
    token: str


def quote(session: TenantSession, actor: Actor, gateway: "Gateway", settings: Settings, choice: Choice) -> Quote:
    """Return what the change would cost now. Raises RefusedError, StripeAwayError, NotTakenError."""
    actor.require(Permission.AGENCY_BILLING)
    refuse_fewer_than_used(session, choice.brands)
    account, standing = _standing(session, gateway)
    if (standing.price_id, standing.brands) == (choice.price_id, choice.brands):
        raise RefusedError(THE_SAME, field="brands")
    at = int(session.now().timestamp())
    preview = gateway.preview(account.customer_id or "", _wish(standing, choice.price_id, choice.brands, at))
    token = _signer(settings).dumps(
        {
            "agency": str(session.agency_id),
            "from": [standing.id, standing.item_id, standing.price_id, standing.brands],
            "to": [choice.price_id, choice.brands, choice.interval],
            "at": at,
        }
    )
    return Quote(choice, preview, token)


def _standing(session: TenantSession, gateway: "Gateway", *, lock: bool = False) -> tuple[BillingAccount, Subscription]:
    """Return the account and its subscription as Stripe has it now, which is paid."""
    asked = select(BillingAccount)
    account = session.scalars(asked.with_for_update() if lock else asked).first()
    if account is None or account.customer_id is None:
        raise RefusedError(NO_PLAN)
    found, _lively = gateway.subscription(account.customer_id)
    if found is None or not found.is_live:
        raise RefusedError(NO_PLAN)
    if found.status not in PAID:
        raise RefusedError(PAY_FIRST)
    return account, found


def _wish(standing: Subscription, price_id: str, brands: int, at: int) -> Wish:
    return Wish(price_id, brands, standing.id, standing.item_id, at)


def carry_out(session: TenantSession, actor: Actor, gateway: "Gateway", settings: Settings, token: str, *,
              key: str) -> int:  # fmt: skip
    """Return for how many brands the agency pays from now on: the quote that `token` carries, at its price.

    Raises StaleError for a quote that is not true any more, CardRefusedError (nothing is changed then),
    StripeAwayError, ForbiddenError.
    """
    actor.require(Permission.AGENCY_BILLING)
    told = _opened(settings, token)
    if told is None or told["agency"] != str(session.agency_id):
        raise StaleError(OUTDATED)
    account, standing = _standing(session, gateway, lock=True)
    price_id, brands, interval = told["to"]
    if [standing.id, standing.item_id, standing.price_id, standing.brands] != told["from"]:
        raise StaleError(OUTDATED)
    refuse_fewer_than_used(session, brands)
    changed = gateway.change(_wish(standing, price_id, brands, told["at"]), key=key)
    account.price_id, account.brands, account.interval = changed.price_id, changed.brands, interval
    account.period_ends_at, account.next_invoice_at, account.next_amount = changed.period_ends_at, None, None
    look_again(session)
    record(session, actor, "billing.changed", "agency", session.agency_id, brands=brands, before=standing.brands)
    return changed.brands


def _opened(settings: Settings, token: str) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = _signer(settings).loads(token, max_age=QUOTE_SECONDS)
    except BadData:
        return None
    return told


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="billing.quote")
