"""The secret in a mail's foot that turns its kind of mail off, and nothing else (RFC 8058).

It does not expire: a mail that is found again in a year must still be stopped by its own link.
"""

import uuid
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from unisson.notifications.events import Event

EVERY_DIGEST = "digests"


class Wanted(NamedTuple):
    """Whose mail about which event is not wanted any more; None for all that comes by digest."""

    agency_id: uuid.UUID
    membership_id: uuid.UUID
    event: Event | None


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="unisson.unsubscribe.1")


def token(secret_key: str, wanted: Wanted) -> str:
    """Return the secret."""
    event = wanted.event.value if wanted.event else EVERY_DIGEST
    made: str | bytes = _signer(secret_key).dumps([wanted.agency_id.hex, wanted.membership_id.hex, event])
    return made if isinstance(made, str) else made.decode()


def read_token(secret_key: str, given: str) -> Wanted | None:
    """Return what a secret is for; None for one that is not ours."""
    try:
        agency, member, event = _signer(secret_key).loads(given)
        chosen = None if event == EVERY_DIGEST else Event(event)
        return Wanted(uuid.UUID(agency), uuid.UUID(member), chosen)
    except (BadData, ValueError, TypeError, AttributeError):
        return None
