"""The plans, in one place: what they are, how many brands an agency may have, and what is said before it is refused.

A brand is paid for by the month or the year; people are unlimited, and clients are never billed. The number of brands
decides on the plan. Whoever adds a brand, or takes one back, asks here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from tenants.brands import Brand
from tenants.errors import RefusedError
from tenants.session import TenantSession
from unisson.billing.models import BillingAccount
from unisson.billing.standing import LAPSED, PAID
from unisson.config import SettingError, Settings
from unisson.web.i18n import _n, later

TRIAL_BRANDS = 1
MOST_BRANDS = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan: from `least` to `most` brands. Its name is a proper name, the same in every language."""

    key: str
    name: str
    least: int
    most: int


PLANS = (
    Plan("atelier", "Atelier", 1, 3),
    Plan("studio", "Studio", 4, 10),
    Plan("maison", "Maison", 11, MOST_BRANDS),
)

Prices = Mapping[tuple[str, str], str]
"""Plan and interval → the id of the price."""


def plan_for(brands: int) -> Plan | None:
    """Return the plan of so many brands; None for a number that no plan is for."""
    return next((plan for plan in PLANS if plan.least <= brands <= plan.most), None)


def prices_of(settings: Settings) -> Prices:
    """Return the prices of the settings. Raises SettingError for a plan that there is not, or one without a price."""
    known = {plan.key for plan in PLANS}
    prices: dict[tuple[str, str], str] = {}
    for key, interval, price_id in settings.stripe_prices:
        if key not in known:
            raise SettingError("STRIPE_PRICES", f"names the plan “{key}”; there are {', '.join(sorted(known))}.")
        prices[key, interval] = price_id
    for plan in PLANS if settings.is_billed else ():
        if (plan.key, "month") not in prices:
            raise SettingError("STRIPE_PRICES", f"has no price for {plan.key}.month.")
    return prices


def plan_of_price(prices: Prices, price_id: str | None) -> Plan | None:
    """Return the plan that a price is of; None for one that the settings don't name."""
    return next((plan for plan in PLANS for key, known in prices.items() if key[0] == plan.key and known == price_id),
                None)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Room:
    """How many brands there are, and how many there may be; `most` is None where nothing limits them."""

    used: int
    most: int | None

    @property
    def is_full(self) -> bool:
        """Whether another brand would be one too many."""
        return self.most is not None and self.used >= self.most


def room(session: TenantSession) -> Room:
    """Return the agency's room for brands; nothing is counted where nothing is limited."""
    if not is_billed(session):
        return Room(0, None)
    return _room(session, session.get(BillingAccount, (session.agency_id, session.agency_id)))


def is_billed(session: TenantSession) -> bool:
    """Return whether agencies of this installation pay for their brands."""
    return bool(session.info.get("is_billed"))


def take_room(session: TenantSession) -> None:
    """Pass, holding the place until the transaction ends, or raise RefusedError where the plan has no more brands.

    For whoever adds a brand or takes one back.
    """
    if not is_billed(session):
        return
    account = session.scalars(select(BillingAccount).with_for_update()).first()
    found = _room(session, account)
    if found.is_full:
        raise RefusedError(later(_full, found.most), field="name")


def _full(most: int) -> str:
    return _n(
        "Your plan is for %(num)s brand, which is in use. Choose a larger one, or archive a brand first."
        " Nothing was changed.",
        "Your plan is for %(num)s brands, and all are in use. Choose a larger one, or archive a brand first."
        " Nothing was changed.",
        most,
    )


def _room(session: TenantSession, account: BillingAccount | None) -> Room:
    used = session.scalar(select(func.count()).select_from(Brand).where(Brand.archived_at.is_(None))) or 0
    return Room(used, most_brands(account))


def most_brands(account: BillingAccount | None) -> int:
    """Return how many brands an account may have: what is paid for, else the trial's.

    What was paid for counts until the subscription is over, also while a payment is awaited.
    """
    if account is not None and account.status in PAID | LAPSED - {"canceled"} and account.brands:
        return account.brands
    return TRIAL_BRANDS


def brands_in_use(session: TenantSession) -> Sequence[str]:
    """Return the names of the brands that count, by name."""
    return session.scalars(select(Brand.name).where(Brand.archived_at.is_(None)).order_by(Brand.name)).all()
