"""The agency's side: asking somebody of the client's to connect a channel, asking again, and taking it back."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, or_, select, update

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import CLIENT_SIDE, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.agency.team import know
from unisson.granting.models import AskState, ChannelAsk, ChannelAskLink
from unisson.identity.addresses import canonical
from unisson.notifications.letters import write
from unisson.publishing.channels.port import ChannelKind
from unisson.publishing.models import Channel
from unisson.vault import new_token, token_hash
from unisson.web.i18n import lazy

LIFETIME = timedelta(days=7)
"""How long a link may connect a channel: a mail that waits for longer is asked for again."""

ASKED_ALREADY = lazy("Somebody is asked to connect this channel already. Take that request back first, or renew it.")
NOT_A_MOCKUP = lazy("This channel is connected already: nobody needs to be asked. Choose another one.")
NOBODY = lazy("Choose one of the client’s people, or type an e-mail address.")
BAD_ADDRESS = lazy("This is not an e-mail address that can be written to.")
OVER = lazy("This request is over: the channel was connected, or the request taken back. Nothing was changed.")


class Asked(NamedTuple):
    """One ask with whom it went to and who asked."""

    ask: ChannelAsk
    person: str
    email: str
    by: str


def people_of(session: TenantSession, brand_id: uuid.UUID) -> Sequence[Membership]:
    """Return the client's people of a brand, by name."""
    theirs = select(BrandAssignment.membership_id).where(
        BrandAssignment.brand_id == brand_id, BrandAssignment.role.in_(CLIENT_SIDE)
    )
    wanted = select(Membership).where(Membership.id.in_(theirs), Membership.removed_at.is_(None))
    return session.scalars(wanted.order_by(func.lower(Membership.name), Membership.id)).all()


def mockups_of(session: TenantSession, brand_id: uuid.UUID) -> Sequence[Channel]:
    """Return the mock-ups of a brand, by name."""
    return session.scalars(
        select(Channel).where(Channel.brand_id == brand_id, Channel.mockup).order_by(Channel.name, Channel.id)
    ).all()


def ask(
    session: TenantSession,
    actor: Actor,
    brand_id: uuid.UUID,
    *,
    person: str,
    email: str,
    channel_id: uuid.UUID | None,
    note: str,
) -> ChannelAsk:
    """Return the request, mailed to one of the client's people (`person`, an id) or to an address.

    Raises RefusedError for nobody, an unreadable address, a channel that is no mock-up of the brand, or one that
    somebody is asked for already; ForbiddenError.
    """
    actor.require(Permission.CHANNEL_CONNECT, brand_id)
    if channel_id is not None:
        _check_channel(session, brand_id, channel_id)
    addressee = _addressee(session, actor, brand_id, person, email)
    row = ChannelAsk(
        brand_id=brand_id,
        channel_id=channel_id,
        kind=ChannelKind.BLUESKY.value,
        membership_id=addressee.id,
        note=note,
        asked_by=actor.membership_id,
        expires_at=utcnow() + LIFETIME,
    )
    session.add(row)
    session.flush()
    _mail(session, row)
    record(session, actor, "channel.asked", "channel_ask", row.id, brand_id=brand_id, of=str(addressee.id))
    return row


