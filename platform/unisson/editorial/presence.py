"""Who has a content open in the composer, and who writes: on Valkey, for as long as their pages say so.

A courtesy, and no lock that anything depends on: what is written stale is refused or merged by the version. So nothing
is lost with Valkey, and without it everybody writes.
"""

import enum
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from redis import Redis
from redis.exceptions import RedisError

from tenants.access import Actor
from tenants.context import acting_for, agency_key

log = structlog.get_logger(__name__)

BEAT_SECONDS = 15
GONE_SECONDS = 45
"""Whoever was not heard of for so long has left."""
MOST_TABS = 100
"""Open pages of one content that are remembered; more are let in, and not told of."""


class Wish(enum.StrEnum):
    """What a page says of itself."""

    LOOK = "look"
    WRITE = "write"
    """Somebody typed: theirs is the pen, if nobody has it."""
    TAKE = "take"
    """Theirs is the pen, whoever has it."""
    LEAVE = "leave"


class Pen(enum.StrEnum):
    """Whose the pen is, for one person."""

    FREE = "free"
    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Somebody who has the content open (or the pen), and since when."""

    membership_id: uuid.UUID
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """Who is at a content, as one page of one person sees it."""

    pen: Pen = Pen.FREE
    writer: Onlooker | None = None
    others: Sequence[Onlooker] = ()
    """Everybody else who has it open, by name, with their first page's time."""
    other_tab: datetime | None = None
    """Since when the person has it open in another tab, if they have."""


_BEAT = """
local key, person, tab, name, wish = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now, gone, most = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local here, tabs, count, pen = person .. ' ' .. tab, {}, 0, false
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local told = cjson.decode(all[i + 1])
  if all[i] == 'pen' then
    pen = told
  elseif now - told.seen >= gone or (wish == 'leave' and all[i] == here) then
    redis.call('HDEL', key, all[i])
  else
    tabs[all[i]] = told
    count = count + 1
  end
end
if wish ~= 'leave' and (tabs[here] or count < most) then
  local since = tabs[here] and tabs[here].since or now
  tabs[here] = {person = person, name = name, since = since, seen = now}
  redis.call('HSET', key, here, cjson.encode(tabs[here]))
end
local held = false
for _, told in pairs(tabs) do held = held or (pen and told.person == pen.person) end
if not held then pen = false end
if tabs[here] and (wish == 'take' or (wish == 'write' and not pen)) and not (pen and pen.person == person) then
  pen = {person = person, name = name, since = now}
end
if pen then redis.call('HSET', key, 'pen', cjson.encode(pen)) else redis.call('HDEL', key, 'pen') end
redis.call('EXPIRE', key, gone)
local answer = {pen and cjson.encode(pen) or ''}
for field, told in pairs(tabs) do
  if field ~= here then answer[#answer + 1] = cjson.encode(told) end
end
return answer
"""
"""One beat, whole: who left is forgotten, the pen of somebody who left is free, and two wishes for it don't cross."""


def beat(valkey: Redis, actor: Actor, content_id: uuid.UUID, tab: uuid.UUID, wish: Wish, *, now: datetime) -> Room:
    """Note that a page of `actor` is there (or leaves), and return who else is. Without Valkey: nobody."""
    about = (str(actor.membership_id), str(tab), actor.name, wish.value, now.timestamp(), GONE_SECONDS, MOST_TABS)
    try:
        told = cast("list[bytes]", valkey.eval(_BEAT, 1, _key(actor, content_id), *map(str, about)))
    except (RedisError, OSError) as error:
        log.warning("presence.away", why=type(error).__name__)
        return Room()
    pen, *tabs = told
    return _room(actor, json.loads(pen) if pen else None, [json.loads(each) for each in tabs])


def pen_of(valkey: Redis, actor: Actor, content_id: uuid.UUID, now: datetime) -> Pen:
    """Return whose the pen is for `actor`, and note nothing. Without Valkey it is free."""
    try:
        told = cast("dict[bytes, bytes]", valkey.hgetall(_key(actor, content_id)))
    except (RedisError, OSError) as error:
        log.warning("presence.away", why=type(error).__name__)
        return Pen.FREE
    pen = json.loads(told.pop(b"pen", b"null"))
    heard = (json.loads(each) for each in told.values())
    there = {each["person"] for each in heard if now.timestamp() - each["seen"] < GONE_SECONDS}
    return _whose(actor, pen if pen and pen["person"] in there else None)


def _key(actor: Actor, content_id: uuid.UUID) -> str:
    with acting_for(actor.agency_id):
        return "unisson:presence:" + agency_key(str(content_id))


def _whose(actor: Actor, pen: Mapping[str, Any] | None) -> Pen:
    if pen is None:
        return Pen.FREE
    return Pen.MINE if pen["person"] == str(actor.membership_id) else Pen.THEIRS


def _room(actor: Actor, pen: Mapping[str, Any] | None, tabs: Sequence[Mapping[str, Any]]) -> Room:
    first: dict[str, Mapping[str, Any]] = {}
    for told in sorted(tabs, key=lambda each: float(each["since"])):
        first.setdefault(told["person"], told)
    own = first.pop(str(actor.membership_id), None)
    return Room(
        pen=_whose(actor, pen),
        writer=_onlooker(pen) if pen else None,
        others=sorted(map(_onlooker, first.values()), key=lambda each: each.name),
        other_tab=_moment(own) if own else None,
    )


def _onlooker(told: Mapping[str, Any]) -> Onlooker:
    return Onlooker(uuid.UUID(told["person"]), told["name"], _moment(told))


def _moment(told: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(float(told["since"]), UTC)
