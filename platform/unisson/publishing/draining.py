"""One drain: what is due is begun in batches by one thread, sent by many, and written down in batches again.

Only as much is begun as threads are free to send it at once: an attempt that stands is one whose bytes are leaving.
"""

import time
import uuid
from collections import defaultdict
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol, cast

import structlog
from sqlalchemy.exc import SQLAlchemyError

from unisson.announcing import announce_contents
from unisson.dispatching import Claim
from unisson.publishing import departures
from unisson.publishing.channels.port import Outcome, Published
from unisson.publishing.delivery import Delivery, Hands, boot_clock
from unisson.publishing.departures import Departure, NotOrdinaryError

log = structlog.get_logger(__name__)

LINGER = 1.5
"""Seconds that a drain may wait, all in all, for what is due in a moment, instead of leaving that to another fork."""
NAP = 0.1
SETTLE_AT_ONCE = 50


class Trade(Protocol):
    """What a drain needs of its publisher."""

    @property
    def hands(self) -> Hands:
        """What deliveries work with."""

    @property
    def threads(self) -> int:
        """How many send at once."""

    def claim(self, limit: int, name: str) -> list[Claim]:
        """Return what is due, claimed."""

    def next_in(self) -> float | None:
        """Return in how many seconds something is due next."""

    def attend(self, claimed: Claim, claimed_at: float, name: str) -> uuid.UUID | None:
        """Do what one claim asks for, whatever its state."""

    def settle(self, agency_id: uuid.UUID, content_ids: list[uuid.UUID]) -> None:
        """Bring contents in line with what became of them."""


@dataclass(frozen=True, slots=True)
class _Sending:
    departure: Departure
    delivery: Delivery


