"""A device that holds passkeys, as browsers answer for one (W3C Web Authentication, level 3); it can be told to lie.

A stand-in of our own: what it signs is checked by the library that the product uses, and the journey has Chromium's own.
"""

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, MAY_BE_SYNCED, IS_SYNCED, HAS_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def text_of(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One device. `origin` is where its browser is; `counts` whether it counts how often a key signed."""

    origin: str = "http://localhost"
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    keys: dict[bytes, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    handles: dict[bytes, bytes] = field(default_factory=dict)
    uses: dict[bytes, int] = field(default_factory=dict)

    def make(self, asked: dict[str, Any]) -> str:
        """Return the answer to a question for a new passkey."""
        known = {bytes_of(each["id"]) for each in asked.get("excludeCredentials", [])}
        assert not known & self.keys.keys(), "a browser makes no second one (InvalidStateError)"
        number, key = secrets.token_bytes(16), ec.generate_private_key(ec.SECP256R1())
        self.keys[number], self.handles[number], self.uses[number] = key, bytes_of(asked["user"]["id"]), 0
        at = key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: at.x.to_bytes(32, "big"), -3: at.y.to_bytes(32, "big")})
        data = self._data(HAS_KEY, 0) + bytes(16) + struct.pack(">H", len(number)) + number + cose
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = {"attestationObject": text_of(attested), "transports": ["internal", "hybrid", "carrier-pigeon"]}
        return self._answer(number, said | {"clientDataJSON": text_of(self._client("webauthn.create", asked))})

    def answer(self, asked: dict[str, Any], *, number: bytes | None = None, handle: bytes | None = None) -> str:
        """Return the answer to a question for a passkey: the first that is allowed, or the one told."""
        allowed = [bytes_of(each["id"]) for each in asked.get("allowCredentials") or []] or list(self.keys)
        number = number or next(each for each in allowed if each in self.keys)
        self.uses[number] += 1
        data, client = self._data(0, self.uses[number] if self.counts else 0), self._client("webauthn.get", asked)
        signed = self.keys[number].sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        said = {"authenticatorData": text_of(data), "clientDataJSON": text_of(client), "signature": text_of(signed)}
        return self._answer(number, said | {"userHandle": text_of(handle or self.handles[number])})

    def _data(self, more: int, count: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([self.flags | more]) + struct.pack(">I", count)

    def _client(self, what: str, asked: dict[str, Any]) -> bytes:
        said = {"type": what, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, number: bytes, said: dict[str, Any]) -> str:
        name = text_of(number)
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {}, "response": said}
        )
