"""Choosing a plan: what it would cost, then Stripe's page of payment, or the change that was shown."""

import uuid
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from unisson.billing import words
from unisson.billing.accounts import account_of, look_again
from unisson.billing.changing import Choice, Quote, carry_out, chosen, quote, refuse_fewer_than_used
from unisson.billing.forms import PlanForm, QuoteForm
from unisson.billing.money import say_money
from unisson.billing.pages import account_page, is_paying, known_prices, lead_to_stripe, paid_already, payer
from unisson.billing.plans import prices_of
from unisson.billing.reach import gateway_of
from unisson.billing.refusals import NotTakenError, StripeAwayError
from unisson.billing.routes import blueprint
from unisson.billing.said import Price, Wish
from unisson.billing.starting import begin
from unisson.identity.browser import tell
from unisson.web.db import runtime, session
from unisson.web.guards import actor
from unisson.web.i18n import _n

if TYPE_CHECKING:
    from unisson.billing.gateway import Gateway

Answer = Response | str | tuple[str, int]


@blueprint.get("/plan")
def plan() -> Answer:
    """Show what a plan costs, and for a change what is to be paid at once."""
    actor().require(Permission.AGENCY_BILLING)
    if not runtime().settings.is_billed or not request.args:
        return redirect(url_for("billing.account"), 303)
    form = PlanForm(request.args)
    try:
        return _plan_page(_choice(form))
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return account_page(form), status


def _choice(form: PlanForm) -> Choice:
    """Return what was chosen. Raises RefusedError, also for fewer brands than are in use."""
    found = chosen(prices_of(runtime().settings), form.number, form.interval.data or "")
    refuse_fewer_than_used(session(), found.brands)
    return found


def _plan_page(choice: Choice, form: QuoteForm | None = None) -> str:
    """Return the page of a choice. Raises RefusedError where it can't be had."""
    lead_to_stripe(runtime().settings)
    offered = None
    if is_paying(account_of(session())):
        offered = quote(session(), actor(), _gateway(), runtime().settings, choice)
    return _drawn(choice, offered, form or QuoteForm(None))


def _asked_price(price_id: str) -> Price | None:
    """Ask Stripe for a price that no look has read yet; None while it does not say."""
    try:
        return _gateway().price(price_id)
    except (StripeAwayError, NotTakenError):
        return None


def _drawn(choice: Choice, offered: Quote | None, form: QuoteForm) -> str:
    form.quote.data = offered.token if offered else ""
    form.brands.data, form.interval.data = str(choice.brands), choice.interval
    price = known_prices(session()).get(choice.price_id) or _asked_price(choice.price_id)
    return render_template(
        "billing/plan.html",
        choice=choice,
        offered=offered,
        form=form,
        price=price,
        each=say_money(price.amount, price.currency) if price else None,
        together=say_money(price.amount * choice.brands, price.currency) if price else None,
        intervals=words.INTERVALS,
        say_money=say_money,
    )


@blueprint.post("/checkout")
def checkout() -> Answer:
    """Lead to Stripe's page of payment."""
    actor().require(Permission.AGENCY_BILLING)
    _only_where_billed()
    form, key = PlanForm(request.form), _key()
    try:
        choice = _choice(form)
        page = begin(session(), actor(), _gateway(), payer(), Wish(choice.price_id, choice.brands),
                     key=f"checkout-{key}", trial_days=runtime().settings.trial_days)  # fmt: skip
    except RefusedError as refusal:
        session().rollback()
        status = form.refuse(refusal)
        return account_page(form), status
    # The address is of the payment page that Stripe made.
    # nosemgrep: redirect-to-what-was-asked  # noqa: ERA001
    return redirect(page.url, 303) if page else paid_already()


@blueprint.post("/plan")
def changing() -> Answer:
    """Carry out the change that was shown."""
    actor().require(Permission.AGENCY_BILLING)
    _only_where_billed()
    form = QuoteForm()
    try:
        brands = carry_out(session(), actor(), _gateway(), runtime().settings, form.quote.data or "",
                           key=f"change-{_key()}")  # fmt: skip
    except RefusedError as refusal:
        session().rollback()
        return _refused(refusal)
    tell(_n("You pay for %(num)s brand from now on.", "You pay for %(num)s brands from now on.", brands))
    return redirect(url_for("billing.account"), 303)


def _refused(refusal: RefusedError) -> Answer:
    """Show the choice again, at what it costs by now, with the reason why nothing was changed.

    Under a new number: Stripe answers a number that it knows as it did the first time, a card changed or not.
    """
    if isinstance(refusal, StripeAwayError) and refusal.may_have_acted:
        _look_whatever_comes()
    choosing, form = PlanForm(request.form), QuoteForm(None)
    form.refuse(RefusedError(refusal.sentence))
    try:
        return _plan_page(_choice(choosing), form), refusal.status
    except RefusedError as further:
        # It can't be offered anew: the billing page says what stands, and why nothing was changed. Of a quote that is
        # out of date the reason is why there is no newer one: the amounts are not shown again.
        choosing.refuse(RefusedError((further if isinstance(refusal, StaleError) else refusal).sentence))
        return account_page(choosing), refusal.status


def _look_whatever_comes() -> None:
    """Have the account looked at, although this request is refused and leaves nothing else behind."""
    with runtime().database.agency(session().agency_id) as apart:
        look_again(apart)


def _only_where_billed() -> None:
    if not runtime().settings.is_billed:
        raise NotFoundError


def _gateway() -> "Gateway":
    return gateway_of(runtime().settings)


def _key() -> str:
    """Return what names this act at Stripe: the form's once-only number, in its agency."""
    try:
        number = uuid.UUID(request.form.get("operation_id", ""))
    except ValueError:
        number = uuid.uuid4()
    return f"{session().agency_id}-{number}"
