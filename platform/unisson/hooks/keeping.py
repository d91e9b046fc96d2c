"""The rooms of an agency: adding one, choosing what it is told, trying it, letting it go."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select, text

from tenants.access import Actor
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.hooks.facts import NAMES
from unisson.hooks.models import ROOMS, Hook
from unisson.hooks.posting import taken
from unisson.hooks.sending import address_of, outbound, send
from unisson.hooks.shapes import Message
from unisson.notifications.events import Event
from unisson.outbound import Forbidden
from unisson.outbound.telling import Taken
from unisson.runtime import Runtime
from unisson.web.i18n import lazy

MOST = 20

HOSTS = {
    "slack": ("hooks.slack.com", "hooks.slack-gov.com"),
    "teams": (".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com"),
    "discord": ("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"),
}
"""Where each chat's addresses lie; one that begins with a dot stands for the names below it."""

NO_NAME = lazy("Give the room a name, so that people know which one it is.")
NO_ROOM = lazy("Choose one of the three.")
NO_EVENT = lazy("Choose at least one thing that is told there.")
NOT_ITS_ADDRESS = lazy("This is not an address of an incoming webhook of that chat. Copy it from there as it is.")
TOO_MANY = lazy("An agency has at most %(num)s rooms. Remove one first.", num=MOST)
REFUSED = lazy("The room did not take the message. Make a new address there, and put it in the place of this one.")
AWAY = lazy("The chat did not answer in time. Try again in a minute.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody says of a room. An empty `url` leaves the address as it is."""

    name: str
    room: str
    url: str
    events: Collection[str]
    brand_id: uuid.UUID | None


def rooms_of(session: TenantSession, actor: Actor) -> Sequence[Hook]:
    """Return the agency's rooms, by name. Raises ForbiddenError."""
    actor.require(Permission.AGENCY_SETTINGS)
    return session.scalars(select(Hook).order_by(func.lower(Hook.name), Hook.id)).all()


def room_of(session: TenantSession, actor: Actor, hook_id: uuid.UUID, *, lock: bool = False) -> Hook:
    """Return a room. Raises NotFoundError, ForbiddenError."""
    hook = session.get(Hook, (session.agency_id, hook_id), with_for_update=lock)
    if hook is None:
        raise NotFoundError
    actor.require(Permission.AGENCY_SETTINGS)
    return hook


def add(runtime: Runtime, session: TenantSession, actor: Actor, wanted: Wanted) -> Hook:
    """Return the new room. Raises RefusedError on its field, ForbiddenError."""
    actor.require(Permission.AGENCY_SETTINGS)
    _check(wanted)
    host = _host(runtime, wanted)
    # One at a time, so that two at once can't be one too many.
    session.execute(text("select pg_advisory_xact_lock(hashtextextended('rooms' || :a, 0))"), {"a": session.agency_id})
    if (session.scalar(select(func.count()).select_from(Hook)) or 0) >= MOST:
        raise RefusedError(TOO_MANY)
    hook = Hook(
        room=wanted.room, name=wanted.name, host=host, sealed=_sealed(runtime, wanted.url),
        events=sorted(wanted.events), brand_id=wanted.brand_id, created_by=actor.membership_id,
    )  # fmt: skip
    session.add(hook)
    session.flush()
    record(session, actor, "room.added", "agency", session.agency_id, name=hook.name, room=hook.room)
    return hook


def change(runtime: Runtime, session: TenantSession, actor: Actor, hook_id: uuid.UUID, wanted: Wanted) -> Hook:
    """Return the room as it is now. A new address begins anew: nothing it refused is held against it."""
    hook = room_of(session, actor, hook_id, lock=True)
    _check(wanted)
    if wanted.url or wanted.room != hook.room:
        hook.host, hook.sealed = _host(runtime, wanted), _sealed(runtime, wanted.url)
        hook.refusals, hook.last_error, hook.off_at = 0, "", None
    hook.name, hook.room, hook.brand_id = wanted.name, wanted.room, wanted.brand_id
    hook.events = sorted(wanted.events)
    record(session, actor, "room.changed", "agency", session.agency_id, name=hook.name, room=hook.room)
    return hook


def remove(session: TenantSession, actor: Actor, hook_id: uuid.UUID) -> str:
    """Forget a room, its address and what waited for it; return how it was called."""
    hook = room_of(session, actor, hook_id, lock=True)
    session.delete(hook)
    record(session, actor, "room.removed", "agency", session.agency_id, name=hook.name, room=hook.room)
    return hook.name


def try_out(runtime: Runtime, session: TenantSession, actor: Actor, hook_id: uuid.UUID, message: Message) -> Hook:
    """Tell a room that it is connected; one that takes it is told things again. Raises RefusedError."""
    hook = room_of(session, actor, hook_id)
    outcome = send(runtime, hook.room, address_of(runtime, hook), message)
    if isinstance(outcome, Taken):
        taken(hook)
        return hook
    raise RefusedError(REFUSED if outcome.reason.startswith("HTTP 4") else AWAY)


def _check(wanted: Wanted) -> None:
    if not wanted.name:
        raise RefusedError(NO_NAME, field="name")
    if wanted.room not in ROOMS:
        raise RefusedError(NO_ROOM, field="room")
    if not wanted.events or not {Event(each) for each in wanted.events} <= NAMES.keys():
        raise RefusedError(NO_EVENT, field="events")


def _host(runtime: Runtime, wanted: Wanted) -> str:
    """Return the host of an address that is one of the chat's. Raises RefusedError."""
    try:
        parts = urlsplit(wanted.url)
        host, is_plain = parts.hostname or "", parts.scheme == "https" and parts.port in {None, 443}
    except ValueError:
        raise RefusedError(NOT_ITS_ADDRESS, field="url") from None
    known = any(host == each or (each.startswith(".") and host.endswith(each)) for each in HOSTS[wanted.room])
    try:
        is_ours = outbound(runtime).is_private_by_choice(wanted.url)
    except Forbidden:
        raise RefusedError(NOT_ITS_ADDRESS, field="url") from None
    if not is_ours and not (is_plain and known and parts.path.strip("/")):
        raise RefusedError(NOT_ITS_ADDRESS, field="url")
    return host


def _sealed(runtime: Runtime, url: str) -> bytes:
    return runtime.vault.seal({"url": url})
