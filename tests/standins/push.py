"""A push service, and the browsers behind it: a contract stand-in after RFC 8030, 8291 and 8292.

It refuses what real ones refuse: no or a foreign VAPID token (401, 403), one for another origin, over, or good for more
than a day, another key than the one the subscription was made with, no TTL, a body over 4096 bytes (413). What it took is
decrypted here with `cryptography` alone, step by step as RFC 8291 §3.4 says, and not with the library that encrypts.
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.standins.faults import FaultPlan
from tests.standins.wire import Call, HttpServer, Reply

FAULTS = {"410": Reply(410), "404": Reply(404), "400": Reply(400), "413": Reply(413), "429": Reply(429),
          "429-wait": Reply(429, headers={"Retry-After": "90"}),
          "429-date": Reply(429, headers={"Retry-After": "Wed, 01 Jan 2098 00:00:00 GMT"}),
          "500": Reply(500), "503": Reply(503), "cut": Reply(cut=True),
          "302": Reply(302, headers={"Location": "http://127.0.0.1:1/latest/meta-data"})}  # fmt: skip
DAY = 86_400


def unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def browser_keys() -> dict[str, str]:
    """What a browser hands over besides its address."""
    return BrowserKeys().given


class BrowserKeys:
    """What one browser holds for one subscription."""

    def __init__(self, private: ec.EllipticCurvePrivateKey | None = None, secret: bytes | None = None) -> None:
        self.private = private or ec.generate_private_key(ec.SECP256R1())
        self.secret = secret or secrets.token_bytes(16)

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def given(self) -> dict[str, str]:
        return {"p256dh": unpadded(self.point), "auth": unpadded(self.secret)}

    def read(self, body: bytes) -> bytes:
        """Decrypt one message of one record: RFC 8188 §2.1, RFC 8291 §3.4."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.private.exchange(ec.ECDH(), theirs)
        about = b"WebPush: info\0" + self.point + sender
        secret = HKDF(hashes.SHA256(), 32, self.secret, about).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain.endswith(b"\x02")
        return plain[:-1]


@dataclass
class StandInBrowser:
    """One subscription, and what was shown there: what the message says, and its headers."""

    endpoint: str
    application_key: str
    keys: BrowserKeys = field(default_factory=BrowserKeys)
    shown: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def form(self) -> dict[str, str]:
        """What a page sends of it."""
        return {"endpoint": self.endpoint, **self.keys.given}


class PushService:
    """The service: `subscribe` is what a browser does, everything else happens over HTTP."""

    def __init__(self, port: int = 0) -> None:
        self.browsers: dict[str, StandInBrowser] = {}
        self.plan = FaultPlan()
        self.asked = 0
        self.refused: list[str] = []
        self.server = HttpServer(self._answer, port)

    def subscribe(self, application_key: str) -> StandInBrowser:
        path = f"/wpush/v2/s3cr3t-{secrets.token_urlsafe(24)}"
        made = StandInBrowser(f"{self.server.url}{path}", application_key)
        self.browsers[path] = made
        return made

    def _answer(self, call: Call) -> Reply:
        self.asked += 1
        fault = self.plan.next("message", dice=False)
        if fault != "ok":
            return FAULTS[fault]
        browser = self.browsers.get(call.target)
        if browser is None:
            return Reply(404)
        why = self._wrong(call, browser)
        if why is not None:
            self.refused.append(why)
            return Reply(413 if why == "too long" else 403, why.encode())
        browser.shown.append(json.loads(browser.keys.read(call.body)))
        browser.headers.append(call.headers)
        return Reply(201, headers={"Location": f"{self.server.url}/m/{secrets.token_hex(8)}"})

    def _wrong(self, call: Call, browser: StandInBrowser) -> str | None:
        if call.method != "POST" or call.headers.get("content-encoding") != "aes128gcm":
            return "not a message"
        if not call.headers.get("ttl", "").isdecimal():
            return "no TTL"
        topic = call.headers.get("topic", "t")
        if len(topic) > 32 or not topic.replace("-", "").replace("_", "").isalnum():
            return "bad topic"
        if len(call.body) > 4096:
            return "too long"
        return self._unsigned(call.headers.get("authorization", ""), browser)

    def _unsigned(self, authorization: str, browser: StandInBrowser) -> str | None:
        scheme, _space, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",")) if "=" in rest else {}
        if scheme.lower() != "vapid" or set(parts) != {"t", "k"}:
            return "no token"
        if parts["k"] != browser.application_key:
            return "not the subscription's key"
        head, body, signature = parts["t"].split(".")
        claims, raw = json.loads(raw_of(body)), raw_of(signature)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw_of(parts["k"]))
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            key.verify(pair, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "forged"
        if json.loads(raw_of(head))["alg"] != "ES256" or claims["aud"] != self.server.url:
            return "for somebody else"
        if not time.time() < claims["exp"] <= time.time() + DAY:
            return "over, or for too long"
        return None if claims["sub"].startswith(("mailto:", "https:")) else "nobody to write to"
