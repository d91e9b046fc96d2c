"""Which contents somebody sees on a brand: those who write see all, a client sees what was submitted or left."""

import uuid

from tenants.access import Actor
from tenants.permissions import Permission
from unisson.editorial.models import ContentState

SHOWN_TO_CLIENTS = frozenset(ContentState) - {
    ContentState.DRAFT,
    ContentState.CHANGES_REQUESTED,
    ContentState.CANCELLED,
}


def visible_states(actor: Actor, brand_id: uuid.UUID) -> frozenset[ContentState]:
    """Return the states in which `actor` sees contents of the brand; empty for somebody who sees none."""
    if not actor.may(Permission.CONTENT_SEE, brand_id):
        return frozenset()
    return frozenset(ContentState) if actor.may(Permission.CONTENT_WRITE, brand_id) else SHOWN_TO_CLIENTS
