"""The key by which push services know this installation (VAPID, RFC 8292)."""

import base64
import time
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from unisson.config import Settings

LASTS = 12 * 3600
"""Seconds for which a push service may take us at our word; a day is the most that RFC 8292 §2 allows."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Both halves. `public` is what a browser is given as it subscribes; `contact` is whom a push service writes to."""

    private: ECKey = field(repr=False)
    public: str
    contact: str

    def authorization(self, endpoint: str) -> str:
        """Return the header that lets us send to a subscription: good for its push service alone."""
        where = urlsplit(endpoint)
        claims = {"aud": f"{where.scheme}://{where.netloc}", "exp": int(time.time()) + LASTS, "sub": self.contact}
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self.private)
        return f"vapid t={token}, k={self.public}"


def keys_of(settings: Settings) -> Keys | None:
    """Return the installation's keys; None where it has none, and so tells no browser."""
    return _keys(settings.push_private_key, _contact(settings)) if settings.push_private_key else None


@lru_cache(maxsize=4)
def _keys(private: str, contact: str) -> Keys:
    number = int.from_bytes(base64.urlsafe_b64decode(f"{private}="), "big")
    key = ec.derive_private_key(number, ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Keys(ECKey.import_key(key), base64.urlsafe_b64encode(point).rstrip(b"=").decode(), contact)


def _contact(settings: Settings) -> str:
    """Return an address for whoever runs a push service (RFC 8292 §2.1): the product's own, else the mails' sender."""
    if settings.base_url.startswith("https://"):
        return settings.base_url
    return f"mailto:{parseaddr(settings.mail_from)[1]}"
