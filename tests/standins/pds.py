"""A stand-in for a Bluesky data server that goes wrong on demand: same calls, same answers, same refusals.

    python -m tests.standins.pds --port 23010 --effects effects.jsonl --faults 503=0.03,lost=0.04 --seed 7

It prints READY and the port. Checked against the real server in tests/peers. Other processes steer it through
`POST /_faults {"call": "createRecord", "script": ["503"]}`. Faults of a call:

- 503, 429: refused with Retry-After, nothing done      - drop: closed before it is processed
- lost: done, then closed without an answer             - late: done, answered only after `late_seconds`
- slow: answered after `late_seconds` without harm      - 500-after: done, answered 500
- 500-before: not done, answered 500                    - expired: ExpiredToken, nothing done
- 400: InvalidRequest, nothing done                     - takedown: AccountTakedown, nothing done
"""

import argparse
import base64
import hashlib
import json
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.standins.effects import Effects
from tests.standins.faults import FaultPlan, refuse_unknown, weights_of
from tests.standins.wire import Call, HttpServer, Reply

FAULTS = ("ok", "503", "429", "drop", "lost", "late", "slow", "500-after", "500-before", "expired", "400", "takedown")
REFUSALS = {
    "503": Reply(503, b'{"error":"ServiceUnavailable","message":"busy"}', headers={"Retry-After": "2"}),
    "429": Reply(429, b'{"error":"RateLimitExceeded","message":"slow down"}', headers={"Retry-After": "2"}),
    "drop": Reply(cut=True),
    "500-before": Reply(500, b'{"error":"InternalServerError","message":"Internal Server Error"}'),
    "expired": Reply(400, b'{"error":"ExpiredToken","message":"Token has expired"}'),
    "400": Reply(400, b'{"error":"InvalidRequest","message":"Invalid app.bsky.feed.post record"}'),
    "takedown": Reply(401, b'{"error":"AccountTakedown","message":"Account has been taken down"}'),
}
PASSWORD = "app-pass-word"


def did_of(handle: str) -> str:
    """Return the identity that this server gives to `handle`."""
    return "did:plc:" + base64.b32encode(hashlib.sha256(handle.encode()).digest())[:24].decode().lower()


def cid_of(rkey: str) -> str:
    """Return what this server says of a record's hash."""
    return f"bafyrei-{rkey}"


