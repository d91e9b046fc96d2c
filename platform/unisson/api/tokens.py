"""Making, finding and ending tokens: shown once, kept as a hash, for what they name, until a day."""

import enum
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import NotFoundError, RefusedError
from tenants.identities import Identity
from tenants.members import Membership, lacks_second_step
from tenants.permissions import AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.api.models import ApiToken
from unisson.portal.guests import NOBODY, actor_of
from unisson.vault import new_token, token_hash
from unisson.web.i18n import lazy

PREFIX = "unisson_"
"""By which programs that look for secrets in code know one."""
TOUCH = timedelta(minutes=1)
MOST = 20
"""Living tokens of one person, and of the agency."""
DAYS = (30, 90, 365)

NAME_IT = lazy("Say what the token is for, in up to 100 characters.")
CHOOSE = lazy("Choose at least one thing that it may read.")
HOW_LONG = lazy("Choose how long it is good for.")
TOO_MANY = lazy("There are %(num)s living tokens already. End one that is not used.", num=MOST)


class Scope(enum.StrEnum):
    """What a token may read."""

    BRANDS = "brands:read"
    CONTENTS = "contents:read"
    CALENDAR = "calendar:read"


SCOPES = {
    Scope.BRANDS: lazy("The brands, by name"),
    Scope.CONTENTS: lazy("Contents with their texts"),
    Scope.CALENDAR: lazy("What is planned when"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A token as a list shows it. `owner` is empty for the agency's own."""

    id: uuid.UUID
    name: str
    owner: str
    is_agencys: bool
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def make(
    session: TenantSession, actor: Actor, *, name: str, scopes: Collection[str], days: int, for_agency: bool
) -> tuple[ApiToken, str]:
    """Return a new token and its secret, which nobody is told again. Raises ForbiddenError, RefusedError."""
    if for_agency:
        actor.require(Permission.AGENCY_SETTINGS)
    if not name or len(name) > 100:
        raise RefusedError(NAME_IT, field="name")
    known = [scope for scope in Scope if scope.value in scopes]
    if not known:
        raise RefusedError(CHOOSE, field="scopes")
    if days not in DAYS:
        raise RefusedError(HOW_LONG, field="days")
    owner = None if for_agency else actor.membership_id
    if _living(session, owner) >= MOST:
        raise RefusedError(TOO_MANY)
    secret = PREFIX + new_token()
    token = ApiToken(
        membership_id=owner,
        name=name,
        token_hash=token_hash(secret),
        scopes=[scope.value for scope in known],
        created_by=actor.membership_id,
        expires_at=utcnow() + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    record(session, actor, "token.made", "token", token.id, name=name, scopes=token.scopes, agencys=for_agency)
    return token, secret


def _living(session: TenantSession, owner: uuid.UUID | None) -> int:
    whose = ApiToken.membership_id.is_(None) if owner is None else ApiToken.membership_id == owner
    query = select(func.count()).select_from(ApiToken).where(whose, *_ALIVE)
    return session.scalar(query) or 0


_ALIVE = (ApiToken.revoked_at.is_(None), ApiToken.expires_at > func.clock_timestamp())


def revoke(session: TenantSession, actor: Actor, token_id: uuid.UUID) -> ApiToken:
    """End one's own token, the agency's or another's as who changes its settings. Raises NotFoundError."""
    token = session.get(ApiToken, (session.agency_id, token_id))
    if token is None or not (token.membership_id == actor.membership_id or actor.may(Permission.AGENCY_SETTINGS)):
        raise NotFoundError
    if token.revoked_at is None:
        token.revoked_at = utcnow()
        record(session, actor, "token.revoked", "token", token.id, name=token.name)
    return token


def living(session: TenantSession, *, of: uuid.UUID | None = None) -> list[Line]:
    """Return the living tokens of one person, of everybody and the agency for None; the newest first."""
    query = (
        select(
            ApiToken.id, ApiToken.name, func.coalesce(Membership.name, ""), ApiToken.membership_id.is_(None),
            ApiToken.scopes, ApiToken.created_at, ApiToken.expires_at, ApiToken.last_used_at,
        )
        .outerjoin(
            Membership, (Membership.agency_id == ApiToken.agency_id) & (Membership.id == ApiToken.membership_id)
        )
        .where(*_ALIVE)
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )  # fmt: skip
    return [Line(*row) for row in session.execute(query.where(ApiToken.membership_id == of) if of else query)]


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who reads by a token, and what of."""

    token_id: uuid.UUID
    actor: Actor
    scopes: frozenset[str]
    lacks_second_step: bool


def bearer(session: TenantSession, secret: str) -> Bearer | None:
    """Return who reads by this secret; None for one that is unknown, over or ended, and of somebody who left."""
    row = session.execute(
        select(
            ApiToken,
            Membership,
            lacks_second_step(Membership.identity_id).label("lacks"),
            (ApiToken.last_used_at < func.clock_timestamp() - TOUCH).label("is_stale"),
        )
        .outerjoin(Membership, (Membership.agency_id == ApiToken.agency_id) & (Membership.id == ApiToken.membership_id))
        .outerjoin(Identity, Identity.id == Membership.identity_id)
        .where(ApiToken.token_hash == token_hash(secret), *_ALIVE, Identity.disabled_at.is_(None))
    ).first()
    if row is None:
        return None
    token: ApiToken = row[0]
    person: Membership | None = row[1]
    if token.membership_id is not None and (person is None or person.removed_at is not None or not person.joined_at):
        return None
    if row.is_stale or token.last_used_at is None:
        _touch(session, token.id)
    actor = actor_of(session, person) if person else _agency(session, token)
    return Bearer(token.id, actor, frozenset(token.scopes), bool(person and row.lacks))


def _agency(session: TenantSession, token: ApiToken) -> Actor:
    """Return the agency itself as one who reads: every brand, and nothing but what its token names."""
    return Actor(session.agency_id, token.id, NOBODY, token.name, "", AgencyRole.ACCOUNT_MANAGER, {})


def _touch(session: TenantSession, token_id: uuid.UUID) -> None:
    mine = select(ApiToken.id).where(ApiToken.id == token_id).with_for_update(skip_locked=True).scalar_subquery()
    session.execute(
        update(ApiToken)
        .where(ApiToken.id == mine)
        .values(last_used_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )
