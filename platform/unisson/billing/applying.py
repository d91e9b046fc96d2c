"""Writing down what was fetched. The whole of it takes the place of what stood there: nothing is added up.

So whoever applies a state twice, late, or after a later one was lost ends at the same as everybody else.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from tenants.agencies import Agency
from tenants.base import new_id
from tenants.session import TenantSession
from tenants.standing import Standing
from unisson import dispatching
from unisson.activity.trail import record
from unisson.billing.models import BillingAccount, BillingInvoice, BillingRoll
from unisson.billing.notices import first_told, tell
from unisson.billing.said import Invoice, State
from unisson.billing.standing import Facts, Judgement, judge, lapse_of
from unisson.jobs import ring_after_commit

_LET_GO = text("""
update app.publications set state = 'scheduled', reason = null
 where state = 'held' and reason = 'unpaid' returning id, due_at, content_id
""")


def keep_state(session: TenantSession, account: BillingAccount, state: State, now: datetime) -> None:
    """Write what Stripe said of the account's customer."""
    found = state.subscription
    account.subscription_id = found.id if found else None
    account.status = found.status if found else None
    account.price_id = found.price_id if found else None
    account.brands = found.brands if found else None
    account.interval = found.interval if found else None
    account.currency = found.currency if found else None
    account.period_ends_at = found.period_ends_at if found else None
    account.ends_at = found.ends_at if found else None
    account.lapsed_at = state.lapsed_at
    account.next_invoice_at = state.next.at if state.next else None
    account.next_amount = state.next.amount if state.next else None
    account.fetched_at = now
    if state.is_gone:
        account.customer_id = None
        session.execute(update(BillingRoll).where(BillingRoll.agency_id == session.agency_id).values(customer_id=None))
    _keep_invoices(session, state.invoices)


def _keep_invoices(session: TenantSession, invoices: Sequence[Invoice]) -> None:
    rows = [
        {
            "agency_id": session.agency_id,
            "id": new_id(),
            "stripe_id": each.id,
            "number": each.number,
            "status": each.status,
            "issued_at": each.issued_at,
            "amount": each.amount,
            "currency": each.currency,
            "page_url": each.page_url,
            "pdf_url": each.pdf_url,
        }
        for each in invoices
    ]
    if not rows:
        return
    writing = insert(BillingInvoice)
    changed = {name: writing.excluded[name] for name in rows[0] if name not in {"agency_id", "id", "stripe_id"}}
    session.execute(writing.on_conflict_do_update(index_elements=["agency_id", "stripe_id"], set_=changed), rows)


def facts_of(account: BillingAccount) -> Facts:
    """Return what decides about an account."""
    return Facts(account.trial_ends_at, account.status, account.ends_at, account.lapsed_at)


def stand(session: TenantSession, account: BillingAccount, now: datetime) -> Judgement:
    """Bring the agency's standing in line with its account, tell its people of a step once, return the judgement."""
    facts = facts_of(account)
    found = judge(facts, now, first_told(session, lapse_of(facts)))
    _put(session, found)
    if found.step and found.closes_at:
        tell(session, found.step, found.closes_at)
    return found


def stand_well(session: TenantSession) -> None:
    """Open everything to the agency."""
    _put(session, Judgement())


def _put(session: TenantSession, found: Judgement) -> None:
    agency = session.scalars(select(Agency)).one()
    before = agency.standing
    agency.standing, agency.standing_why = found.standing.value, found.why.value if found.why else None
    agency.standing_until = found.until
    if before != agency.standing:
        record(session, None, f"billing.{found.standing}", "agency", session.agency_id)
    session.flush()
    if before == Standing.STOPPED and found.standing != Standing.STOPPED:
        let_go(session)


def let_go(session: TenantSession) -> None:
    """Have what was held for want of payment leave at its date; where that has passed, a person is asked."""
    contents = set()
    for row in session.execute(_LET_GO).all():
        dispatching.put(session, "publication", session.agency_id, row.id, due_at=row.due_at)
        contents.add(row.content_id)
    for content_id in contents:
        dispatching.put(session, "content", session.agency_id, content_id)
    ring_after_commit(session, "publishing")
