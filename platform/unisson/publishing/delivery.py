"""One claim of one publication, from the look at it (T2) to what became of it (T3)."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy.exc import DBAPIError

from tenants.session import Database
from unisson.announcing import Announcer, announce_contents
from unisson.dispatching import Claim, done, release
from unisson.publishing import breaker, ledger, verdicts
from unisson.publishing.channels.port import (
    AccessLost,
    Account,
    Adapter,
    NotSent,
    Outcome,
    Published,
    Unknown,
    Unreadable,
)
from unisson.publishing.channels.registry import Registry
from unisson.publishing.ledger import Verdict
from unisson.publishing.outgoing import ReadPicture, outgoing
from unisson.publishing.tokens import ChannelTokens
from unisson.vault import Vault

log = structlog.get_logger(__name__)

MARGIN = 5.0
GATE_SAYS_NO = "UN0"


@dataclass(frozen=True, slots=True)
class Hands:
    """What deliveries work with. `lateness_limit` and `lease` in seconds."""

    database: Database
    vault: Vault
    registry: Registry
    read_picture: ReadPicture
    lateness_limit: float
    lease: float = 60.0
    announcer: Announcer | None = None


def boot_clock() -> float:
    """Return seconds that go on while the process or the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Delivery:
    """One claim of one publication. `claimed_at` is read off the boot clock before the claim was made."""

    def __init__(self, hands: Hands, claimed: Claim, claimed_at: float, worker: str) -> None:
        self._hands = hands
        self._database = hands.database
        self._claimed = claimed
        self._claimed_at = claimed_at
        self._worker = worker

    def run(self) -> uuid.UUID | None:
        """Look at the publication and make the one move that fits its state; return its content, None if it is gone."""
        with self._database.agency_connection(self._claimed.agency_id) as connection:
            seen = ledger.look(connection, self._claimed.item_id)
            if seen is None or seen.state not in {"scheduled", "sending", "unknown"}:
                done(connection, self._claimed)
                return None
            begun = seen.state == "scheduled" and self._begin(connection, seen)
        if begun:
            announce_contents(self._hands.announcer, self._claimed.agency_id, [seen])
            outcome = self.send(seen)
            if outcome is not None:
                self.record(seen, outcome)
        elif seen.state == "sending":
            self._vanished(seen)
        elif seen.state == "unknown":
            self._reconcile(seen)
        return cast("uuid.UUID", seen.content_id)

    def is_ordinary(self, seen: Row[Any]) -> bool:
        """Whether this is a first attempt that nothing stands against, in time for its lease."""
        is_first = seen.state == "scheduled" and not seen.attempts and not seen.faults
        return is_first and verdicts.stop(seen, self._hands.lateness_limit) is None and not self._is_late_for(seen)

    def _begin(self, connection: Connection, seen: Row[Any]) -> bool:
        """T2. Return True when the attempt stands and the sending may start."""
        stop = self._reason_to_stop(connection, seen)
        if stop is not None:
            ledger.close(connection, self._claimed, stop, ("scheduled",))
            return False
        if self._is_late_for(seen):
            release(connection, self._claimed, delay=1.0)
            return False
        try:
            with connection.begin_nested():
                return ledger.begin(connection, self._claimed, seen, self._worker)
        except DBAPIError as error:
            if not str(getattr(error.orig, "sqlstate", "")).startswith(GATE_SAYS_NO):
                raise
            log.error("publishing.gate", item=str(seen.id), why=str(error.orig)[:200])  # noqa: TRY400 - an expected no
            ledger.close(connection, self._claimed, Verdict("held", "not_sent", "gate"), ("scheduled",))
            return False

    def _reason_to_stop(self, connection: Connection, seen: Row[Any]) -> Verdict | None:
        reason = verdicts.stop(seen, self._hands.lateness_limit)
        if reason is None and seen.faults >= breaker.FAULTS and not breaker.may_probe(connection, seen.channel_id):
            return Verdict("scheduled", "not_sent", "paused", delay=5.0)
        return reason

    def _is_late_for(self, seen: Row[Any]) -> bool:
        """Whether the lease could end before the channel has answered: then nothing is sent under it."""
        needed = self._adapter(seen).deadline + MARGIN
        return boot_clock() - self._claimed_at > self._hands.lease - needed

    def send(self, seen: Row[Any]) -> Outcome | None:
        """Make the one request of an attempt that stands; None when it came too late for its lease, as is written."""
        if self._is_late_for(seen):
            self._write(Verdict("scheduled", "not_sent", "too slow", delay=0.0), ("sending",))
            return None
        ready = outgoing(self._claimed.agency_id, seen, self._hands.read_picture)
        try:
            return self._adapter(seen).publish(ready, self._account(seen))
        except Exception as error:  # an adapter's fault of any kind means that we can't tell
            log.exception("publishing.adapter", item=str(seen.id))
            return Unknown(f"{type(error).__name__} in the adapter")

    def record(self, seen: Row[Any], outcome: Outcome) -> None:
        """T3: write what became of it. A success counts from wherever the ledger has got to meanwhile."""
        from_states = ("sending", "unknown", "held") if isinstance(outcome, Published) else ("sending",)
        self._write(
            verdicts.verdict(outcome, seen.attempts, self._adapter(seen).settle),
            from_states,
            self._channel_note(seen, outcome),
        )

    def _channel_note(self, seen: Row[Any], outcome: Outcome) -> Callable[[Connection], None] | None:
        match outcome:
            case Published() if seen.faults:
                return lambda connection: breaker.well(connection, seen.channel_id)
            case NotSent(reason, _, True):
                return lambda connection: breaker.fault(connection, seen.channel_id, reason)
            case AccessLost(reason):
                return lambda connection: breaker.access_lost(connection, seen.channel_id, reason)
            case _:
                return None

    def _write(
        self, verdict: Verdict, from_states: tuple[str, ...], note: Callable[[Connection], None] | None = None
    ) -> bool:
        """Write a verdict in a transaction of its own, tried again while the database is away: it must not be lost."""
        for pause in (0.2, 1.0, 3.0, 6.0, 0.0):
            try:
                with self._database.agency_connection(self._claimed.agency_id) as connection:
                    changed = ledger.close(connection, self._claimed, verdict, from_states)
                    if changed and note is not None:
                        note(connection)
                    return changed
            except DBAPIError:
                if not pause:
                    raise
                time.sleep(pause)
        return False

    def _vanished(self, seen: Row[Any]) -> None:
        """Whoever was sending is gone: it may be out. Read back once the channel has settled."""
        verdict = Verdict("unknown", "unknown", "worker lost", delay=self._adapter(seen).settle)
        self._write(verdict, ("sending",))

    def _reconcile(self, seen: Row[Any]) -> None:
        ready = outgoing(self._claimed.agency_id, seen, self._hands.read_picture)
        try:
            answer = self._adapter(seen).read_back(ready, self._account(seen))
        except Exception as error:  # a read-back that fails tells nothing
            log.exception("publishing.read_back", item=str(seen.id))
            answer = Unreadable(type(error).__name__, ask_again=True)
        verdict = verdicts.read(answer, seen.late)
        self._write(verdict, ("unknown", "held") if verdict.state == "published" else ("unknown",))

    def _adapter(self, seen: Row[Any]) -> Adapter:
        return self._hands.registry.adapter(seen.kind)

    def _account(self, seen: Row[Any]) -> Account:
        return Account(
            channel_id=seen.channel_id,
            settings=seen.settings,
            secrets=self._hands.vault.open(seen.secret),
            tokens=ChannelTokens(
                self._database, self._hands.vault, self._claimed.agency_id, seen.channel_id, seen.tokens
            ),
        )
