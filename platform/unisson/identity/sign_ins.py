"""Where somebody is signed in: one row a browser. The browser holds a random token, the row only its SHA-256.

A sign-in ends after a day without use, after two weeks in any case (ASVS 5.0 §7.3), and at once when it is revoked.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVarTuple

from flask_login import UserMixin
from sqlalchemy import ColumnElement, Interval, Select, bindparam, delete, func, literal_column, select, update
from sqlalchemy.orm import Session

from tenants.base import utcnow
from tenants.browsers import PushBrowser
from tenants.identities import Identity, SignIn
from unisson.vault import new_token, token_hash
from unisson.web.people import Grounds

IDLE = timedelta(hours=24)
ABSOLUTE = timedelta(days=14)
TOUCH = timedelta(minutes=1)
"""How coarse `last_seen_at` is, so that reading a page hardly ever writes."""

FRESH = timedelta(minutes=15)
"""How long a sign-in counts as freshly confirmed: a visit to one's settings, and no longer than a coffee (ASVS 5.0
§7.5 asks for it before sensitive changes and names no length)."""

_AGENT_CHARACTERS = 300
_NEVER = datetime.fromtimestamp(0, UTC)

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True, eq=False)
class Person(UserMixin):
    """Who is signed in, in this browser. Roles are not here: they are an agency's, read per request."""

    id: uuid.UUID
    name: str
    email: str
    language: str | None
    timezone: str | None
    email_verified: bool
    sign_in_id: uuid.UUID
    token: str = field(repr=False)
    grounds: Grounds = field(default_factory=Grounds)

    def get_id(self) -> str:
        """Return what the cookie carries."""
        return self.token


def _span(length: timedelta) -> ColumnElement[timedelta]:
    return literal_column(f"interval '{length.total_seconds():.0f} seconds'", Interval)


def alive(now: ColumnElement[datetime]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a sign-in opens anything."""
    return (SignIn.revoked_at.is_(None), SignIn.expires_at > now, SignIn.last_seen_at > now - _span(IDLE))


def is_stale_at(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return whether the use of a sign-in is to be noted, as a column of a statement."""
    return SignIn.last_seen_at < now - _span(TOUCH)


_NOW = func.clock_timestamp()
HOLDER_COLUMNS = (
    Identity.id, Identity.name, Identity.email, Identity.language, Identity.timezone,
    Identity.email_verified_at.is_not(None).label("verified"), SignIn.id.label("sign_in_id"),
    is_stale_at(_NOW).label("is_stale"),
    SignIn.by_password, SignIn.sso_agency_ids,
)  # fmt: skip
"""What `Person` is made of, and whether its use is to be noted."""


def grounds_of(by_password: bool, agencies: Iterable[uuid.UUID | str]) -> Grounds:
    """Return what a sign-in rests on, from its row, or from the row as JSON."""
    return Grounds(by_password, frozenset(uuid.UUID(str(each)) for each in agencies))


def held_by(statement: Select[*Columns]) -> Select[*Columns]:
    """Return a statement on identities and sign-ins, narrowed to the one living sign-in whose hash is `:held`."""
    return (
        statement.select_from(Identity)
        .join(SignIn, SignIn.identity_id == Identity.id)
        .where(SignIn.token_hash == bindparam("held"), Identity.disabled_at.is_(None), *alive(_NOW))
    )


_HOLDER = held_by(select(*HOLDER_COLUMNS))
"""Built once: a request of somebody signed in begins with it, or with what `arrivals` makes of it."""


def load(session: Session, token: str) -> Person | None:
    """Return whose token it is, in one statement; None when it is unknown, over or revoked, or the person disabled."""
    row = session.execute(_HOLDER, {"held": token_hash(token)}).first()
    if row is None:
        return None
    if row.is_stale:
        touch(session, row.sign_in_id)
    grounds = grounds_of(row.by_password, row.sso_agency_ids)
    return Person(
        row.id, row.name, row.email, row.language, row.timezone, row.verified, row.sign_in_id, token, grounds
    )  # fmt: skip


def touch(session: Session, sign_in_id: uuid.UUID) -> None:
    """Note that it is in use; of two requests at once one does, and none waits for the other."""
    mine = select(SignIn.id).where(SignIn.id == sign_in_id).with_for_update(skip_locked=True).scalar_subquery()
    session.execute(update(SignIn).where(SignIn.id == mine).values(last_seen_at=func.clock_timestamp()))


def start(
    session: Session,
    identity_id: uuid.UUID,
    ip: str,
    user_agent: str,
    *,
    grounds: Grounds | None = None,
    confirmed: bool = True,
) -> str:
    """Return the token of a new sign-in of `identity_id`, which rests on a password unless `grounds` says else.

    One that is not `confirmed` was never freshly confirmed: somebody else vouched for them.
    """
    on = grounds or Grounds()
    token = new_token()
    session.add(
        SignIn(
            identity_id=identity_id,
            token_hash=token_hash(token),
            ip=ip,
            user_agent=user_agent[:_AGENT_CHARACTERS],
            expires_at=utcnow() + ABSOLUTE,
            by_password=on.by_password,
            sso_agency_ids=sorted(on.agencies),
            confirmed_at=utcnow() if confirmed else _NEVER,
        )
    )
    session.flush()
    return token


def rotate(session: Session, sign_in_id: uuid.UUID) -> str:
    """Return the new token of a sign-in; its old one is worth nothing from here on, its end stays the same."""
    token = new_token()
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(token_hash=token_hash(token)))
    return token


