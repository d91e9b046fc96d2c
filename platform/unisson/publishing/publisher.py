"""Draining what is due: claim a handful, try each once on a bounded pool of threads, write down what became of it.

Every exit is one of the moves of the state machine in `docs/decisions/publishing.md`; an outcome that can't be told
is never tried again before it was read back, and where reading back can't tell either, a person decides.
"""

import os
import time
import uuid
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from unisson.dispatching import Claim, claim, done, drop, put, release
from unisson.editorial.models import Content
from unisson.publishing.delivery import Delivery, Hands, boot_clock
from unisson.publishing.planning import LOOK_BACK, needs_plan, plan
from unisson.publishing.settling import settle

_Touched = tuple[uuid.UUID, uuid.UUID]
_FOR_UPDATE = select(Content).with_for_update()

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Publisher:
    """One process's hands. Built before the fork; connects on first use."""

    hands: Hands
    threads: int

    def drain(self, budget: float) -> int:
        """Publish what is due until nothing is, or `budget` seconds are over; return how many things were looked at."""
        ends = time.monotonic() + budget
        name = f"{os.uname().nodename}:{os.getpid()}"
        seen, running, touched = 0, set[Future[_Touched | None]](), set[_Touched]()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="publish") as pool:
            while True:
                free = 2 * self.threads - len(running)
                claimed_at = boot_clock()
                fresh = self._claim(free, name) if time.monotonic() < ends and free >= self.threads else []
                seen += len(fresh)
                running |= {pool.submit(self._attend, each, claimed_at, name) for each in fresh}
                if not running:
                    break
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                touched |= {what for future in finished if (what := future.result())}
            list(pool.map(self._settle, touched))
        return seen

    def _claim(self, limit: int, name: str) -> list[Claim]:
        with self.hands.database.everywhere() as session:
            return claim(session, "publishing", limit=limit, worker=name, lease=self.hands.lease)

    def _attend(self, claimed: Claim, claimed_at: float, name: str) -> _Touched | None:
        """Do what one claim asks for; return the content that it touched.

        A fault of the database leaves the claim to lapse: nothing is half-done.
        """
        try:
            if claimed.kind == "content":
                self._attend_content(claimed)
            else:
                content_id = Delivery(self.hands, claimed, claimed_at, name).run()
                return (claimed.agency_id, content_id) if content_id else None
        except DBAPIError as error:
            log.warning("publishing.interrupted", item=str(claimed.item_id), why=str(error.orig)[:200])
        return None

    def _settle(self, touched: _Touched) -> None:
        """Bring a content in line at once; if this is cut off, its row on the dispatch table catches up."""
        agency_id, content_id = touched
        try:
            with self.hands.database.agency(agency_id) as session:
                content = session.scalars(_FOR_UPDATE.where(Content.id == content_id)).one()
                if settle(session, content):
                    drop(session, "content", agency_id, content_id)
        except DBAPIError as error:
            log.warning("publishing.interrupted", item=str(content_id), why=str(error.orig)[:200])

    def _attend_content(self, claimed: Claim) -> None:
        with self.hands.database.agency(claimed.agency_id) as session:
            content = session.scalars(_FOR_UPDATE.where(Content.id == claimed.item_id)).one_or_none()
            if content is None or content.revision_id is None:
                done(session, claimed)
            elif needs_plan(session, content):
                plan(session, content, self.client_ref)
                put(session, "content", claimed.agency_id, content.id, due_at=_look_again_at(content))
            elif settle(session, content):
                done(session, claimed)
            else:
                release(session, claimed, delay=LOOK_BACK.total_seconds())

    def client_ref(self, kind: str, publication_id: uuid.UUID, due_at: datetime) -> str:
        """Return the reference that a publication keeps on its channel for ever."""
        return self.hands.registry.adapter(kind).client_ref(publication_id, due_at)


def _look_again_at(content: Content) -> datetime | None:
    return content.scheduled_at + LOOK_BACK if content.scheduled_at else None