class StandInPds:
    """The server. Every handle signs in with PASSWORD; `strangers` are handles that resolve to nobody."""

    def __init__(
        self,
        effects: Path,
        port: int = 0,
        plan: FaultPlan | None = None,
        late_seconds: float = 2.0,
        strangers: tuple[str, ...] = (),
    ) -> None:
        self.effects = Effects(effects)
        self.plan = plan or FaultPlan()
        self.late_seconds = late_seconds
        self.counts: dict[str, int] = {}
        self._strangers = strangers
        self._lock = threading.Lock()
        self._generation: dict[str, int] = {}
        self._records: dict[tuple[str, str], Mapping[str, object]] = {
            (str(effect["repo"]), str(effect["rkey"])): effect for effect in self.effects.all()
        }
        self._methods: dict[str, Callable[[Call, dict[str, str]], Reply]] = {
            "createSession": self._create_session,
            "refreshSession": self._refresh_session,
            "describeServer": lambda _call, _query: _json({"did": "did:web:localhost", "availableUserDomains": []}),
            "resolveHandle": self._resolve_handle,
            "uploadBlob": self._upload_blob,
            "createRecord": self._create_record,
            "getRecord": self._get_record,
        }
        self.http = HttpServer(self._answer, port)

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return self.http.url

    def close(self) -> None:
        """Stop."""
        self.http.close()
        self.effects.close()

    def expire_tokens(self) -> None:
        """Make every access token handed out so far a stale one."""
        with self._lock:
            for handle in self._generation:
                self._generation[handle] += 1

    def _answer(self, call: Call) -> Reply:
        parts = urlsplit(call.target)
        if parts.path == "/_faults":
            return self._steer(json.loads(call.body))
        name = parts.path.rpartition(".")[2]
        method = self._methods.get(name)
        if method is None or not parts.path.startswith("/xrpc/com.atproto."):
            return _refusal(501, "MethodNotImplemented", name)
        self.counts[name] = self.counts.get(name, 0) + 1
        fault = self.plan.next(name, dice=name == "createRecord")
        if fault in REFUSALS:
            return REFUSALS[fault]
        if fault == "slow":
            time.sleep(self.late_seconds)
        reply = method(call, dict(parse_qsl(parts.query)))
        return self._after(fault, reply)

    def _after(self, fault: str, reply: Reply) -> Reply:
        if fault == "late":
            time.sleep(self.late_seconds)
        if fault == "lost":
            return Reply(cut=True)
        return REFUSALS["500-before"] if fault == "500-after" else reply

    def _steer(self, wanted: Mapping[str, object]) -> Reply:
        script = [str(fault) for fault in wanted["script"]]  # type: ignore[attr-defined]  # a list, by the docstring
        refuse_unknown(script, FAULTS)
        self.plan.then(*script, call=str(wanted.get("call", "createRecord")))
        return _json({"ok": True})

    def _create_session(self, call: Call, _query: dict[str, str]) -> Reply:
        who = json.loads(call.body)
        if who["password"] != PASSWORD:
            return _refusal(401, "AuthenticationRequired", "Invalid identifier or password")
        return self._session(who["identifier"])

    def _refresh_session(self, call: Call, _query: dict[str, str]) -> Reply:
        kind, _, handle = _bearer(call).partition(":")
        return self._session(handle) if kind == "refresh" else _refusal(400, "InvalidToken", "not a refresh token")

    def _session(self, handle: str) -> Reply:
        with self._lock:
            generation = self._generation.setdefault(handle, 1)
        return _json(
            {
                "accessJwt": f"access:{handle}:{generation}",
                "refreshJwt": f"refresh:{handle}",
                "did": did_of(handle),
                "handle": handle,
            }
        )

    def _signed_in(self, call: Call) -> Reply | str:
        """Return the identity behind the token, or the refusal."""
        kind, _, rest = _bearer(call).partition(":")
        handle, _, generation = rest.partition(":")
        if kind != "access":
            return _refusal(401, "AuthMissing", "Authentication Required")
        # After a restart nothing is remembered of the tokens, which must go on being good.
        if int(generation) < self._generation.get(handle, int(generation)):
            return REFUSALS["expired"]
        return did_of(handle)

    def _resolve_handle(self, _call: Call, query: dict[str, str]) -> Reply:
        if query["handle"] in self._strangers:
            return _refusal(400, "HandleNotFound", "Unable to resolve handle")
        return _json({"did": did_of(query["handle"])})

    def _upload_blob(self, call: Call, _query: dict[str, str]) -> Reply:
        who = self._signed_in(call)
        if isinstance(who, Reply):
            return who
        link = "bafkrei" + base64.b32encode(hashlib.sha256(call.body).digest()).decode().lower().rstrip("=")
        mime = call.headers.get("content-type", "")
        blob = {"$type": "blob", "ref": {"$link": link}, "mimeType": mime, "size": len(call.body)}
        return _json({"blob": blob})

    def _create_record(self, call: Call, _query: dict[str, str]) -> Reply:
        who = self._signed_in(call)
        if isinstance(who, Reply):
            return who
        wanted = json.loads(call.body)
        if wanted["repo"] != who or not wanted["record"].get("createdAt"):
            return REFUSALS["400"]
        key = (who, wanted["rkey"])
        with self._lock:
            if key in self._records:
                return REFUSALS["500-before"]  # as the real one answers a key that is taken
            effect = {"repo": who, "rkey": wanted["rkey"], "record": wanted["record"]}
            self._records[key] = effect
            self.effects.append(effect)
        return _json({"uri": f"at://{who}/{wanted['collection']}/{wanted['rkey']}", "cid": cid_of(wanted["rkey"])})

    def _get_record(self, _call: Call, query: dict[str, str]) -> Reply:
        found = self._records.get((query["repo"], query["rkey"]))
        if found is None:
            return _refusal(400, "RecordNotFound", "Could not locate record")
        uri = f"at://{query['repo']}/{query['collection']}/{query['rkey']}"
        return _json({"uri": uri, "cid": cid_of(query["rkey"]), "value": found["record"]})


def _bearer(call: Call) -> str:
    return call.headers.get("authorization", "").removeprefix("Bearer ")


def _json(said: Mapping[str, object]) -> Reply:
    return Reply(200, json.dumps(said, ensure_ascii=False).encode())


def _refusal(status: int, error: str, message: str) -> Reply:
    return Reply(status, json.dumps({"error": error, "message": message}).encode())


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="A Bluesky data server for tests, with faults.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--effects", type=Path, required=True)
    parser.add_argument("--faults", type=weights_of, default={})
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--late-seconds", type=float, default=2.0)
    asked = parser.parse_args()
    refuse_unknown(asked.faults, FAULTS)
    server = StandInPds(asked.effects, asked.port, FaultPlan(asked.faults, asked.seed), asked.late_seconds)
    print("READY", server.http.port, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.close()


if __name__ == "__main__":
    # Blocked before any thread starts, so that sigwait is the one to receive them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
