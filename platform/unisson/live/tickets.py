"""What lets a page listen: signed, for minutes, naming the brands that its person could see when it was given.

No cookie reaches the process of the streams, and it reads no database: a ticket is all that it knows of anybody.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

TICKET_SECONDS = 600
PATH = "/-/stream"
"""Of the streams; no agency can be called "-", so that one proxy may lead to both processes."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who listens, and to what. `left` in seconds."""

    agency_id: uuid.UUID
    membership_id: uuid.UUID
    brands: frozenset[uuid.UUID]
    left: float


class Tickets:
    """Gives and reads tickets under the product's secret key."""

    def __init__(self, secret_key: str) -> None:
        self._signer = URLSafeTimedSerializer(secret_key, salt="unisson.live.1")

    def give(self, agency_id: uuid.UUID, membership_id: uuid.UUID, brands: Iterable[uuid.UUID]) -> str:
        """Return a ticket that is good for TICKET_SECONDS from now."""
        given: str | bytes = self._signer.dumps([agency_id.hex, membership_id.hex, "".join(b.hex for b in brands)])
        return given if isinstance(given, str) else given.decode()

    def read(self, given: str, now: float) -> Ticket | None:
        """Return the ticket, or None for one that is altered, another key's, or over at `now` (seconds since 1970)."""
        try:
            (agency, membership, brands), at = self._signer.loads(given, return_timestamp=True)
        except (BadData, ValueError, TypeError):
            return None
        left = at.timestamp() + TICKET_SECONDS - now
        if left <= 0:
            return None
        held = frozenset(uuid.UUID(brands[start : start + 32]) for start in range(0, len(brands), 32))
        return Ticket(uuid.UUID(agency), uuid.UUID(membership), held, left)
