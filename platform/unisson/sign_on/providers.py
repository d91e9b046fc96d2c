"""The providers of an agency: added by what they say of themselves, checked again, turned off, removed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.outbound import Outbound
from unisson.sign_on.discovery import Described, discover, filled
from unisson.sign_on.exchange import Counterpart
from unisson.sign_on.models import IdentityProvider
from unisson.vault import Vault
from unisson.web.i18n import lazy

GOOGLE = "https://accounts.google.com"
MOST = 5
"""Providers of one agency."""

LOST_SECRET = lazy(
    "The client secret for %(name)s can't be read here any more. Nothing was changed: an administrator of the agency"
    " has to enter a new one."
)
NO_DIRECTORY = lazy(
    "Write the directory (tenant) ID: 36 letters, digits and hyphens, from the overview of Microsoft Entra."
)
ALREADY = lazy("This provider is in your list already. Change it there.")
TOO_MANY = lazy("An agency can have 5 providers. Remove one first.")
LAST = lazy(
    "Your people come in by this provider alone. Let passwords in again first, or nobody but those who may always use"
    " one would get in."
)
MOVED = lazy("The provider gives itself another name by now. Nothing was changed: remove it, and add it anew.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an administrator types of a provider. `address` is an issuer, or Microsoft's directory ID."""

    kind: str
    name: str
    address: str
    client_id: str
    secret: str = field(repr=False)


def issuer_of(kind: str, address: str) -> str:
    """Return the issuer that an administrator means. Raises RefusedError on `issuer`."""
    if kind == "google":
        return GOOGLE
    if kind == "microsoft":
        # Its shared directories (“common”) speak for anybody's organisation: only one directory can be pinned.
        try:
            return f"https://login.microsoftonline.com/{uuid.UUID(address)}/v2.0"
        except ValueError:
            raise RefusedError(NO_DIRECTORY, field="issuer") from None
    return address


def providers_of(session: TenantSession, *, only_on: bool = False) -> Sequence[IdentityProvider]:
    """Return the agency's providers, by name; those that are turned off too, unless `only_on`."""
    wanted = select(IdentityProvider).order_by(IdentityProvider.name, IdentityProvider.id)
    return session.scalars(wanted.where(IdentityProvider.off_since.is_(None)) if only_on else wanted).all()


def provider(session: TenantSession, provider_id: uuid.UUID, *, only_on: bool = False) -> IdentityProvider:
    """Return one of the agency's providers. Raises NotFoundError."""
    found = session.get(IdentityProvider, (session.agency_id, provider_id))
    if found is None or (only_on and found.off_since is not None):
        raise NotFoundError
    return found


def counterpart(found: IdentityProvider, vault: Vault, redirect_uri: str) -> Counterpart:
    """Return a provider as an exchange needs it. Raises RefusedError where its secret can't be opened any more."""
    try:
        client_secret = vault.open(found.secret)["secret"]
    except InvalidToken:
        raise RefusedError(filled(LOST_SECRET, name=found.name)) from None
    return Counterpart(
        name=found.name,
        kind=found.kind,
        issuer=found.issuer,
        client_id=found.client_id,
        client_secret=client_secret,
        authorization_endpoint=found.authorization_endpoint,
        token_endpoint=found.token_endpoint,
        jwks_uri=found.jwks_uri,
        userinfo_endpoint=found.userinfo_endpoint,
        auth_method=found.auth_method,
        names_issuer=found.names_issuer,
        redirect_uri=redirect_uri,
    )


