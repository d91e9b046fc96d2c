"""The agency's account: opened with its trial, and told to be looked at."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.session import TenantSession
from unisson import dispatching
from unisson.billing.models import BillingAccount, BillingRoll
from unisson.jobs import ring_after_commit


def account_of(session: TenantSession) -> BillingAccount | None:
    """Return the agency's account; None in the moment before it is opened."""
    return session.get(BillingAccount, (session.agency_id, session.agency_id))


def open_account(session: TenantSession, trial_days: int) -> BillingAccount:
    """Return the agency's account, locked until the transaction ends, opened now where there was none."""
    ends_at = session.now() + timedelta(days=trial_days)
    values = {"agency_id": session.agency_id, "id": session.agency_id, "trial_ends_at": ends_at}
    session.execute(insert(BillingAccount).values(values).on_conflict_do_nothing())
    opened = session.execute(insert(BillingRoll).values(agency_id=session.agency_id).on_conflict_do_nothing())
    if opened.rowcount:  # type: ignore[attr-defined]  # a statement that writes has it
        look_again(session)
    return session.scalars(select(BillingAccount).with_for_update()).one()


def look_again(session: TenantSession, *, at: datetime | None = None) -> None:
    """Have the account be looked at, now or at `at`. Whoever is looking has to begin anew."""
    dispatching.put(session, "billing", session.agency_id, session.agency_id, due_at=at)
    ring_after_commit(session, "billing")
