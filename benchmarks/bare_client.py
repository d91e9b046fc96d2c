"""The floor of publishing: a pooled HTTP client that posts bodies of the same size from the same number of threads.

`python -m benchmarks.bare_client URL HANDLE THREADS COUNT` says READY, and starts when it receives SIGUSR1.
"""

import json
import signal
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx2

from tests.standins.pds import PASSWORD, did_of


def main(url: str, handle: str, threads: int, count: int) -> None:
    """Sign in, wait for the signal, then post `count` records. Raises httpx2.HTTPStatusError for a refusal."""
    limits = httpx2.Limits(max_connections=threads, max_keepalive_connections=threads)
    with httpx2.Client(base_url=f"{url}/xrpc/", limits=limits, trust_env=False) as client:
        who = {"identifier": handle, "password": PASSWORD}
        token = client.post("com.atproto.server.createSession", json=who).raise_for_status().json()["accessJwt"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        bodies = [_body(did_of(handle), number) for number in range(count)]

        def post(body: bytes) -> None:
            client.post("com.atproto.repo.createRecord", content=body, headers=headers).raise_for_status()

        with ThreadPoolExecutor(threads) as pool:
            print("READY", flush=True)
            signal.sigwait({signal.SIGUSR1})
            list(pool.map(post, bodies))


def _body(did: str, number: int) -> bytes:
    record = {
        "$type": "app.bsky.feed.post",
        "text": f"Billet n° {number} {uuid.uuid4()}",
        "createdAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "langs": ["fr"],
    }
    body = {"repo": did, "collection": "app.bsky.feed.post", "rkey": uuid.uuid4().hex, "record": record}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
