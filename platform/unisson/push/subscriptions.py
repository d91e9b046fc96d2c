"""What a browser hands over as it subscribes: an address and two keys. All of it is a stranger's word."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from tenants.errors import RefusedError
from unisson.web.i18n import lazy

LONGEST = 2000
"""Characters of an address; push services' own have some hundreds."""
POINT_BYTES = 65
"""Of an uncompressed point of the curve P-256 (RFC 8291 §3.1)."""
SECRET_BYTES = 16
"""Of the authentication secret (RFC 8291 §3.2)."""

NOT_ONE = lazy("This browser did not say how it can be told. Nothing was changed: load the page again, then try again.")

_ADDRESS = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where and with which keys a browser is told. Whoever has them can write to it."""

    endpoint: str = field(repr=False)
    point: bytes = field(repr=False)
    secret: bytes = field(repr=False)


def subscription(endpoint: str, p256dh: str, auth: str) -> Subscription:
    """Return what was handed over, once it is what it has to be. Raises RefusedError."""
    point, secret = _bytes(p256dh), _bytes(auth)
    if len(endpoint) > LONGEST or not _ADDRESS.fullmatch(endpoint) or len(secret) != SECRET_BYTES:
        raise RefusedError(NOT_ONE)
    if len(point) != POINT_BYTES or not _is_on_the_curve(point):
        raise RefusedError(NOT_ONE)
    return Subscription(endpoint, point, secret)


def in_text(raw: bytes) -> str:
    """Return bytes as base64url without padding, as browsers write them."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    plain = text.rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_on_the_curve(point: bytes) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True
