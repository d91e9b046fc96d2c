"""A provider's word that somebody signed out there: checked, and what it ends (OpenID Connect Back-Channel Logout 1.0).

It ends what rests on that provider's word, in its own agency, and nothing else: a password that was typed in the same
browser goes on opening the other agencies.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry
from sqlalchemy import and_, any_, case, func, select, update

from tenants.base import utcnow
from tenants.identities import IdentityLink, SignIn
from tenants.session import TenantSession
from unisson.outbound import Outbound
from unisson.sign_on.exchange import LEEWAY, Counterpart, signed, untrusted

EVENT = "http://schemas.openid.net/event/backchannel-logout"
OLDEST = 600
"""Seconds after which such a word is not taken any more."""


@dataclass(frozen=True, slots=True)
class Departed:
    """Who signed out at the provider, and when."""

    issuer: str
    subject: str
    at: datetime


def departed(counterpart: Counterpart, token: str, outbound: Outbound) -> Departed:
    """Return who a logout token says has left (§2.6). Raises UntrustedError, ProviderAwayError."""
    claims, header = signed(counterpart, token, outbound)
    try:
        JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": counterpart.issuer},
            aud={"essential": True, "value": counterpart.client_id},
            iat={"essential": True},
            jti={"essential": True},
            sub={"essential": True},
        ).validate(claims)
    except JoseError as error:
        raise untrusted(counterpart, f"logout {error.error}") from None
    for why, is_wrong in _rules(claims, header):
        if is_wrong:
            raise untrusted(counterpart, f"logout {why}")
    return Departed(counterpart.issuer, claims["sub"], datetime.fromtimestamp(int(claims["iat"]), UTC))


def _rules(claims: Mapping[str, Any], header: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    """Return what no claim's own rule says: an ID token must never be taken for a logout token (§2.4)."""
    events = claims.get("events")
    return (
        ("typ", str(header.get("typ", "logout+jwt")).lower() not in {"logout+jwt", "jwt"}),
        ("events", not isinstance(events, dict) or not isinstance(events.get(EVENT), dict)),
        ("nonce", "nonce" in claims),
        ("iat", utcnow().timestamp() - int(claims["iat"]) > OLDEST),
    )


def end_sign_ins(session: TenantSession, gone: Departed) -> uuid.UUID | None:
    """End what rests on the provider's word, and began before it was given; return of whom, None for nobody known.

    So a token that is sent a second time ends nothing that began since.
    """
    who = session.scalar(
        select(IdentityLink.identity_id).where(IdentityLink.issuer == gone.issuer, IdentityLink.subject == gone.subject)
    )
    if who is None:
        return None
    on = SignIn.sso_agency_ids
    rests_on_nothing_else = and_(SignIn.by_password.is_(False), func.cardinality(on) == 1)
    session.execute(
        update(SignIn)
        .where(SignIn.identity_id == who, any_(on) == session.agency_id, SignIn.created_at <= gone.at)
        .values(
            sso_agency_ids=func.array_remove(on, session.agency_id),
            revoked_at=case((rests_on_nothing_else, func.clock_timestamp()), else_=SignIn.revoked_at),
        )
        .execution_options(synchronize_session=False)
    )
    return who
