"""The least that tells three hundred pages of a change: bare ASGI, every message to every connection."""

import asyncio
import contextlib
import os
from typing import Any

from redis.asyncio import Redis

from unisson.announcing import CHANNEL


def create() -> Any:
    """Return the application; it knows nobody, filters nothing and gathers nothing."""
    waiting: set[asyncio.Queue[bytes]] = set()

    async def read() -> None:
        async with Redis.from_url(os.environ["VALKEY_URL"]) as valkey, valkey.pubsub() as heard:
            await heard.psubscribe(f"{CHANNEL}*")
            async for message in heard.listen():
                if message["type"] == "pmessage":
                    for queue in waiting:
                        queue.put_nowait(b"event: changed\r\ndata: " + message["data"] + b"\r\n\r\n")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            reader = asyncio.create_task(read())
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            reader.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"event: open\r\ndata: \r\n\r\n", "more_body": True})
        waiting.add(queue)
        with contextlib.suppress(Exception):
            while True:
                await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})
        waiting.discard(queue)

    return app
