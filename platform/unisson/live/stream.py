"""The process of the streams: one reader of Valkey, and server-sent events to every page that is open."""

import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import AsyncIterator

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unisson import logs
from unisson.announcing import CHANNEL
from unisson.config import Settings
from unisson.live.rooms import FullError, Listener, Rooms
from unisson.live.tickets import PATH, Ticket, Tickets

log = structlog.get_logger(__name__)

PING_SECONDS = 20
SEND_SECONDS = 30
AGAIN_SECONDS = 1.0

_STRICT = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
_ON_ALL = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HEADERS = {
    # The ticket is what lets one listen; there is no cookie that another site could make use of.
    "Access-Control-Allow-Origin": "*",  # nosemgrep: open-to-all-origins
    "X-Accel-Buffering": "no",
}


def create_stream(settings: Settings | None = None) -> Starlette:
    """Return the ASGI application: `/-/stream?ticket=…` and `/health`. Raises SettingError."""
    held = settings or Settings.from_environ(os.environ)
    logs.configure(held)
    rooms, tickets = Rooms(), Tickets(held.secret_key)

    async def stream(request: Request) -> Response:
        ticket = tickets.read(request.query_params.get("ticket", ""), time.time())
        if ticket is None:
            return Response(status_code=403, headers=_HEADERS)
        try:
            listener = rooms.enter(ticket)
        except FullError:
            return Response(status_code=429, headers={**_HEADERS, "Retry-After": "60"})
        return EventSourceResponse(
            _told(rooms, listener, ticket), ping=PING_SECONDS, send_timeout=SEND_SECONDS, headers=_HEADERS
        )

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "listeners": len(rooms)})

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        reader = asyncio.create_task(_listen(held.valkey_url, rooms))
        yield
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader

    return Starlette(
        routes=[Route(PATH, stream), Route("/health", health)],
        middleware=[Middleware(_Hardened, secure=held.base_url.startswith("https://"))],
        lifespan=lifespan,
    )


class _Hardened:
    """ASGI middleware that says on every answer what the pages say on theirs (OWASP ASVS 5.0 §3.4)."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._wanted = _ON_ALL | (_STRICT if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._wanted)
            await send(message)

        await self._app(scope, receive, hardened)


async def _told(rooms: Rooms, listener: Listener, ticket: Ticket) -> AsyncIterator[ServerSentEvent]:
    """Yield what changes until the ticket is over, then say so: the page comes back with a new one."""
    ends = time.monotonic() + ticket.left
    try:
        yield ServerSentEvent(event="open", data="")
        while True:
            told = await listener.next(ends - time.monotonic())
            if told is None:
                break
            yield ServerSentEvent(event="changed", data=told)
        yield ServerSentEvent(event="over", data="")
    finally:
        rooms.leave(listener)


async def _listen(valkey_url: str, rooms: Rooms) -> None:
    """Pass announcements on for ever. After Valkey was away, everybody looks again: something may have been missed."""
    was_lost = False
    while True:
        try:
            async with Redis.from_url(valkey_url, socket_connect_timeout=1.0) as valkey, valkey.pubsub() as heard:
                await heard.psubscribe(f"{CHANNEL}*")
                if was_lost:
                    rooms.tell_all()
                    was_lost = False
                async for message in heard.listen():
                    if message["type"] == "pmessage":
                        _pass_on(rooms, message["channel"].decode(), message["data"].decode())
        except (RedisError, OSError) as error:
            if not was_lost:
                log.warning("live.valkey_lost", why=type(error).__name__)
            was_lost = True
            await asyncio.sleep(AGAIN_SECONDS)


def _pass_on(rooms: Rooms, channel: str, announced: str) -> None:
    try:
        rooms.tell(uuid.UUID(channel.removeprefix(CHANNEL)), announced)
    except (ValueError, KeyError, TypeError):
        log.warning("live.unreadable", channel=channel)
