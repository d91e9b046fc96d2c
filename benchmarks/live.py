"""Telling three hundred open pages of a change: what a change costs the process of the streams, and how late it is."""

import asyncio
import json
import statistics
import time
import uuid

from redis import Redis

from benchmarks.frame import Cluster, Result, Web, cpu_time, environ, resident, web
from unisson.announcing import CHANNEL
from unisson.live.rooms import GATHER_SECONDS
from unisson.live.tickets import PATH, Tickets

PAGES = 300
CHANGES = 20
ROUNDS = 5


def measure(cluster: Cluster) -> list[Result]:
    """Return the CPU of a change to its floor's, the time until the last page knows, and the memory of the process."""
    settings = cluster.settings("live")
    told = environ(cluster, settings.database_url)
    agency, brand = uuid.uuid4(), uuid.uuid4()
    tickets = Tickets(settings.secret_key)
    paths = [f"{PATH}?ticket={tickets.give(agency, uuid.uuid4(), [brand])}" for _page in range(PAGES)]
    said = json.dumps({"brands": [str(brand)], "contents": [str(uuid.uuid4())], "members": []})
    costs: dict[str, list[float]] = {"floor": [], "live": []}
    lasts: list[float] = []
    memory = 0.0
    with (
        web("benchmarks.live_floor:create", told, interface="asgi") as floor,
        web("unisson.live.stream:create_stream", told, interface="asgi") as live,
        Redis.from_url(settings.valkey_url) as valkey,
    ):
        for _round in range(ROUNDS):
            for name, server in (("floor", floor), ("live", live)):
                spent, last = asyncio.run(_told(server, paths, valkey, f"{CHANNEL}{agency}", said))
                costs[name].append(spent)
                if name == "live":
                    lasts.append(last)
                    memory = max(memory, sum(resident(pid) for pid in server.processes()))
    over = statistics.median(a / b for a, b in zip(costs["live"], costs["floor"], strict=True))
    cost = f"{statistics.median(costs['live']):.1f} ms CPU a change to {PAGES} pages"
    gathered = f"{GATHER_SECONDS * 1000:.0f} ms of it wait for what else changes"
    return [
        Result(f"live: a change to {PAGES} pages", over, "×", note=cost),
        Result("live: the last page knows after", statistics.median(lasts), "ms", 500, gathered),
        Result("live: memory of the process", memory, "MiB", 120, f"with {PAGES} streams open"),
    ]


async def _told(server: Web, paths: list[str], valkey: Redis, channel: str, said: str) -> tuple[float, float]:
    """Return the server's CPU milliseconds a change, and the median milliseconds until the last page had it."""
    streams = [await _opened(server.port, path) for path in paths]
    before = _spent(server)
    lasts = []
    for _change in range(CHANGES):
        began = time.perf_counter()
        await asyncio.to_thread(valkey.publish, channel, said)
        await asyncio.gather(*(reader.readuntil(b"\r\n\r\n") for reader, _writer in streams))
        lasts.append((time.perf_counter() - began) * 1000)
    spent = (_spent(server) - before) / CHANGES
    for _reader, writer in streams:
        writer.close()
    return spent, statistics.median(lasts)


async def _opened(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await writer.drain()
    await reader.readuntil(b"event: open")
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def _spent(server: Web) -> float:
    return sum(cpu_time(pid) for pid in server.processes())
