"""Looking at an account: what Stripe says of its customer is fetched whole, and written; then its standing is judged.

An account stands on the dispatch table for its next look: the next step of a lapse, a day from now at the latest. An
event only has it looked at sooner. By the claim's fence, of two who look at once the one who began later writes.
"""

from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from tenants.identities import DirectoryEntry, Dispatch
from unisson.attending import Duty, attend
from unisson.billing.accounts import look_again, open_account
from unisson.billing.applying import keep_state, stand, stand_well
from unisson.billing.models import BillingAccount, BillingEvent, BillingPrice
from unisson.billing.plans import prices_of
from unisson.billing.reach import gateway_of
from unisson.billing.refusals import NotTakenError, StripeAwayError
from unisson.billing.said import Price, State
from unisson.dispatching import Claim, done, holds, release
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

DAILY = timedelta(days=1)
AGAIN = timedelta(minutes=5)
"""When Stripe is asked again after it did not answer."""
LEASE = 90.0
LONGEST = 15.0
"""Seconds that must be left to begin a look. One that takes longer and is cut off is begun anew after its lease."""
NEWCOMERS = 20
EVENTS_KEPT = timedelta(days=90)


class _OvertakenError(Exception):
    """Somebody asked for a new look meanwhile: what this one found is not written."""


def look_due(runtime: Runtime, budget_seconds: float) -> int:
    """Look at the accounts whose time has come until none is left, or the budget is over; return how many."""
    if not runtime.settings.is_billed:
        with runtime.database.everywhere() as session:
            session.execute(update(Dispatch).where(Dispatch.kind == "billing").values(due_at=func.clock_timestamp()))
        return attend(runtime, _AMNESTY, budget_seconds)
    enrol(runtime)
    return attend(runtime, _DUTY, budget_seconds)


def enrol(runtime: Runtime) -> int:
    """Open the accounts of agencies that nobody looks at; the trial of a new one begins now. Return how many."""
    with runtime.database.everywhere() as session:
        due = select(Dispatch.item_id).where(Dispatch.kind == "billing", Dispatch.agency_id == DirectoryEntry.agency_id)
        unknown = select(DirectoryEntry.agency_id).where(~due.exists()).distinct()
        newcomers = session.scalars(unknown.limit(NEWCOMERS)).all()
    for agency_id in newcomers:
        with runtime.database.agency(agency_id) as session:
            open_account(session, runtime.settings.trial_days)
            look_again(session)
    return len(newcomers)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    account = _read(runtime, claimed)
    if account is None:
        return
    with suppress(StripeAwayError):  # prices are a courtesy to whoever chooses a plan
        know_prices(runtime)
    state: State | None = None
    if account.customer_id:
        try:
            state = gateway_of(runtime.settings).state(account.customer_id)
        except (StripeAwayError, NotTakenError):
            _put_off(runtime, claimed)
            return
    try:
        _write(runtime, claimed, state)
    except _OvertakenError:
        log.info("billing.overtaken", agency=str(claimed.agency_id))


_DUTY = Duty("billing", _attend, LEASE, longest=LONGEST)


def _forgive(runtime: Runtime, claimed: Claim) -> None:
    """Open everything to an agency of an installation that bills nobody any more, and look no more."""
    with runtime.database.agency(claimed.agency_id) as session:
        stand_well(session)
        done(session, claimed)


_AMNESTY = Duty("billing", _forgive, LEASE)


def _put_off(runtime: Runtime, claimed: Claim) -> None:
    """Ask again soon. Meanwhile nothing gets worse for the agency: it can't be told whether it paid."""
    with runtime.database.agency(claimed.agency_id) as session:
        release(session, claimed, delay=AGAIN.total_seconds())


def _read(runtime: Runtime, claimed: Claim) -> BillingAccount | None:
    with runtime.database.agency(claimed.agency_id) as session:
        account = session.get(BillingAccount, (claimed.agency_id, claimed.item_id))
        if account is None:
            done(session, claimed)
            return None
        return account if holds(session, claimed) else None


def _write(runtime: Runtime, claimed: Claim, state: State | None) -> None:
    with runtime.database.agency(claimed.agency_id) as session:
        account = session.scalars(select(BillingAccount).with_for_update()).one()
        now = session.now()
        if state is not None:
            if state.lively > 1:
                log.error("billing.two_subscriptions", agency=str(claimed.agency_id), customer=account.customer_id)
            keep_state(session, account, state, now)
        judged = stand(session, account, now)
        next_at = min(judged.next_at or now + DAILY, now + DAILY)
        if not release(session, claimed, delay=max(0.0, (next_at - now).total_seconds())):
            raise _OvertakenError


def know_prices(runtime: Runtime) -> int:
    """Read the prices of the settings that are not known, or were read a day ago; return how many."""
    wanted = set(prices_of(runtime.settings).values())
    with runtime.database.everywhere() as session:
        fresh = session.scalars(select(BillingPrice.id).where(BillingPrice.fetched_at > func.clock_timestamp() - DAILY))
        missing = sorted(wanted - set(fresh))
    found = [price for price in (_price(runtime, each) for each in missing) if price]
    if found:
        with runtime.database.everywhere() as session:
            for price in found:
                values = {"currency": price.currency, "amount": price.amount, "before_tax": price.before_tax,
                          "fetched_at": func.clock_timestamp()}  # fmt: skip
                session.execute(
                    insert(BillingPrice).values(id=price.id, **values)
                    .on_conflict_do_update(index_elements=["id"], set_=values)
                )  # fmt: skip
            session.execute(delete(BillingEvent).where(BillingEvent.received_at < func.clock_timestamp() - EVENTS_KEPT))
    return len(found)


def _price(runtime: Runtime, price_id: str) -> Price | None:
    """Return a price; None, with a word to the operator, for one that Stripe does not know: accounts stand without."""
    try:
        return gateway_of(runtime.settings).price(price_id)
    except NotTakenError:
        log.warning("billing.no_such_price", price=price_id)
        return None
