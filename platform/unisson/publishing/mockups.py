"""Mock-up channels: contents are written and approved for an account of the brand that nobody has connected yet.

Nothing of a mock-up leaves: a worker holds it, and `app.channel_gate` refuses its attempt. Once connected it keeps its
contents, their approvals and dates; what was due before that instant is for a person to decide.
"""

import uuid

from sqlalchemy import func, text

from tenants.access import Actor
from tenants.base import new_id
from tenants.errors import RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.publishing.channels.port import ChannelKind
from unisson.publishing.connecting import NEWSROOM_STAYS, Keys, Means, bare, channels_of_brand, load_channel, sign_in
from unisson.publishing.models import Channel
from unisson.web.i18n import _n, lazy

KINDS = frozenset({ChannelKind.BLUESKY})
"""Kinds whose channels need an account of the brand's. A list of addresses needs none: it is opened empty."""

TWICE = lazy("This brand has a channel of this name already. Choose another name: nobody must take one for the other.")
STILL_CONNECTED = lazy("This channel is connected. Disconnect it first; what is planned stays.")
NOT_A_MOCKUP = lazy("This channel is connected already. Nothing was changed.")

_KINDS_OF_CONTENTS = text("""
update app.contents c set channel_kinds = k.kinds
  from (select v.content_id, string_agg(distinct w.word, ' ') as kinds
          from app.variants v join app.channels ch on ch.agency_id = v.agency_id and ch.id = v.channel_id
          join app.contents o on o.agency_id = v.agency_id and o.id = v.content_id
         cross join lateral (select ch.kind collate "C" as word
           union all select 'mockup' where ch.mockup and o.state <> 'published') w
         where v.content_id in (select content_id from app.variants where channel_id = :channel_id)
         group by v.content_id) k
 where c.id = k.content_id and c.channel_kinds <> k.kinds
""")
_PLANNED = text("""
select count(*) filter (where p.state = 'scheduled' and p.due_at > ch.connected_at) as ahead,
       count(*) filter (where p.state = 'held' or (p.state = 'scheduled' and p.due_at <= ch.connected_at)) as past
  from app.publications p join app.channels ch on ch.agency_id = p.agency_id and ch.id = p.channel_id
 where p.channel_id = :channel_id
""")
_EVER_TRIED = text("""
select exists (select from app.attempts a join app.publications p
  on p.agency_id = a.agency_id and p.id = a.publication_id where p.channel_id = :channel_id)
""")


def plan_on_mockup(session: TenantSession, actor: Actor, brand_id: uuid.UUID, *, name: str, handle: str) -> Channel:
    """Return a new mock-up of a Bluesky account; `handle` may be empty. Raises ForbiddenError, RefusedError."""
    actor.require(Permission.CHANNEL_CONNECT, brand_id)
    known = channels_of_brand(session, brand_id)
    if any(each.name.casefold() == name.casefold() for each in known):
        raise RefusedError(TWICE, field="name")
    shown = bare(handle)
    channel = Channel(
        id=new_id(),
        brand_id=brand_id,
        kind=ChannelKind.BLUESKY.value,
        name=name,
        settings={"handle": shown} if shown else {},
        mockup=True,
    )
    session.add(channel)
    session.flush()
    record(session, actor, "channel.planned", "channel", channel.id, brand_id=brand_id, kind=channel.kind)
    return channel


def connect_mockup(session: TenantSession, actor: Actor, channel_id: uuid.UUID, means: Means, keys: Keys) -> str:
    """Make a mock-up real; return whom it signs in as. Raises RefusedError, with the channel as it was; StaleError."""
    channel = load_channel(session, actor, channel_id, lock=True)
    return fill(session, actor, channel, means, keys)


def fill(session: TenantSession, by: Actor, channel: Channel, means: Means, keys: Keys) -> str:
    """Give a mock-up, whose row is locked, the account behind `keys`; return whom it signs in as.

    Whether `by` may is not asked here: whom the agency asked by a link has no role. The channel keeps its name, which
    is part of what was approved. Raises RefusedError when the server says no, or for another account than planned.
    """
    if not channel.mockup:
        raise StaleError(NOT_A_MOCKUP)
    _check_planned(session, channel, keys)
    settings, sealed, said = sign_in(session, channel.brand_id, means, keys)
    channel.settings, channel.secret, channel.tokens = settings, sealed, None
    channel.mockup, channel.disconnected_at = False, None
    channel.faults, channel.paused_until, channel.trouble = 0, None, None
    channel.connected_at = func.clock_timestamp()
    session.flush()
    session.execute(_KINDS_OF_CONTENTS, {"channel_id": channel.id})
    record(session, by, "channel.connected", "channel", channel.id, brand_id=channel.brand_id, kind=channel.kind)
    return said


def keep_as_mockup(session: TenantSession, actor: Actor, channel_id: uuid.UUID) -> None:
    """Let a disconnected channel be written for again, as a mock-up. Raises RefusedError, ForbiddenError."""
    channel = load_channel(session, actor, channel_id, lock=True)
    if channel.kind not in KINDS:
        raise RefusedError(NEWSROOM_STAYS)
    if channel.mockup:
        return
    if channel.disconnected_at is None:
        raise RefusedError(STILL_CONNECTED)
    empty(session, actor, channel)


def empty(session: TenantSession, by: Actor, channel: Channel) -> None:
    """Make a channel, whose row is locked, a mock-up: its secret is forgotten, and what comes due is held."""
    channel.secret = channel.tokens = channel.connected_at = channel.disconnected_at = None
    channel.mockup = True
    session.flush()
    session.execute(_KINDS_OF_CONTENTS, {"channel_id": channel.id})
    record(session, by, "channel.emptied", "channel", channel.id, brand_id=channel.brand_id, kind=channel.kind)


def what_follows(session: TenantSession, channel_id: uuid.UUID) -> str:
    """Return what becomes of the contents of a mock-up that was just connected, in words."""
    row = session.execute(_PLANNED, {"channel_id": channel_id}).one()
    said = []
    if row.ahead:
        said.append(_n("%(num)s content leaves at its date.", "%(num)s contents leave at their dates.", row.ahead))
    if row.past:
        said.append(
            _n(
                "The date of %(num)s content has passed: it waits for your decision.",
                "The dates of %(num)s contents have passed: they wait for your decision.",
                row.past,
            )
        )
    return " ".join(said)


def _check_planned(session: TenantSession, channel: Channel, keys: Keys) -> None:
    planned, typed = channel.settings.get("handle", ""), bare(keys.handle)
    if not planned or planned == typed:
        return
    if session.scalar(_EVER_TRIED, {"channel_id": channel.id}):
        said = lazy(
            "Contents left here as @%(planned)s before. Connect that account again; for @%(typed)s, connect a channel"
            " of its own.",
            planned=planned, typed=typed,
        )  # fmt: skip
        raise RefusedError(said, field="handle")
    if not keys.instead:
        said = lazy(
            "What is planned here was written for @%(planned)s, and this is @%(typed)s. Tick the box if that is right,"
            " or correct the handle.",
            planned=planned, typed=typed,
        )  # fmt: skip
        raise RefusedError(said, field="instead")