def load_ask(session: TenantSession, actor: Actor, ask_id: uuid.UUID) -> ChannelAsk:
    """Return a request, its row locked. Raises NotFoundError, ForbiddenError."""
    row = session.scalars(select(ChannelAsk).where(ChannelAsk.id == ask_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError
    actor.require(Permission.CHANNEL_CONNECT, row.brand_id)
    return row


def revoke(session: TenantSession, actor: Actor, ask_id: uuid.UUID) -> ChannelAsk:
    """Take a request back: its links connect nothing any more. Raises StaleError for one that is over."""
    row = load_ask(session, actor, ask_id)
    if row.state_at(utcnow()) not in {AskState.WAITING, AskState.EXPIRED}:
        raise StaleError(OVER)
    row.revoked_at = utcnow()
    session.flush()
    record(session, actor, "channel.ask_revoked", "channel_ask", row.id, brand_id=row.brand_id)
    return row


def ask_again(session: TenantSession, actor: Actor, ask_id: uuid.UUID) -> ChannelAsk:
    """Mail the same person a new link for another seven days; the old ones connect nothing. Raises StaleError."""
    row = load_ask(session, actor, ask_id)
    renew(session, row)
    record(session, actor, "channel.ask_renewed", "channel_ask", row.id, brand_id=row.brand_id)
    return row


def renew(session: TenantSession, row: ChannelAsk) -> None:
    """Mail a new link of a request, whose row is locked, to the address that it went to. Raises StaleError."""
    if row.state_at(utcnow()) not in {AskState.WAITING, AskState.EXPIRED}:
        raise StaleError(OVER)
    row.expires_at = utcnow() + LIFETIME
    session.execute(
        update(ChannelAskLink)
        .where(
            ChannelAskLink.ask_id == row.id,
            or_(ChannelAskLink.expires_at.is_(None), ChannelAskLink.expires_at > func.clock_timestamp()),
        )
        .values(expires_at=func.clock_timestamp())
        .execution_options(synchronize_session="fetch")
    )
    session.flush()
    _mail(session, row)


def mint(session: TenantSession, row: ChannelAsk) -> str:
    """Return the token of a new link, which is nowhere but in the mail that is being written.

    One that asks works as long as the request does; one that confirms what was given, as long as that stands.
    """
    token = new_token()
    until = None if row.given_at else row.expires_at
    session.add(ChannelAskLink(ask_id=row.id, token_hash=token_hash(token), expires_at=until))
    session.flush()
    return token


def asks_of(session: TenantSession, brand_id: uuid.UUID) -> Sequence[Asked]:
    """Return what was asked for a brand and not taken back, the newest first, in one statement."""
    by = Membership.__table__.alias("by")
    rows = session.execute(
        select(ChannelAsk, Membership.name, Membership.email, by.c.name)
        .join(Membership, (Membership.agency_id == ChannelAsk.agency_id) & (Membership.id == ChannelAsk.membership_id))
        .join(by, (by.c.agency_id == ChannelAsk.agency_id) & (by.c.id == ChannelAsk.asked_by))
        .where(ChannelAsk.brand_id == brand_id, ChannelAsk.revoked_at.is_(None))
        .order_by(ChannelAsk.asked_at.desc(), ChannelAsk.id)
    )
    return [Asked(*row) for row in rows]


def _check_channel(session: TenantSession, brand_id: uuid.UUID, channel_id: uuid.UUID) -> None:
    channel = session.scalars(
        select(Channel).where(Channel.id == channel_id, Channel.brand_id == brand_id).with_for_update()
    ).one_or_none()
    if channel is None or not channel.mockup:
        raise RefusedError(NOT_A_MOCKUP, field="channel")
    waits = select(ChannelAsk.id).where(
        ChannelAsk.channel_id == channel_id,
        ChannelAsk.revoked_at.is_(None),
        ChannelAsk.given_at.is_(None),
        ChannelAsk.expires_at > func.clock_timestamp(),
    )
    if session.scalars(waits).first() is not None:
        raise RefusedError(ASKED_ALREADY, field="channel")


def _addressee(session: TenantSession, actor: Actor, brand_id: uuid.UUID, person: str, email: str) -> Membership:
    """Return whom to ask: whoever has the typed address, else the chosen person."""
    if not email:
        known = {str(each.id): each for each in people_of(session, brand_id)}
        if person not in known:
            raise RefusedError(NOBODY, field="person" if person else "email")
        return known[person]
    try:
        address = canonical(email)
    except ValueError:
        raise RefusedError(BAD_ADDRESS, field="email") from None
    return know(session, actor, brand_id, email=address, name=address, asks_for=Permission.CHANNEL_CONNECT)


def _mail(session: TenantSession, row: ChannelAsk) -> None:
    write(session, row.membership_id, "channel_asked", {"ask_id": str(row.id), "brand_id": str(row.brand_id)})
