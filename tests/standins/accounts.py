"""A token vault in memory, and accounts and publications to try channels with."""

import hashlib
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from unisson.publishing.channels.port import Account, Outgoing, Picture, Recipient

DUE = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


class MemoryVault:
    """Keeps tokens as the product's vault does: whoever comes second gets what the first one fetched."""

    def __init__(self, tokens: Mapping[str, str] | None = None) -> None:
        self.tokens = tokens
        self.renewals = 0
        self._lock = threading.Lock()

    def current(self) -> Mapping[str, str] | None:
        """Return the stored tokens."""
        return self.tokens

    def renew(
        self, stale: Mapping[str, str] | None, fetch: Callable[[Mapping[str, str] | None], Mapping[str, str]]
    ) -> Mapping[str, str]:
        """Return tokens other than `stale`."""
        with self._lock:
            if self.tokens is None or self.tokens == stale:
                self.tokens = fetch(self.tokens)
                self.renewals += 1
            return self.tokens


def account(settings: Mapping[str, str], secrets: Mapping[str, str] | None = None) -> Account:
    """Return an account with an empty vault."""
    return Account(uuid.uuid4(), settings, secrets or {}, MemoryVault())


def outgoing(
    client_ref: str,
    text: str,
    *,
    title: str = "",
    pictures: tuple[Picture, ...] = (),
    recipient: Recipient | None = None,
) -> Outgoing:
    """Return what was approved."""
    return Outgoing(
        agency_id=uuid.uuid4(),
        brand_id=uuid.uuid4(),
        publication_id=uuid.uuid4(),
        client_ref=client_ref,
        brand_name="Maison Léa",
        language="fr",
        title=title,
        text=text,
        due_at=DUE,
        pictures=pictures,
        recipient=recipient,
    )


def picture(content: bytes, *, alt: str = "Une façade", mime: str = "image/png", digest: str = "") -> Picture:
    """Return an approved image whose bytes are `content`."""
    known = digest or hashlib.sha256(content).hexdigest()
    return Picture(known, mime, 640, 480, len(content), alt, lambda: content)