class Drain:
    """The state of one drain. `ends` is read off the monotonic clock; nothing is claimed after it."""

    def __init__(self, trade: Trade, ends: float, name: str) -> None:
        self._trade, self._ends, self._name = trade, ends, name
        self._pool = ThreadPoolExecutor(trade.threads, thread_name_prefix="publish")
        self._claims: list[Claim] = []
        self._claimed_at = 0.0
        self._seen = 0
        self._patience = LINGER
        self._sending: dict[Future[Outcome | None], _Sending] = {}
        self._attended: dict[Future[uuid.UUID | None], uuid.UUID] = {}
        self._touched: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)

    def run(self) -> int:
        """Go on until nothing is due or the time is over; return how many things were looked at."""
        with self._pool:
            try:
                while self._step():
                    pass
            finally:  # whatever went wrong here, what is on its way is awaited and written down
                while self._sending or self._attended:
                    self._collect()
            for agency_id, content_ids in self._touched.items():
                ordered = sorted(content_ids)
                for start in range(0, len(ordered), SETTLE_AT_ONCE):
                    self._trade.settle(agency_id, ordered[start : start + SETTLE_AT_ONCE])
        return self._seen

    def _step(self) -> bool:
        self._claim()
        self._start()
        if self._sending or self._attended:
            self._collect()
            return True
        return bool(self._claims) or self._linger()

    def _free(self) -> int:
        return self._trade.threads - len(self._sending) - len(self._attended)

    def _claim(self) -> None:
        if not self._claims and time.monotonic() < self._ends and self._free() >= max(1, self._trade.threads // 4):
            self._claimed_at = boot_clock()
            self._claims = self._trade.claim(self._trade.threads + self._free(), self._name)
            self._seen += len(self._claims)

    def _linger(self) -> bool:
        """Sleep a little if something is due in a moment; return whether it is worth looking again.

        What has been due for long, and could not be claimed, is no reason to go on past one's time or patience.
        """
        soon = self._trade.next_in()
        if soon is None or self._patience <= 0 or soon > self._patience:
            return False
        if time.monotonic() + max(soon, 0.0) >= self._ends:
            return False
        nap = min(max(soon, 0.005), NAP)
        self._patience -= nap
        time.sleep(nap)
        return True

    # --- out ------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        free = self._free()
        ready, self._claims = self._claims[:free], self._claims[free:]
        batches: defaultdict[uuid.UUID, list[Claim]] = defaultdict(list)
        for claimed in ready:
            if claimed.kind == "publication":
                batches[claimed.agency_id].append(claimed)
            else:
                self._attend(claimed)
        for agency_id, batch in batches.items():
            self._begin(agency_id, batch)

    def _attend(self, claimed: Claim) -> None:
        future = self._pool.submit(self._trade.attend, claimed, self._claimed_at, self._name)
        self._attended[future] = claimed.agency_id

    def _begin(self, agency_id: uuid.UUID, batch: list[Claim]) -> None:
        """Write the attempts of a batch, then let them leave; what cannot leave with the others is taken by itself."""
        hands = self._trade.hands
        deliveries = {each.item_id: Delivery(hands, each, self._claimed_at, self._name) for each in batch}
        begun: list[Departure] = []
        try:
            with hands.database.agency_connection(agency_id) as connection:
                begun = departures.begin(
                    connection, batch, self._name, lambda seen: deliveries[seen.id].is_ordinary(seen)
                )
        except (SQLAlchemyError, NotOrdinaryError) as error:
            # Should the commit have gone through unheard, each is found `sending` and read back, never sent again.
            begun = []
            log.info("publishing.one_by_one", agency=str(agency_id), why=str(error)[:200])
        except Exception:
            begun = []
            log.exception("publishing.fault", agency=str(agency_id))
        announce_contents(hands.announcer, agency_id, [departure.seen for departure in begun])
        for departure in begun:
            delivery = deliveries.pop(departure.seen.id)
            self._sending[self._pool.submit(delivery.send, departure.seen)] = _Sending(departure, delivery)
        for claimed in batch:
            if claimed.item_id in deliveries:
                self._attend(claimed)

    # --- back -----------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        running = cast("set[Future[object]]", {*self._sending, *self._attended})
        finished, _running = wait(running, return_when=FIRST_COMPLETED)
        arrived: defaultdict[uuid.UUID, list[tuple[_Sending, Published]]] = defaultdict(list)
        for attended in [each for each in self._attended if each in finished]:
            agency_id, content_id = self._attended.pop(attended), attended.result()
            if content_id is not None:
                self._touched[agency_id].add(content_id)
        for sent in [each for each in self._sending if each in finished]:
            sending, outcome = self._sending.pop(sent), sent.result()
            agency_id = sending.departure.claimed.agency_id
            self._touched[agency_id].add(sending.departure.seen.content_id)
            if isinstance(outcome, Published):
                arrived[agency_id].append((sending, outcome))
            elif outcome is not None:
                self._record(sending, outcome)
        for agency_id, batch in arrived.items():
            self._write(agency_id, batch)

    def _write(self, agency_id: uuid.UUID, batch: list[tuple[_Sending, Published]]) -> None:
        try:
            with self._trade.hands.database.agency_connection(agency_id) as connection:
                departures.published(connection, [(sending.departure, outcome) for sending, outcome in batch])
        except SQLAlchemyError as error:
            log.warning("publishing.one_by_one", agency=str(agency_id), why=str(error)[:200])
            for sending, outcome in batch:
                self._record(sending, outcome)

    def _record(self, sending: _Sending, outcome: Outcome) -> None:
        future = self._pool.submit(self._write_one, sending, outcome)
        self._attended[future] = sending.departure.claimed.agency_id

    @staticmethod
    def _write_one(sending: _Sending, outcome: Outcome) -> uuid.UUID | None:
        """Write one outcome, patiently; if the database stays away, the lapsed claim is read back later."""
        try:
            sending.delivery.record(sending.departure.seen, outcome)
        except SQLAlchemyError as error:
            log.warning("publishing.interrupted", item=str(sending.departure.claimed.item_id), why=str(error)[:200])
        return None