def confirm(session: Session, sign_in_id: uuid.UUID) -> str:
    """Note that its holder has just shown who they are; return its new token, as `rotate` does."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(confirmed_at=func.clock_timestamp()))
    return rotate(session, sign_in_id)


def is_fresh(session: Session, sign_in_id: uuid.UUID) -> bool:
    """Return whether its holder has shown who they are within `FRESH`."""
    lately = SignIn.confirmed_at > func.clock_timestamp() - _span(FRESH)
    return session.scalar(select(SignIn.id).where(SignIn.id == sign_in_id, lately)) is not None


def end(session: Session, token: str) -> None:
    """Sign out the browser that holds `token`."""
    _revoke(session, SignIn.token_hash == token_hash(token))


def end_one(session: Session, identity_id: uuid.UUID, sign_in_id: uuid.UUID) -> bool:
    """Sign out one browser of `identity_id`; return whether there was one."""
    return _revoke(session, SignIn.id == sign_in_id, SignIn.identity_id == identity_id) > 0


def end_all(session: Session, identity_id: uuid.UUID, *, but: uuid.UUID | None = None) -> int:
    """Sign `identity_id` out of every browser, `but` one; return of how many."""
    if but is None:
        return _revoke(session, SignIn.identity_id == identity_id)
    return _revoke(session, SignIn.identity_id == identity_id, SignIn.id != but)


def end_every(session: Session) -> int:
    """Sign everybody out of every browser; return of how many."""
    return _revoke(session, SignIn.expires_at > func.clock_timestamp())


def _revoke(session: Session, *which: ColumnElement[bool]) -> int:
    """End sign-ins; their browsers are told of nothing any more."""
    done = session.scalars(
        update(SignIn)
        .where(SignIn.revoked_at.is_(None), *which)
        .values(revoked_at=func.clock_timestamp())
        .returning(SignIn.id)
    ).all()
    if done:
        session.execute(delete(PushBrowser).where(PushBrowser.sign_in_id.in_(done)))
    return len(done)


def carry(session: Session, held: str, token: str) -> None:
    """Have a browser that signs in anew be told of things as before, if it was its own person's: by its new sign-in."""
    before, now = (
        select(SignIn.id, SignIn.identity_id).where(SignIn.token_hash == token_hash(each)).subquery()
        for each in (held, token)
    )
    session.execute(
        update(PushBrowser)
        .where(PushBrowser.sign_in_id == before.c.id, before.c.identity_id == now.c.identity_id)
        .values(sign_in_id=now.c.id)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class Browser:
    """One live sign-in, for the list that its owner reads."""

    id: uuid.UUID
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


def browsers(session: Session, identity_id: uuid.UUID) -> Sequence[Browser]:
    """Return where `identity_id` is signed in, the latest used first."""
    rows = session.execute(
        select(SignIn.id, SignIn.ip, SignIn.user_agent, SignIn.created_at, SignIn.last_seen_at)
        .where(SignIn.identity_id == identity_id, *alive(func.clock_timestamp()))
        .order_by(SignIn.last_seen_at.desc())
    )
    return [Browser(*row) for row in rows]
