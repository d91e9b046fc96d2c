"""How the product's own database roles sign in where nobody says: by passwords that follow from SECRET_KEY."""

import hashlib
import hmac
from urllib.parse import quote, urlsplit, urlunsplit


def role_password(secret_key: str, role: str) -> str:
    """Return the password of a database role: HMAC-SHA256 of its name under the secret key, in hexadecimal."""
    return hmac.new(secret_key.encode(), role.encode(), hashlib.sha256).hexdigest()


def role_url(owner_url: str, role: str, secret_key: str) -> str:
    """Return `owner_url` signed in as `role` with its derived password; empty if there is no owner URL yet."""
    if not owner_url:
        return ""
    parts = urlsplit(owner_url)
    place = parts.netloc.rpartition("@")[2]
    signed = f"{quote(role)}:{role_password(secret_key, role)}@{place}"
    return urlunsplit(parts._replace(netloc=signed))
