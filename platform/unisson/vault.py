"""Secrets at rest: channel passwords and tokens, encrypted with keys derived from VAULT_KEYS; tokens, hashed."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Vault:
    """Encrypts small mappings (Fernet: AES-128-CBC with HMAC-SHA256, authenticated) by the first of its keys.

    What any of them encrypted can be opened, so that a key is changed while everything goes on.
    """

    def __init__(self, first: str, *before: str) -> None:
        self._newest = _fernet(first)
        self._fernet = MultiFernet([self._newest, *map(_fernet, before)])

    def seal(self, values: Mapping[str, str]) -> bytes:
        """Return `values` encrypted."""
        return self._fernet.encrypt(json.dumps(dict(values), separators=(",", ":")).encode())

    def open(self, sealed: bytes | None) -> dict[str, str]:
        """Return what was sealed; nothing for None. Raises cryptography.fernet.InvalidToken for a foreign key's."""
        if sealed is None:
            return {}
        values: dict[str, str] = json.loads(self._fernet.decrypt(bytes(sealed)))
        return values

    def renewed(self, sealed: bytes) -> bytes | None:
        """Return the same encrypted by the first key; None where it is already.

        Raises cryptography.fernet.InvalidToken where none of the keys opens it.
        """
        try:
            self._newest.decrypt(bytes(sealed))
        except InvalidToken:
            return self._fernet.rotate(bytes(sealed))
        return None


def _fernet(key: str) -> Fernet:
    derived = hmac.new(key.encode(), b"unisson.vault.1", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(derived))


def new_token() -> str:
    """Return 256 random bits, URL-safe: what a link or a cookie carries."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return the SHA-256 of a token, which is all that the database keeps of it."""
    return hashlib.sha256(token.encode()).digest()
