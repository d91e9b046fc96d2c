"""Draining what is due: claim a handful, try each once on a bounded pool of threads, write down what became of it.

Every exit is one of the moves of the state machine in `docs/decisions/publishing.md`; an outcome that can't be told
is never tried again before it was read back, and where reading back can't tell either, a person decides.
"""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from unisson.dispatching import Claim, claim, done, drop, put, release, seconds_to_next, worker_name
from unisson.editorial.models import Content
from unisson.publishing.delivery import Delivery, Hands
from unisson.publishing.draining import Drain
from unisson.publishing.planning import needs_plan, plan
from unisson.publishing.settling import settle

_CONTENTS = select(Content).order_by(Content.id).with_for_update()

CAUGHT_UP = timedelta(seconds=20)
"""So long after its date a content is looked at again, should whoever sent it not have settled it at once."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Publisher:
    """One process's hands. Built before the fork; connects on first use."""

    hands: Hands
    threads: int

    def drain(self, budget: float) -> int:
        """Publish what is due until nothing is, or `budget` seconds are over; return how many things were looked at."""
        return Drain(self, time.monotonic() + budget, worker_name()).run()

    def claim(self, limit: int, name: str) -> list[Claim]:
        """Return up to `limit` due things, ours from now on; none while the database is away."""
        try:
            with self.hands.database.everywhere() as session:
                return claim(session, "publishing", limit=limit, worker=name, lease=self.hands.lease)
        except DBAPIError as error:
            log.warning("publishing.waiting", why=str(error.orig)[:200])
            return []

    def next_in(self) -> float | None:
        """Return in how many seconds something is due next; None for never, or while the database is away."""
        try:
            with self.hands.database.everywhere() as session:
                return seconds_to_next(session, "publishing")
        except DBAPIError as error:
            log.warning("publishing.waiting", why=str(error.orig)[:200])
            return None

    def attend(self, claimed: Claim, claimed_at: float, name: str) -> uuid.UUID | None:
        """Do what one claim asks for; return the content that it touched.

        A fault, of the database or of ours, leaves the claim to lapse: nothing is half-done, and nobody else waits.
        """
        try:
            if claimed.kind == "content":
                self._attend_content(claimed)
            else:
                return Delivery(self.hands, claimed, claimed_at, name).run()
        except DBAPIError as error:
            log.warning("publishing.interrupted", item=str(claimed.item_id), why=str(error.orig)[:200])
        except Exception:
            log.exception("publishing.fault", item=str(claimed.item_id))
        return None

    def settle(self, agency_id: uuid.UUID, content_ids: list[uuid.UUID]) -> None:
        """Bring contents in line at once; if this is cut off, their rows on the dispatch table catch up."""
        try:
            with self.hands.database.agency(agency_id) as session:
                for content in session.scalars(_CONTENTS.where(Content.id.in_(content_ids))).all():
                    if settle(session, content) is None:
                        drop(session, "content", agency_id, content.id)
        except DBAPIError as error:
            log.warning("publishing.interrupted", agency=str(agency_id), why=str(error.orig)[:200])

    def _attend_content(self, claimed: Claim) -> None:
        with self.hands.database.agency(claimed.agency_id) as session:
            content = session.scalars(_CONTENTS.where(Content.id == claimed.item_id)).one_or_none()
            if content is None or content.revision_id is None:
                done(session, claimed)
            elif needs_plan(session, content):
                plan(session, content, self.client_ref)
                put(session, "content", claimed.agency_id, content.id, due_at=_look_again_at(content))
            elif (seconds := settle(session, content)) is None:
                done(session, claimed)
            else:
                release(session, claimed, delay=seconds)

    def client_ref(self, kind: str, publication_id: uuid.UUID, due_at: datetime) -> str:
        """Return the reference that a publication keeps on its channel for ever."""
        return self.hands.registry.adapter(kind).client_ref(publication_id, due_at)


def _look_again_at(content: Content) -> datetime | None:
    return content.scheduled_at + CAUGHT_UP if content.scheduled_at else None
