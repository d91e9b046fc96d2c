"""The client's side: what a link opens, giving the account behind a channel, and taking it back."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import GoneError, NotFoundError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import BRAND_ROLE_PERMISSIONS, BrandRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.granting.models import AskState, ChannelAsk, ChannelAskLink
from unisson.notifications.letters import write
from unisson.notifications.notices import tell
from unisson.publishing.connecting import Keys, Means, bare, open_bluesky
from unisson.publishing.mockups import empty, fill
from unisson.publishing.models import Channel
from unisson.vault import token_hash
from unisson.web.i18n import lazy

EXPIRED = lazy("This link has expired. Nothing was connected with it.")
REVOKED = lazy("This request was taken back by the agency, or is no longer for you. Nothing is asked of you here.")
USED = lazy("This link was used: it connects nothing a second time.")
MEANWHILE = lazy("This channel was connected by the agency meanwhile. Nothing more is asked of you here.")
WITHDRAWN = lazy("The access was withdrawn already. Nothing leaves by this account any more.")
NOT_GIVEN = lazy("Nothing was connected with this link yet, so there is nothing to withdraw.")


@dataclass(frozen=True, slots=True)
class Door:
    """What a link opens: `why_shut` is the sentence to say where it opens nothing; it may be `renewed`."""

    ask: ChannelAsk
    person: Membership
    brand: Brand
    channel: Channel | None
    state: AskState
    why_shut: object = None
    may_be_renewed: bool = False

    @property
    def stands(self) -> bool:
        """Whether what was given is still how the channel signs in."""
        channel = self.channel
        is_real = channel is not None and not channel.mockup and channel.disconnected_at is None
        return self.state is AskState.GIVEN and is_real


def door(session: TenantSession, token: str) -> Door:
    """Return what the token opens, open or shut. Raises NotFoundError for one that never opened anything."""
    link = session.scalars(select(ChannelAskLink).where(ChannelAskLink.token_hash == token_hash(token))).one_or_none()
    if link is None:
        raise NotFoundError
    ask = session.get_one(ChannelAsk, (session.agency_id, link.ask_id))
    person = session.get_one(Membership, (session.agency_id, ask.membership_id))
    brand = session.get_one(Brand, (session.agency_id, ask.brand_id))
    channel = session.get(Channel, (session.agency_id, ask.channel_id)) if ask.channel_id else None
    state = ask.state_at(utcnow())
    if state is AskState.WAITING and link.expires_at is not None and link.expires_at <= utcnow():
        state = AskState.EXPIRED
    why = _why_shut(person, brand, channel, state)
    return Door(ask, person, brand, channel, state, why, may_be_renewed=why is EXPIRED)


def give(session: TenantSession, by: Actor, ask_id: uuid.UUID, means: Means, keys: Keys) -> Channel:
    """Return the channel, connected with the client's own account. Raises RefusedError where its server says no.

    Raises GoneError for a request that is over: of two browsers that send the same form, one connects.
    """
    ask = _locked(session, ask_id)
    state = ask.state_at(utcnow())
    if state is not AskState.WAITING:
        raise GoneError({AskState.EXPIRED: EXPIRED, AskState.REVOKED: REVOKED}.get(state, USED))
    channel = _meant(session, ask, keys)
    if channel is None:
        channel, _said = open_bluesky(session, by, ask.brand_id, means, keys)
    elif not channel.mockup:
        raise GoneError(MEANWHILE)
    else:
        fill(session, by, channel, means, keys)
    ask.channel_id, ask.account, ask.given_at = channel.id, str(channel.settings["handle"]), utcnow()
    session.flush()
    record(session, by, "channel.given", "channel", channel.id, brand_id=ask.brand_id, account=ask.account)
    write(session, ask.membership_id, "channel_given", {"ask_id": str(ask.id), "brand_id": str(ask.brand_id)})
    _tell(session, ask, by, "channel_connected")
    return channel


def withdraw(session: TenantSession, by: Actor, ask_id: uuid.UUID) -> None:
    """Forget what was given: the channel is a mock-up again, and what comes due on it is held. Raises GoneError."""
    ask = _locked(session, ask_id)
    if ask.given_at is None or ask.channel_id is None:
        raise GoneError(NOT_GIVEN)
    if ask.withdrawn_at is not None:
        raise GoneError(WITHDRAWN)
    channel = session.scalars(select(Channel).where(Channel.id == ask.channel_id).with_for_update()).one()
    if not channel.mockup:
        empty(session, by, channel)
    ask.withdrawn_at = utcnow()
    session.flush()
    record(session, by, "channel.withdrawn", "channel", channel.id, brand_id=ask.brand_id, account=ask.account)
    _tell(session, ask, by, "channel_withdrawn")


def _why_shut(person: Membership, brand: Brand, channel: Channel | None, state: AskState) -> object:
    if person.removed_at is not None or state is AskState.REVOKED:
        return REVOKED
    if state in {AskState.GIVEN, AskState.WITHDRAWN}:
        return None
    if brand.archived_at is not None:
        return REVOKED
    if channel is not None and not channel.mockup:
        return MEANWHILE
    return EXPIRED if state is AskState.EXPIRED else None


def _meant(session: TenantSession, ask: ChannelAsk, keys: Keys) -> Channel | None:
    """Return the channel to connect, its row locked: the one that was asked for, or a mock-up of this very account."""
    if ask.channel_id is not None:
        wanted = select(Channel).where(Channel.id == ask.channel_id)
        return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()
    mockups = select(Channel).where(Channel.brand_id == ask.brand_id, Channel.mockup).order_by(Channel.id)
    found = session.scalars(mockups.with_for_update()).all()
    return next((each for each in found if each.settings.get("handle") == bare(keys.handle)), None)


def _locked(session: TenantSession, ask_id: uuid.UUID) -> ChannelAsk:
    wanted = select(ChannelAsk).where(ChannelAsk.id == ask_id)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()


def _tell(session: TenantSession, ask: ChannelAsk, by: Actor, kind: str) -> None:
    """Tell who asked, and everybody of the agency who connects the brand's channels."""
    roles = [role.value for role in BrandRole if Permission.CHANNEL_CONNECT in BRAND_ROLE_PERMISSIONS[role]]
    theirs = select(BrandAssignment.membership_id).where(
        BrandAssignment.brand_id == ask.brand_id, BrandAssignment.role.in_(roles)
    )
    about = {"brand_id": str(ask.brand_id), "ask_id": str(ask.id), "by": by.name, "file": ask.account}
    for membership_id in sorted({ask.asked_by, *session.scalars(theirs)}):
        tell(session, membership_id, kind, about)
