"""Connecting a brand's channels, and taking them off again. A secret is verified, sealed, and never shown."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select, text

from tenants.access import Actor
from tenants.base import new_id, utcnow
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import Database, TenantSession
from unisson.activity.trail import record
from unisson.agency.team import require_confirmed
from unisson.identity.addresses import canonical
from unisson.jobs import ring_after_commit
from unisson.publishing.channels.port import Account, ChannelKind, NotConnected
from unisson.publishing.channels.registry import Registry
from unisson.publishing.models import Channel, Publication, PublicationState
from unisson.publishing.subscribers import Entry, add
from unisson.publishing.tokens import ChannelTokens
from unisson.vault import Vault
from unisson.web.i18n import lazy

DEFAULT_SERVICE = "https://bsky.social"

CONNECTED_ALREADY = lazy("This account is connected to this brand already. Reconnect it from its own page.")
MOCKUP_THERE = lazy(
    "A mock-up of this brand stands for this account. Connect it on the mock-up’s own page: what is planned goes out"
    " then."
)
BAD_SERVICE = lazy("Write the address of the server as https://bsky.social.")
BAD_REPLY = lazy("This is not an e-mail address that can be written to.")
NEWSROOM_STAYS = lazy("The newsroom is part of the brand and stays. Nothing was changed.")
IS_A_MOCKUP = lazy("This channel is a mock-up: there is no account behind it yet. Nothing was changed.")
NO_PASSWORD = lazy("Type the app password: the one from before can't be shown or reused.")

_OVERDUE = text("""
update app.dispatch set due_at = clock_timestamp(), lease_until = null, claimed_by = null, fence = fence + 1
 where kind = 'publication' and item_id in (
   select id from app.publications
    where channel_id = :channel_id and state = 'scheduled' and due_at < clock_timestamp())
""")


@dataclass(frozen=True, slots=True)
class Means:
    """What connecting works with: the adapters, the vault for secrets, and the database for renewed tokens."""

    registry: Registry
    vault: Vault
    database: Database


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs in at a Bluesky server, as typed; `instead` says that another account than planned is meant."""

    service: str
    handle: str
    password: str = field(repr=False)
    instead: bool = False


def channels_of_brand(session: TenantSession, brand_id: uuid.UUID) -> Sequence[Channel]:
    """Return all channels of a brand, disconnected ones last."""
    return session.scalars(
        select(Channel)
        .where(Channel.brand_id == brand_id)
        .order_by(Channel.disconnected_at.is_not(None), Channel.mockup, Channel.kind.desc(), Channel.name)
    ).all()


