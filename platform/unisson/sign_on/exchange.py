"""One sign-in with a provider: where the browser is sent, and what the provider's answer is worth.

Authorization code flow with PKCE (RFC 7636), state, nonce, one address to return to for each provider (RFC 9700 §2.1,
§4.4.2.2), and every check of OpenID Connect Core 1.0 §3.1.3.7. Nothing leaves but through the safe fetcher.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from authlib.common.urls import url_encode
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from tenants.errors import RefusedError
from unisson.outbound import Answer, Deadline, Outbound, OutboundError
from unisson.sign_on.discovery import ALGORITHMS, MAX_BYTES, SECONDS, filled, parsed
from unisson.web.i18n import lazy

log = structlog.get_logger(__name__)

SCOPE = "openid email profile"
LEEWAY = 120
"""Seconds that a provider's clock may be off."""

NOT_LET = lazy("You did not let %(name)s tell us who you are. Nothing was changed.")
REFUSED = lazy("%(name)s refused the sign-in (%(why)s). Nothing was changed. Try again, or ask your agency.")
AWAY = lazy("%(name)s did not answer. Nothing was changed, nobody was signed in. Try again in a moment.")
WRONG_SECRET = lazy(
    "%(name)s does not accept this agency's client secret any more. Nothing was changed: an administrator of the agency"
    " has to enter a new one."
)
UNTRUSTED = lazy(
    "What %(name)s answered can't be trusted, so that nobody was signed in and nothing was changed. Tell your agency's"
    " administrators: %(why)s."
)


class UntrustedError(RefusedError):
    """The provider answered, and its answer does not hold."""

    status = 403


class ProviderAwayError(RefusedError):
    """The provider did not answer, or with nothing that is an answer."""

    status = 502


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A provider as an exchange needs it: read before, so that nothing is held while it is waited for."""

    name: str
    kind: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    auth_method: str
    names_issuer: bool
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser keeps, sealed, until it comes back. Good once."""

    state: str
    nonce: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who the provider says that it is. `email` is empty unless the provider says that it has verified it."""

    issuer: str
    subject: str
    email: str
    name: str
    shown: str
    """The address as the provider calls it, verified or not, for its owner to recognise: nothing is decided by it."""


def begin(counterpart: Counterpart) -> tuple[str, Attempt]:
    """Return where to send the browser, and what it must bring back."""
    attempt = Attempt(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    url, _state = _client(counterpart, None).create_authorization_url(
        counterpart.authorization_endpoint,
        state=attempt.state,
        code_verifier=attempt.verifier,
        nonce=attempt.nonce,
    )
    return str(url), attempt


def finish(counterpart: Counterpart, attempt: Attempt, came: Mapping[str, str], outbound: Outbound) -> Vouched:
    """Return who came back with `came`, the query of the return address.

    The caller has compared the state. Raises UntrustedError, ProviderAwayError, RefusedError.
    """
    _require_issuer(counterpart, came.get("iss"))
    if "error" in came:
        raise _said_no(counterpart, came["error"])
    if not came.get("code"):
        raise untrusted(counterpart, "no code")
    wire = _Wire(outbound, Deadline.after(2 * SECONDS))
    token = _token(counterpart, attempt, came["code"], wire)
    keys = _told(counterpart, counterpart.jwks_uri, wire)
    claims = _claims(counterpart, attempt, token, keys)
    if not claims.get("email") and counterpart.userinfo_endpoint and token.get("access_token"):
        claims |= _more(counterpart, str(claims["sub"]), str(token["access_token"]), wire)
    return _vouched(counterpart, claims)


def _require_issuer(counterpart: Counterpart, said: str | None) -> None:
    """Refuse the answer of another provider than the one that was asked (RFC 9207 §2.4)."""
    if said is None and not counterpart.names_issuer:
        return
    if said is None or not hmac.compare_digest(said.encode(), counterpart.issuer.encode()):
        raise untrusted(counterpart, "iss")


def _said_no(counterpart: Counterpart, error: str) -> RefusedError:
    if error in {"access_denied", "consent_required", "interaction_required"}:
        return RefusedError(filled(NOT_LET, name=counterpart.name))
    return RefusedError(filled(REFUSED, name=counterpart.name, why=_word(error)))


def _word(text: str) -> str:
    """Return what a stranger wrote, as far as it is a word of the protocol (RFC 6749 §4.1.2.1)."""
    return "".join(each for each in text[:60] if each.isascii() and (each.isalnum() or each in "_-.")) or "?"


def untrusted(counterpart: Counterpart, why: str) -> UntrustedError:
    """Return the refusal of an answer that does not hold, noted in the log."""
    log.warning("sign_on.untrusted", issuer=counterpart.issuer, why=why)
    return UntrustedError(filled(UNTRUSTED, name=counterpart.name, why=why))


def _away(counterpart: Counterpart, why: str) -> ProviderAwayError:
    log.warning("sign_on.away", issuer=counterpart.issuer, why=why)
    return ProviderAwayError(filled(AWAY, name=counterpart.name))


class _Reply:
    """An answer as Authlib reads one."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self._body = answer.body

    def json(self) -> dict[str, Any]:
        told = parsed(self._body)
        if told is None:
            raise ValueError("not a JSON object")
        return told

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise OutboundError(f"status {self.status_code}")


