"""Writing the trail: in the same transaction as what it tells of."""

import uuid
from collections.abc import Sequence

from sqlalchemy import insert

from tenants.access import Actor
from tenants.base import new_id
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
    by_id: uuid.UUID | None = None,
    **details: object,
) -> None:
    """Add one event. `actor` None means the publisher, or a person of the agency `by_id` under the name `by`."""
    session.add_rows(
        Event(
            actor_id=actor.membership_id if actor else by_id,
            actor_name=by or (actor.name if actor else PUBLISHER),
            verb=verb,
            subject_kind=subject_kind,
            subject_id=subject_id,
            brand_id=brand_id,
            details=details,
        )
    )


def record_many(
    session: TenantSession, actor: Actor, verb: str, subject: tuple[str, Sequence[uuid.UUID]], *, brand_id: uuid.UUID
) -> None:
    """Add one event for each of many things of a brand, in one statement; `subject` is their kind and their ids."""
    kind, ids = subject
    about = {
        "agency_id": session.agency_id, "actor_id": actor.membership_id, "actor_name": actor.name, "verb": verb,
        "subject_kind": kind, "brand_id": brand_id, "details": {},
    }  # fmt: skip
    session.execute(insert(Event), [{**about, "id": new_id(), "subject_id": each} for each in ids])