def load_channel(session: TenantSession, actor: Actor, channel_id: uuid.UUID, *, lock: bool = False) -> Channel:
    """Return the channel if `actor` may connect its brand's. Raises NotFoundError, ForbiddenError."""
    wanted = select(Channel).where(Channel.id == channel_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    channel = session.scalars(wanted).one_or_none()
    if channel is None:
        raise NotFoundError
    actor.require(Permission.CHANNEL_CONNECT, channel.brand_id)
    return channel


def standing(channel: Channel, now: datetime) -> str:
    """Return how a channel stands: working, trouble, paused, disconnected, or a mock-up."""
    if channel.disconnected_at is not None:
        return "disconnected"
    if channel.mockup:
        return "mockup"
    if channel.paused_until is not None and channel.paused_until > now:
        return "paused"
    return "trouble" if channel.trouble else "working"


def waiting(session: TenantSession, channel_id: uuid.UUID) -> int:
    """Return how many publications are planned on the channel."""
    wanted = select(func.count()).where(
        Publication.channel_id == channel_id, Publication.state == PublicationState.SCHEDULED
    )
    return session.scalar(wanted) or 0


def connect_bluesky(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, means: Means, keys: Keys
) -> tuple[Channel, str]:
    """Return the new channel and whom it signs in as. Raises RefusedError when the server says no, ForbiddenError.

    The request's transaction stays open while the server answers (at most its deadline, half of what the database
    allows): a second click on the same form waits for it instead of connecting twice.
    """
    actor.require(Permission.CHANNEL_CONNECT, brand_id)
    require_confirmed(session, actor)
    handle = bare(keys.handle)
    if any(each.mockup and each.settings.get("handle") == handle for each in channels_of_brand(session, brand_id)):
        raise RefusedError(MOCKUP_THERE, field="handle")
    return open_bluesky(session, actor, brand_id, means, keys)


def open_bluesky(
    session: TenantSession, by: Actor, brand_id: uuid.UUID, means: Means, keys: Keys
) -> tuple[Channel, str]:
    """Do what `connect_bluesky` does, whether or not `by` may: whom the agency asked by a link has no role."""
    settings, sealed, said = sign_in(session, brand_id, means, keys)
    channel = Channel(
        id=new_id(), brand_id=brand_id, kind=ChannelKind.BLUESKY.value, name=settings["handle"], settings=settings,
        secret=sealed,
    )  # fmt: skip
    return _keep(session, by, channel), said


def sign_in(session: TenantSession, brand_id: uuid.UUID, means: Means, keys: Keys) -> tuple[dict[str, str], bytes, str]:
    """Return the settings of an account, its sealed secret and whom it signs in as, once its server said yes.

    Raises RefusedError for an account that the brand has already, and when the server says no.
    """
    settings = {"service": _service(keys.service), "handle": bare(keys.handle)}
    known = channels_of_brand(session, brand_id)
    if any(each.settings == settings and each.disconnected_at is None and not each.mockup for each in known):
        raise RefusedError(CONNECTED_ALREADY, field="handle")
    secrets = {"app_password": keys.password}
    tried = Channel(id=new_id(), kind=ChannelKind.BLUESKY.value, settings=settings)
    return settings, means.vault.seal(secrets), _verified(session, tried, means, secrets)


def bare(handle: str) -> str:
    """Return a handle as it is kept: without its @, in small letters."""
    return handle.strip().removeprefix("@").strip().lower()


def connect_list(
    session: TenantSession,
    actor: Actor,
    brand_id: uuid.UUID,
    *,
    name: str,
    sender_name: str,
    reply_to: str,
    people: Sequence[Entry],
) -> Channel:
    """Return a new e-mail list with its people. Raises RefusedError for an address that can't be answered to."""
    actor.require(Permission.CHANNEL_CONNECT, brand_id)
    require_confirmed(session, actor)
    settings = {"sender_name": sender_name}
    if reply_to:
        settings["reply_to"] = _reply_to(reply_to)
    channel = Channel(id=new_id(), brand_id=brand_id, kind=ChannelKind.EMAIL.value, name=name, settings=settings)
    _keep(session, actor, channel)
    add(session, actor, channel, people)
    return channel


def reconnect(session: TenantSession, actor: Actor, channel_id: uuid.UUID, means: Means, password: str) -> str:
    """Connect the channel anew, with a new secret where it has one: faults and pause are forgotten, what waits leaves.

    Returns whom it signs in as. Raises RefusedError, with the channel as it was.
    """
    channel = load_channel(session, actor, channel_id, lock=True)
    if channel.mockup:
        raise StaleError(IS_A_MOCKUP)
    secrets: dict[str, str] = {}
    if channel.kind == ChannelKind.BLUESKY:
        if not password:
            raise RefusedError(NO_PASSWORD, field="app_password")
        secrets = {"app_password": password}
    said = _verified(session, channel, means, secrets)
    if secrets:
        channel.secret, channel.tokens = means.vault.seal(secrets), None
    channel.faults, channel.paused_until, channel.trouble, channel.disconnected_at = 0, None, None, None
    session.flush()
    session.execute(_OVERDUE, {"channel_id": channel.id})
    ring_after_commit(session, "publishing")
    record(session, actor, "channel.reconnected", "channel", channel.id, brand_id=channel.brand_id)
    return said


def disconnect(session: TenantSession, actor: Actor, channel_id: uuid.UUID) -> int:
    """Forget the channel's secret and send nothing more; return how many publications will be held at their time."""
    channel = load_channel(session, actor, channel_id, lock=True)
    if channel.kind == ChannelKind.NEWSROOM:
        raise RefusedError(NEWSROOM_STAYS)
    if channel.mockup:
        raise StaleError(IS_A_MOCKUP)
    if channel.disconnected_at is None:
        channel.disconnected_at = utcnow()
        channel.secret = channel.tokens = None
        session.flush()
        record(session, actor, "channel.disconnected", "channel", channel.id, brand_id=channel.brand_id)
    return waiting(session, channel.id)


def try_out(session: TenantSession, actor: Actor, channel_id: uuid.UUID, means: Means) -> str:
    """Return whom the channel signs in as now. Nothing is published. Raises RefusedError saying what is wrong."""
    channel = load_channel(session, actor, channel_id)
    if channel.mockup:
        raise StaleError(IS_A_MOCKUP)
    return _verified(session, channel, means, means.vault.open(channel.secret))


def _verified(session: TenantSession, channel: Channel, means: Means, secrets: Mapping[str, str]) -> str:
    tokens = ChannelTokens(means.database, means.vault, session.agency_id, channel.id)
    account = Account(channel_id=channel.id, settings=channel.settings, secrets=secrets, tokens=tokens)
    try:
        return means.registry.adapter(channel.kind).verify(account)
    except NotConnected as no:
        raise RefusedError(no.message) from no
    except KeyError:
        raise RefusedError(NO_PASSWORD) from None


def _keep(session: TenantSession, actor: Actor, channel: Channel) -> Channel:
    session.add(channel)
    session.flush()
    record(session, actor, "channel.connected", "channel", channel.id, brand_id=channel.brand_id, kind=channel.kind)
    return channel


def _service(typed: str) -> str:
    """Return the server's origin: what people paste behind it is left out. Raises RefusedError."""
    address = typed.strip() or DEFAULT_SERVICE
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        bad_port = parts.port == 0
    except ValueError:
        raise RefusedError(BAD_SERVICE, field="service") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None or bad_port:
        raise RefusedError(BAD_SERVICE, field="service")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _reply_to(typed: str) -> str:
    try:
        return canonical(typed)
    except ValueError:
        raise RefusedError(BAD_REPLY, field="reply_to") from None
