"""An OpenID Connect provider on the loopback that can lie about anything (OpenID Connect Core 1.0, Discovery 1.0).

The browser's part is played by `consent`: what the provider's page would send the browser back with. Lies are set
before: `described` over the discovery document, `claims` over the ID token, `signing` in place of a true signature.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.standins.wire import Call, HttpServer, Reply

_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHERS_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
"""A key that nobody published, under the name of one that is."""

SECRET = "its-secret"
ACCESS_TOKEN = "access-7f3a9c41d2"


@dataclass
class StandInProvider:
    """The provider. `subject`, `email` and `email_verified` are of the one person who is signed in there."""

    subject: str = "s-1"
    email: str | None = None
    email_verified: object = None
    name: str = "Ada Nord"
    described: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] | None = None
    """What its userinfo says; None for no userinfo at all."""
    signing: Callable[[dict[str, Any]], str] | None = None
    keys: list[dict[str, Any]] | None = None
    answers: dict[str, Reply] = field(default_factory=dict)
    """Path → what is answered there in place of the truth."""
    asked: list[Call] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.issued: Any = ""
        self.http = HttpServer(self._answer)

    def begin_again(self, subject: str) -> None:
        """Tell the truth of somebody else."""
        for each in fields(self):
            default = each.default if each.default is not MISSING else each.default_factory()  # type: ignore[misc]
            setattr(self, each.name, default)
        self.subject = subject

    @property
    def issuer(self) -> str:
        return self.http.url

    def document(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            **({"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.told is not None else {}),
            **self.described,
        }
        return {name: value for name, value in said.items() if value is not None}

    def consent(self, location: str, **more: str) -> str:
        """Return the path and query that the browser comes back with, having been sent to `location`."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        query = {"code": code, "state": asked["state"], **more}
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({name: value for name, value in query.items() if value})}"

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, _KEY)

    def public_keys(self) -> list[dict[str, Any]]:
        return [dict(_KEY.as_dict(private=False))]

    def _answer(self, call: Call) -> Reply:
        self.asked.append(call)
        path = urlsplit(call.target).path
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return _json(self.document())
        if path == "/keys":
            return _json({"keys": self.keys if self.keys is not None else self.public_keys()})
        if path == "/userinfo" and self.told is not None:
            assert call.headers["authorization"] == f"Bearer {ACCESS_TOKEN}"
            return _json(self.told)
        return self._token(call) if path == "/token" else Reply(404)

    def _token(self, call: Call) -> Reply:
        sent = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        if not _shows_secret(call, sent):
            return _json({"error": "invalid_client"}, 401)
        asked = self._codes.pop(sent.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != sent["redirect_uri"] or not _proves(asked, sent["code_verifier"]):
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": self.subject, "aud": asked["client_id"], "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "name": self.name, "email": self.email, "email_verified": self.email_verified,
            **self.claims,
        }  # fmt: skip
        said = {name: value for name, value in claims.items() if value is not None}
        self.issued = (self.signing or self.sign)(said)
        return _json({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": self.issued})


def _json(about: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(about).encode())


def _shows_secret(call: Call, sent: dict[str, str]) -> bool:
    basic = call.headers.get("authorization", "").removeprefix("Basic ")
    shown = base64.b64decode(basic).decode().partition(":")[2] if basic else sent.get("client_secret", "")
    return shown == SECRET


def _proves(asked: dict[str, str], verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return _encoded(digest) == asked["code_challenge"]


def unsigned(claims: dict[str, Any]) -> str:
    """An ID token that nobody signed: `alg` is `none`."""
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def signed_by_another(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, OTHERS_KEY)


def signed_by_the_key_of_its_header(claims: dict[str, Any]) -> str:
    """A key that the token brings along, and says where more of them are (RFC 7515 §4.1.2, §4.1.3)."""
    header = {
        "alg": "RS256",
        "kid": "one",
        "jwk": OTHERS_KEY.as_dict(private=False),
        "jku": "https://evil.example/keys",
    }
    return jwt.encode(header, claims, OTHERS_KEY)


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """The published key, taken for a shared secret (HS256): whoever read it could have signed so."""
    return _with_secret(_KEY.as_pem(private=False), claims)


def signed_with_the_client_secret(claims: dict[str, Any]) -> str:
    return _with_secret(SECRET.encode(), claims)


def _with_secret(secret: bytes, claims: dict[str, Any]) -> str:
    signed = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
    return f"{signed}.{_encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _part(about: dict[str, Any]) -> str:
    return _encoded(json.dumps(about).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