class _Wire:
    """The session that Authlib's client speaks by: the safe fetcher, with one deadline for all of it."""

    def __init__(self, outbound: Outbound, deadline: Deadline) -> None:
        self._outbound, self._deadline = outbound, deadline

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> _Reply:
        written = url_encode(list(data.items()))  # type: ignore[no-untyped-call]  # Authlib has no annotations
        url, named, body = auth.prepare("POST", url, dict(headers), written)
        return _Reply(self._ask("POST", url, named, body.encode()))

    def get(self, url: str, token: str = "") -> _Reply:
        headers = {"Accept": "application/json"}
        return _Reply(self._ask("GET", url, headers | ({"Authorization": f"Bearer {token}"} if token else {}), b""))

    def _ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        within = self._deadline.within(SECONDS)
        return self._outbound.request(
            method, url, deadline=within, headers=headers, content=content, max_bytes=MAX_BYTES
        )


def _client(counterpart: Counterpart, wire: _Wire | None) -> Any:
    return OAuth2Client(  # type: ignore[no-untyped-call]  # Authlib has no annotations
        wire,
        client_id=counterpart.client_id,
        client_secret=counterpart.client_secret,
        token_endpoint_auth_method=counterpart.auth_method,
        scope=SCOPE,
        redirect_uri=counterpart.redirect_uri,
        code_challenge_method="S256",
    )


def _token(counterpart: Counterpart, attempt: Attempt, code: str, wire: _Wire) -> dict[str, Any]:
    try:
        token = _client(counterpart, wire).fetch_token(
            counterpart.token_endpoint, grant_type="authorization_code", code=code, code_verifier=attempt.verifier
        )
    except OAuth2Error as error:
        if error.error in {"invalid_client", "unauthorized_client"}:
            log.warning("sign_on.secret", issuer=counterpart.issuer)
            raise RefusedError(filled(WRONG_SECRET, name=counterpart.name)) from None
        raise RefusedError(filled(REFUSED, name=counterpart.name, why=_word(str(error.error)))) from None
    except (OutboundError, ValueError) as error:
        raise _away(counterpart, str(error)) from None
    return dict(token)


def _told(counterpart: Counterpart, url: str, wire: _Wire, access_token: str = "") -> dict[str, Any]:
    try:
        reply = wire.get(url, access_token)
        reply.raise_for_status()
        return reply.json()
    except (OutboundError, ValueError) as error:
        raise _away(counterpart, str(error)) from None


def _claims(
    counterpart: Counterpart, attempt: Attempt, token: Mapping[str, Any], keys: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the ID token says, once all of it holds."""
    try:
        found = _decoded(str(token["id_token"]), keys)
        claims = CodeIDToken(
            found.claims,
            found.header,
            {
                "iss": {"essential": True, "value": counterpart.issuer},
                "aud": {"essential": True, "value": counterpart.client_id},
                "nonce": {"essential": True, "value": attempt.nonce},
                "sub": {"essential": True},
            },
            {"nonce": attempt.nonce, "client_id": counterpart.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=LEEWAY)  # type: ignore[no-untyped-call]  # Authlib has no annotations
    except JoseError as error:
        raise untrusted(counterpart, _reason(error)) from None
    except (KeyError, ValueError, TypeError, RecursionError, AttributeError) as error:
        raise untrusted(counterpart, type(error).__name__) from None
    return dict(claims)


def signed(counterpart: Counterpart, token: str, outbound: Outbound) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the claims and the header of what a provider has signed by a key that it publishes; nothing is judged yet.

    Raises UntrustedError, ProviderAwayError.
    """
    keys = _told(counterpart, counterpart.jwks_uri, _Wire(outbound, Deadline.after(SECONDS)))
    try:
        found = _decoded(token, keys)
    except JoseError as error:
        raise untrusted(counterpart, _reason(error)) from None
    except (KeyError, ValueError, TypeError, RecursionError, AttributeError) as error:
        raise untrusted(counterpart, type(error).__name__) from None
    return dict(found.claims), dict(found.header)


def _decoded(token: str, keys: Mapping[str, Any]) -> jwt.Token:
    registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
    return jwt.decode(token, KeySet.import_key_set(_public(keys)), registry=registry)


def _public(keys: Mapping[str, Any]) -> Any:
    """Return the provider's public keys: a secret one among them would let anybody who has read it sign."""
    listed = keys.get("keys")
    found = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
    return {"keys": [key for key in found if key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use") != "enc"]}


def _reason(error: JoseError) -> str:
    return " ".join(filter(None, [_word(str(error.error)), _word(str(getattr(error, "claim", "") or "")).strip("?")]))


def _more(counterpart: Counterpart, subject: str, access_token: str, wire: _Wire) -> dict[str, Any]:
    """Return the name and address of a provider that tells them apart from the ID token (Core 1.0 §5.3.2)."""
    told = _told(counterpart, str(counterpart.userinfo_endpoint), wire, access_token)
    if told.get("sub") != subject:
        raise untrusted(counterpart, "userinfo sub")
    return {name: told[name] for name in ("email", "email_verified", "name") if name in told}


def _vouched(counterpart: Counterpart, claims: Mapping[str, Any]) -> Vouched:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isprintable():
        raise untrusted(counterpart, "sub")
    email = claims.get("email")
    shown = email if isinstance(email, str) and email.isprintable() and len(email) <= 254 else ""
    name = claims.get("name")
    return Vouched(
        issuer=counterpart.issuer,
        subject=subject,
        email=shown if _is_verified(counterpart, claims) else "",
        name=name if isinstance(name, str) else "",
        shown=shown,
    )


def _is_verified(counterpart: Counterpart, claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that the address is theirs; one that says nothing has not (Core 1.0 §5.1).

    Microsoft says it by a claim of its own, where the agency asks for it: that the owner of the domain is verified.
    """
    if claims.get("email_verified") is True:
        return True
    return counterpart.kind == "microsoft" and str(claims.get("xms_edov")).lower() in {"true", "1"}
