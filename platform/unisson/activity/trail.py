"""Writing the trail: in the same transaction as what it tells of."""

import uuid

from tenants.access import Actor
from tenants.session import TenantSession
from unisson.activity.models import Event

PUBLISHER = "Unisson"


def record(
    session: TenantSession,
    actor: Actor | None,
    verb: str,
    subject_kind: str,
    subject_id: uuid.UUID,
    *,
    brand_id: uuid.UUID | None = None,
    by: str | None = None,
    **details: object,
) -> None:
    """Add one event. `actor` None means the publisher, or somebody without an account whose name is `by`."""
    session.add(
        Event(
            actor_id=actor.membership_id if actor else None,
            actor_name=by or (actor.name if actor else PUBLISHER),
            verb=verb,
            subject_kind=subject_kind,
            subject_id=subject_id,
            brand_id=brand_id,
            details=details,
        )
    )
