"""Taking in an event: kept once, and its customer looked at, in one transaction. Nothing is asked of Stripe here.

What the event says is not believed beyond whose account it is about: the look fetches what stands.
"""

import uuid
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.session import GlobalSession, TenantSession
from unisson.billing.accounts import look_again
from unisson.billing.models import BillingEvent, BillingRoll
from unisson.billing.said import Event
from unisson.runtime import Runtime

HEEDED = ("customer.subscription.", "customer.deleted", "invoice.", "checkout.session.")
"""How the events begin after which an account may stand otherwise. Others are kept, and nothing follows."""


def receive(runtime: Runtime, event: Event) -> bool:
    """Return whether the event was new and had its customer looked at."""
    agency_id = _whose(runtime, event.customer_id) if event.type.startswith(HEEDED) else None
    if agency_id is None:
        with runtime.database.everywhere() as everywhere:
            _keep(everywhere, event, is_heeded=False)
        return False
    with runtime.database.agency(agency_id) as session:
        if not _keep(session, event, is_heeded=True):
            return False
        look_again(session)
    return True


def _whose(runtime: Runtime, customer_id: str | None) -> uuid.UUID | None:
    if customer_id is None:
        return None
    with runtime.database.everywhere() as everywhere:
        return everywhere.scalar(select(BillingRoll.agency_id).where(BillingRoll.customer_id == customer_id))


def _keep(session: TenantSession | GlobalSession, event: Event, *, is_heeded: bool) -> bool:
    """Keep the event; False where it was kept before."""
    values = {
        "id": event.id,
        "type": event.type,
        "customer_id": event.customer_id,
        "is_heeded": is_heeded,
        "happened_at": datetime.fromtimestamp(event.happened_at, UTC),
    }
    kept = insert(BillingEvent).values(values).on_conflict_do_nothing().returning(BillingEvent.id)
    return session.execute(kept).first() is not None
