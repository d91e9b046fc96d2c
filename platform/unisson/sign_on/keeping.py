"""What a browser keeps while it is away at a provider, and until its person has said yes: sealed, for ten minutes."""

import time
import uuid
from dataclasses import asdict, dataclass

from cryptography.fernet import InvalidToken
from flask import session

from unisson.sign_on.exchange import Attempt, Vouched
from unisson.web.db import runtime

PATIENCE = 600
"""Seconds that somebody may take at the provider, and again for their yes."""

_AWAY = "sign_on"
_ASKED = "sign_on_link"


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser went to a provider for. `linking` is who wants to be linked; None for somebody who comes in."""

    provider_id: uuid.UUID
    attempt: Attempt
    to: str
    linking: uuid.UUID | None = None


def keep_errand(errand: Errand) -> None:
    """Have this browser keep what it is sent for; an errand before it is forgotten."""
    _keep(
        _AWAY,
        {
            **asdict(errand.attempt),
            "provider": str(errand.provider_id),
            "to": errand.to,
            "linking": str(errand.linking or ""),
        },
    )


def take_errand() -> Errand | None:
    """Return what this browser was sent for, once; None for nothing, or after ten minutes."""
    kept = _take(_AWAY)
    if kept is None:
        return None
    return Errand(
        uuid.UUID(kept["provider"]),
        Attempt(kept["state"], kept["nonce"], kept["verifier"]),
        kept["to"],
        uuid.UUID(kept["linking"]) if kept["linking"] else None,
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """An account at a provider that somebody may link to themselves."""

    identity_id: uuid.UUID
    provider_id: uuid.UUID
    vouched: Vouched
    to: str


def keep_offer(offer: Offer) -> None:
    """Have this browser keep what its person is asked."""
    about = {"who": str(offer.identity_id), "provider": str(offer.provider_id), "to": offer.to}
    _keep(_ASKED, {**asdict(offer.vouched), **about})


def offered(identity_id: uuid.UUID) -> Offer | None:
    """Return what this person is asked in this browser; None for nothing, for somebody else, or after ten minutes."""
    kept = _open(session.get(_ASKED))
    if kept is None or kept["who"] != str(identity_id):
        return None
    names = ("issuer", "subject", "email", "name", "shown")
    return Offer(identity_id, uuid.UUID(kept["provider"]), Vouched(**{name: kept[name] for name in names}), kept["to"])


def forget_offer() -> None:
    """Forget what was asked."""
    session.pop(_ASKED, None)


def _keep(name: str, about: dict[str, str]) -> None:
    session[name] = runtime().vault.seal({**about, "at": str(int(time.time()))}).decode()


def _take(name: str) -> dict[str, str] | None:
    return _open(session.pop(name, None))


def _open(kept: object) -> dict[str, str] | None:
    try:
        about = runtime().vault.open(str(kept or "").encode())
    except InvalidToken:
        return None
    return about if time.time() - int(about["at"]) <= PATIENCE else None
