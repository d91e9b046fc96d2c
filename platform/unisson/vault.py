"""Secrets at rest: channel passwords and tokens, encrypted with a key derived from SECRET_KEY; tokens, hashed."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping

from cryptography.fernet import Fernet


class Vault:
    """Encrypts small mappings (Fernet: AES-128-CBC with HMAC-SHA256, authenticated)."""

    def __init__(self, secret_key: str) -> None:
        key = hmac.new(secret_key.encode(), b"unisson.vault.1", hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, values: Mapping[str, str]) -> bytes:
        """Return `values` encrypted."""
        return self._fernet.encrypt(json.dumps(dict(values), separators=(",", ":")).encode())

    def open(self, sealed: bytes | None) -> dict[str, str]:
        """Return what was sealed; nothing for None. Raises cryptography.fernet.InvalidToken for another key's."""
        if sealed is None:
            return {}
        values: dict[str, str] = json.loads(self._fernet.decrypt(bytes(sealed)))
        return values


def new_token() -> str:
    """Return 256 random bits, URL-safe: what a link or a cookie carries."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return the SHA-256 of a token, which is all that the database keeps of it."""
    return hashlib.sha256(token.encode()).digest()
