"""Beginning to pay: the agency becomes a customer of Stripe's, and is led to one page of payment at a time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import update

from tenants.access import Actor
from tenants.errors import RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.billing.accounts import look_again, open_account
from unisson.billing.models import BillingAccount, BillingRoll
from unisson.billing.refusals import NotTakenError
from unisson.billing.said import Page, Wish
from unisson.web.i18n import lazy

if TYPE_CHECKING:
    from unisson.billing.gateway import Gateway

NO_CUSTOMER = lazy("There is nothing to manage yet: choose a plan first.")


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays: the agency by its name, and where Stripe writes to. `back` is the billing page's address."""

    name: str
    email: str
    language: str
    back: str


def begin(session: TenantSession, actor: Actor, gateway: "Gateway", payer: Payer, wish: Wish, *,
          key: str, trial_days: int) -> Page | None:  # fmt: skip
    """Return the page where the agency pays for `wish`, the only one at which it can; None where it pays already.

    `key` names this act at Stripe: a second one of the same is the first. Raises ForbiddenError, StripeAwayError,
    NotTakenError.
    """
    actor.require(Permission.AGENCY_BILLING)
    account = open_account(session, trial_days)
    customer_id = _customer(session, gateway, account, payer)
    if _pays(gateway, customer_id):
        look_again(session)
        return None
    if account.checkout_id and not gateway.close_checkout(account.checkout_id) and _pays(gateway, customer_id):
        # It was paid in this very moment: closing an earlier page is what settles it.
        look_again(session)
        return None
    page = gateway.open_checkout(customer_id, wish, back=payer.back, language=payer.language, key=key)
    account.checkout_id = page.id
    record(session, actor, "billing.begun", "agency", session.agency_id, brands=wish.brands)
    return page


def _pays(gateway: "Gateway", customer_id: str) -> bool:
    found, _lively = gateway.subscription(customer_id)
    return found is not None and found.is_live


def _customer(session: TenantSession, gateway: "Gateway", account: BillingAccount, payer: Payer) -> str:
    if account.customer_id is None:
        account.customer_id = gateway.open_customer(
            str(session.agency_id), name=payer.name, email=payer.email, language=payer.language
        )
        session.execute(
            update(BillingRoll)
            .where(BillingRoll.agency_id == session.agency_id)
            .values(customer_id=account.customer_id)
        )
        look_again(session)
    return account.customer_id


def manage(session: TenantSession, actor: Actor, gateway: "Gateway", payer: Payer) -> Page:
    """Return Stripe's page of card, addresses and cancellation. Raises RefusedError for who is no customer yet."""
    actor.require(Permission.AGENCY_BILLING)
    account = session.get(BillingAccount, (session.agency_id, session.agency_id))
    if account is None or account.customer_id is None:
        raise RefusedError(NO_CUSTOMER)
    try:
        return gateway.open_portal(account.customer_id, back=payer.back, language=payer.language)
    except NotTakenError as error:
        if not error.is_missing:
            raise
        look_again(session)
        raise RefusedError(NO_CUSTOMER) from error
