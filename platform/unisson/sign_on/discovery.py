"""What a provider says of itself, read once through the safe fetcher and kept (OpenID Connect Discovery 1.0 §4).

Its address is the one that an administrator typed: a name that it gives itself and that is another is a lie, or a
mistake that would end in nobody getting in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oidc.discovery import get_well_known_url

from tenants.errors import RefusedError
from unisson.outbound import AnswerTooLarge, Deadline, Forbidden, Outbound, OutboundError
from unisson.web.i18n import later, lazy

SECONDS = 8.0
"""For one exchange with a provider, whatever it does meanwhile."""
MAX_BYTES = 200_000
_LONGEST = 500  # characters of an address

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures that a provider alone can make. `none`, and what is made with a shared secret (HS256), are none."""

NO_ADDRESS = lazy(
    "Write the provider's address as it gives it, such as https://sign-in.agency.com, with nothing after it."
)
NOT_REACHED = lazy("This address is not one that we connect to: it lies in a private network, or uses an unusual port.")
AWAY = lazy("Nothing answered at this address in time. Check it, and try again.")
NOT_THERE = lazy("Nothing is said of a provider there (%(status)s at %(url)s). Check the address.")
NOT_READ = lazy("What is said at %(url)s is not the description of a provider. Check the address.")
ANOTHER = lazy("The provider there says that it is %(issuer)s. Write that address, if it is the one that you mean.")
LACKS = lazy("What the provider says of itself lacks %(what)s: nobody could sign in by it.")
INSECURE = lazy("The provider wants to be called at %(url)s, which is no address that we send a secret to.")
NO_CODE = lazy("The provider does not offer the sign-in by a code (response type “code”), the only one that is safe.")
NO_PKCE = lazy("The provider does not offer the proof that goes with the code (PKCE with S256).")
NO_SIGNATURE = lazy("The provider signs what it says in no way that can be trusted: %(offered)s.")


@dataclass(frozen=True, slots=True)
class Described:
    """What is kept of a provider's own description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    auth_method: str
    names_issuer: bool


def issuer_of(typed: str, outbound: Outbound) -> str:
    """Return an issuer as it is compared, letter by letter. Raises RefusedError on `issuer`."""
    issuer = typed.strip().removesuffix("/.well-known/openid-configuration")
    parts = urlsplit(issuer)
    if parts.query or parts.fragment or not _is_fit(issuer, outbound):
        raise RefusedError(NO_ADDRESS, field="issuer")
    return issuer


def _is_fit(url: object, outbound: Outbound) -> bool:
    """Whether a secret may go there: over TLS, or where the operator said that plain HTTP is good enough."""
    if not isinstance(url, str) or len(url) > _LONGEST or not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        is_private = outbound.is_private_by_choice(url)
        port_is_fit = parts.port is None or parts.port > 0
    except (Forbidden, ValueError):
        return False
    return bool(parts.hostname) and port_is_fit and " " not in url and (parts.scheme == "https" or is_private)


def discover(outbound: Outbound, typed: str) -> Described:
    """Return what the provider at the typed address says of itself.

    Raises RefusedError on `issuer` with what is wrong.
    """
    issuer = issuer_of(typed, outbound)
    url = str(get_well_known_url(issuer, external=True))  # type: ignore[no-untyped-call]  # Authlib has no annotations
    told = _told(outbound, url)
    said = told.get("issuer")
    # Google says its name without the slash that an address bar adds; nothing else is taken for the same.
    if said not in (issuer, issuer.removesuffix("/"), f"{issuer}/"):
        raise RefusedError(filled(ANOTHER, issuer=_short(said)), field="issuer")
    _require_safe(told)
    return Described(
        issuer=str(said),
        authorization_endpoint=_endpoint(told, "authorization_endpoint", outbound),
        token_endpoint=_endpoint(told, "token_endpoint", outbound),
        jwks_uri=_endpoint(told, "jwks_uri", outbound),
        userinfo_endpoint=_endpoint(told, "userinfo_endpoint", outbound) if told.get("userinfo_endpoint") else None,
        end_session_endpoint=_way_out(told, outbound),
        auth_method=_auth_method(told),
        names_issuer=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _told(outbound: Outbound, url: str) -> Mapping[str, Any]:
    try:
        answer = outbound.request(
            "GET", url, deadline=Deadline.after(SECONDS), headers={"Accept": "application/json"}, max_bytes=MAX_BYTES
        )
    except Forbidden:
        raise RefusedError(NOT_REACHED, field="issuer") from None
    except AnswerTooLarge:
        raise RefusedError(filled(NOT_READ, url=url), field="issuer") from None
    except OutboundError:
        raise RefusedError(AWAY, field="issuer") from None
    if answer.status != 200:
        raise RefusedError(filled(NOT_THERE, status=answer.status, url=url), field="issuer")
    told = parsed(answer.body)
    if told is None:
        raise RefusedError(filled(NOT_READ, url=url), field="issuer")
    return told


def parsed(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object that `body` is; None for anything else."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _endpoint(told: Mapping[str, Any], name: str, outbound: Outbound) -> str:
    url = told.get(name)
    if not isinstance(url, str) or not url:
        raise RefusedError(filled(LACKS, what=name), field="issuer")
    if not _is_fit(url, outbound):
        raise RefusedError(filled(INSECURE, url=_short(url)), field="issuer")
    return url


def _way_out(told: Mapping[str, Any], outbound: Outbound) -> str | None:
    """Return where browsers sign out (RP-Initiated Logout 1.0 §2.1); None where that is not said, or no fit address."""
    url = told.get("end_session_endpoint")
    return url if isinstance(url, str) and _is_fit(url, outbound) else None


def _listed(told: Mapping[str, Any], name: str) -> list[str] | None:
    found = told.get(name)
    return [str(each) for each in found] if isinstance(found, list) else None


def _require_safe(told: Mapping[str, Any]) -> None:
    if "code" not in (_listed(told, "response_types_supported") or ["code"]):
        raise RefusedError(NO_CODE, field="issuer")
    if "S256" not in (_listed(told, "code_challenge_methods_supported") or ["S256"]):
        raise RefusedError(NO_PKCE, field="issuer")
    offered = _listed(told, "id_token_signing_alg_values_supported") or ["RS256"]
    if not set(offered) & set(ALGORITHMS):
        raise RefusedError(filled(NO_SIGNATURE, offered=_short(", ".join(offered))), field="issuer")


def _auth_method(told: Mapping[str, Any]) -> str:
    """Return how the agency's secret is shown: in the form where that is offered, else by Basic (Discovery 1.0 §3).

    Of Basic, providers disagree on how a secret with special characters is written (RFC 6749 §2.3.1).
    """
    offered = _listed(told, "token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    for method in ("client_secret_post", "client_secret_basic"):
        if method in offered:
            return method
    raise RefusedError(filled(LACKS, what="client_secret_basic"), field="issuer")


def _short(said: object) -> str:
    text = str(said)
    return text if len(text) <= 120 else f"{text[:120]}…"


def filled(sentence: object, **about: object) -> Any:
    """Return a lazy sentence with `about` in its places."""
    return later(lambda: str(sentence) % about)