def add_provider(
    session: TenantSession, actor: Actor, asked: Asked, *, outbound: Outbound, vault: Vault, provider_id: uuid.UUID
) -> IdentityProvider:
    """Return the provider, read and kept, under the id that the provider was told in its return address.

    Raises ForbiddenError, RefusedError with what is wrong with it.
    """
    actor.require(Permission.AGENCY_SIGN_ON)
    if (session.scalar(select(func.count()).select_from(IdentityProvider)) or 0) >= MOST:
        raise RefusedError(TOO_MANY)
    described = discover(outbound, issuer_of(asked.kind, asked.address))
    found = IdentityProvider(
        id=provider_id,
        kind=asked.kind,
        name=asked.name,
        client_id=asked.client_id,
        secret=vault.seal({"secret": asked.secret}),
        added_by=actor.membership_id,
        joining=False,
        **_kept(described),
    )
    try:
        with session.begin_nested():
            session.add(found)
    except IntegrityError:
        raise RefusedError(ALREADY, field="issuer") from None
    record(session, actor, "sign_on.added", "agency", session.agency_id, issuer=found.issuer)
    return found


def _kept(described: Described) -> dict[str, object]:
    return {
        "issuer": described.issuer,
        "authorization_endpoint": described.authorization_endpoint,
        "token_endpoint": described.token_endpoint,
        "jwks_uri": described.jwks_uri,
        "userinfo_endpoint": described.userinfo_endpoint,
        "end_session_endpoint": described.end_session_endpoint,
        "auth_method": described.auth_method,
        "names_issuer": described.names_issuer,
    }


def change_provider(
    session: TenantSession,
    actor: Actor,
    provider_id: uuid.UUID,
    asked: Asked,
    *,
    outbound: Outbound,
    vault: Vault,
) -> IdentityProvider:
    """Return the provider under another name, with another client; an empty secret leaves the one that is kept.

    What it says of itself is read again. Raises NotFoundError, ForbiddenError, RefusedError.
    """
    found = locked(session, actor, provider_id)
    described = discover(outbound, found.issuer)
    if described.issuer != found.issuer:
        raise RefusedError(MOVED)
    found.name, found.client_id = asked.name, asked.client_id
    if asked.secret:
        found.secret = vault.seal({"secret": asked.secret})
    for name, value in _kept(described).items():
        setattr(found, name, value)
    found.checked_at = utcnow()
    record(session, actor, "sign_on.changed", "agency", session.agency_id, issuer=found.issuer)
    return found


def turn(session: TenantSession, actor: Actor, provider_id: uuid.UUID, *, on: bool) -> IdentityProvider:
    """Return the provider, by which people come in from now on or no longer.

    Raises NotFoundError, ForbiddenError, RefusedError for the last one while nothing else lets people in.
    """
    found = locked(session, actor, provider_id)
    if not on:
        _require_another(session, found)
    found.off_since = None if on else utcnow()
    verb = "sign_on.turned_on" if on else "sign_on.turned_off"
    record(session, actor, verb, "agency", session.agency_id, issuer=found.issuer)
    return found


def remove_provider(session: TenantSession, actor: Actor, provider_id: uuid.UUID) -> str:
    """Forget a provider and its secret; return its name. Who was linked to it stays so, should it be added again.

    Raises NotFoundError, ForbiddenError, RefusedError as `turn`.
    """
    found = locked(session, actor, provider_id)
    _require_another(session, found)
    session.delete(found)
    record(session, actor, "sign_on.removed", "agency", session.agency_id, issuer=found.issuer)
    return found.name


def locked(session: TenantSession, actor: Actor, provider_id: uuid.UUID) -> IdentityProvider:
    """Return a provider to change. Those of an agency change one at a time, or two at once would leave none."""
    actor.require(Permission.AGENCY_SIGN_ON)
    session.execute(select(Agency.agency_id).with_for_update())
    found = session.scalars(
        select(IdentityProvider).where(IdentityProvider.id == provider_id).with_for_update()
    ).first()
    if found is None:
        raise NotFoundError
    return found


def _require_another(session: TenantSession, found: IdentityProvider) -> None:
    if found.off_since is not None or session.scalar(select(Agency.sign_on_from)) is None:
        return
    if not any(each.id != found.id for each in providers_of(session, only_on=True)):
        raise RefusedError(LAST)
