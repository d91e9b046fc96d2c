"""The agency's billing: what it pays for, its invoices, and the plans there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.billing import words
from unisson.billing.accounts import account_of, look_again
from unisson.billing.forms import PlanForm
from unisson.billing.models import BillingAccount, BillingInvoice, BillingPrice
from unisson.billing.money import say_money
from unisson.billing.plans import PLANS, Plan, Prices, plan_of_price, prices_of, room
from unisson.billing.reach import gateway_of
from unisson.billing.routes import blueprint
from unisson.billing.standing import LAPSED, PAID, STILL_LEAVES
from unisson.billing.starting import Payer, manage
from unisson.config import Settings
from unisson.identity.browser import tell
from unisson.web.db import runtime, session
from unisson.web.guards import actor, current_agency_row
from unisson.web.headers import lead_forms_to
from unisson.web.i18n import _, language

Answer = Response | str | tuple[str, int]

LOOKS = 30
"""How often the page asks whether a payment has arrived: each two seconds, for a minute."""
CHECKOUT, PORTAL = "https://checkout.stripe.com", "https://billing.stripe.com"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan as the page offers it; amounts in words, empty where they are not known."""

    plan: Plan
    monthly: str
    yearly: str
    has_year: bool


def known_prices(session: TenantSession) -> dict[str, BillingPrice]:
    """Return the prices that were read from Stripe, by id."""
    return {price.id: price for price in session.scalars(select(BillingPrice))}


def plan_lines(session: TenantSession, prices: Prices) -> Sequence[PlanLine]:
    """Return the plans with what a brand costs in each."""
    known = known_prices(session)

    def amount(plan: Plan, interval: str) -> str:
        price = known.get(prices.get((plan.key, interval), ""))
        return say_money(price.amount, price.currency) if price else ""

    return [PlanLine(plan, amount(plan, "month"), amount(plan, "year"), (plan.key, "year") in prices) for plan in PLANS]


def is_paying(account: BillingAccount | None) -> bool:
    """Return whether there is a subscription, paid or to be paid, that can be changed and managed."""
    return account is not None and account.status in PAID | LAPSED - {"canceled"}


def lead_to_stripe(settings: Settings) -> None:
    """Let the forms of this page lead to Stripe's own, or to where a stand-in has them."""
    stand_in = () if settings.stripe_api_url.startswith("https://") else (settings.stripe_api_url,)
    lead_forms_to(CHECKOUT, PORTAL, *stand_in)


def payer() -> Payer:
    """Return who pays, and where Stripe leads back to."""
    back = runtime().settings.base_url + url_for("billing.account")
    return Payer(current_agency_row().name, actor().email, language(), back)


@blueprint.get("")
def account() -> Answer:
    """Show what the agency pays for, its invoices and the plans."""
    actor().require(Permission.AGENCY_BILLING)
    if not runtime().settings.is_billed:
        return render_template("billing/self_hosted.html")
    return account_page(PlanForm(None))


def account_page(form: PlanForm) -> str:
    """Return the page, with a form that was refused where one was."""
    settings = runtime().settings
    lead_to_stripe(settings)
    prices = prices_of(settings)
    found = account_of(session())
    if request.args.get("paid") and found and found.customer_id and found.status not in PAID:
        look_again(session())  # should Stripe's word be late, or not come
    space = room(session())
    if not form.brands.data:
        form.brands.data = str((found.brands if found and is_paying(found) else None) or max(space.used, 1))
        form.interval.data = (found.interval if found else None) or "month"
    return render_template(
        "billing/account.html",
        form=form,
        invoices=_invoices(),
        lines=plan_lines(session(), prices),
        before_tax=any(price.before_tax for price in known_prices(session()).values()),
        invoice_states=words.INVOICE_STATES,
        say_money=say_money,
        **_state(found, 1 if request.args.get("paid") else 0),
    )


@blueprint.get("/state")
def state() -> Answer:
    """Show how the subscription stands by now: for a page that waits for a payment."""
    actor().require(Permission.AGENCY_BILLING)
    if not runtime().settings.is_billed:
        return redirect(url_for("billing.account"), 303)
    asked = request.args.get("looks", "")
    looks = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else LOOKS
    found = account_of(session())
    told = _state(found, looks)
    if not told["waits"] and looks < LOOKS and request.headers.get("HX-Request"):
        # It has arrived: the plans and the invoices below are others now.
        return Response(headers={"HX-Redirect": url_for("billing.account")})
    return render_template("billing/_state.html", say_money=say_money, **told)


def _state(found: BillingAccount | None, looks: int) -> dict[str, object]:
    """Return what the state of a subscription is shown with; `looks` counts those of a page that waits, else 0."""
    prices = prices_of(runtime().settings)
    waits = 0 < looks < LOOKS and (found is None or found.status not in PAID)
    return {
        "account": found,
        "room": room(session()),
        "plan": plan_of_price(prices, found.price_id if found else None),
        "is_paying": is_paying(found),
        "waits": waits,
        "looks": looks + 1,
        "statuses": words.STATUSES,
        "intervals": words.INTERVALS,
        "trial_days": runtime().settings.trial_days,
        "still_leaves": STILL_LEAVES.days,
    }


def _invoices() -> Sequence[BillingInvoice]:
    return (
        session()
        .scalars(select(BillingInvoice).order_by(BillingInvoice.issued_at.desc(), BillingInvoice.id).limit(60))
        .all()
    )


@blueprint.post("/portal")
def portal() -> Answer:
    """Lead to Stripe's page of card, billing details and cancellation."""
    actor().require(Permission.AGENCY_BILLING)
    page = manage(session(), actor(), gateway_of(runtime().settings), payer())
    return redirect(page.url, 303)


def paid_already() -> Answer:
    """Say that there is a subscription, and show it."""
    tell(_("The agency has a subscription already: here it is. Nothing was charged a second time."))
    return redirect(url_for("billing.account", paid=1), 303)
