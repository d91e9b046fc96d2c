"""Short-lived tokens of a channel, encrypted in its row, renewed by one process at a time."""

import uuid
from collections.abc import Callable, Mapping

from sqlalchemy import text

from tenants.session import Database
from unisson.vault import Vault

_READ = text("select tokens from app.channels where id = :id")
_LOCK = text("select tokens from app.channels where id = :id for update")
_STORE = text("update app.channels set tokens = :tokens where id = :id and not mockup and disconnected_at is null")


class ChannelTokens:
    """The `TokenVault` of one channel (see `channels.port`)."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        agency_id: uuid.UUID,
        channel_id: uuid.UUID,
        sealed: bytes | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._agency_id = agency_id
        self._channel_id = channel_id
        self._kept = vault.open(sealed) if sealed else None

    def current(self) -> Mapping[str, str] | None:
        """Return the tokens that were read with the channel, else the stored ones; None before the first sign-in.

        Ones renewed by another process meanwhile make the server refuse these, and `renew` then finds the fresh ones.
        """
        if self._kept is not None:
            return self._kept
        with self._database.agency_connection(self._agency_id) as connection:
            sealed = connection.execute(_READ, {"id": self._channel_id}).scalar()
        return self._vault.open(sealed) if sealed else None

    def renew(
        self, stale: Mapping[str, str] | None, fetch: Callable[[Mapping[str, str] | None], Mapping[str, str]]
    ) -> Mapping[str, str]:
        """Return fresh tokens, under the channel's row lock: another process's if it was first, else `fetch`'s."""
        with self._database.agency_connection(self._agency_id) as connection:
            sealed = connection.execute(_LOCK, {"id": self._channel_id}).scalar_one()
            stored = self._vault.open(sealed) if sealed else None
            if stored is not None and stored != (dict(stale) if stale is not None else None):
                self._kept = stored
                return stored
            fresh = dict(fetch(stored))
            connection.execute(_STORE, {"id": self._channel_id, "tokens": self._vault.seal(fresh)})
        self._kept = fresh
        return fresh
