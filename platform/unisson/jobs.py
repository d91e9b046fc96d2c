"""Ringing the workers. A job is a doorbell: it names what to look at, PostgreSQL says what is due.

A bell lost, doubled or forged changes nothing but latency, so failing to ring is logged and forgotten.
"""

import enum
from typing import Protocol

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from tenants.session import after_commit

log = structlog.get_logger(__name__)


class Job(enum.StrEnum):
    """Every job there is, by the dotted name a worker resolves; a test resolves each."""

    PUBLISH = "workers.publishing.publish_due"
    MAIL = "workers.mail.send_due"


QUEUES: dict[str, Job] = {"publishing": Job.PUBLISH, "mail": Job.MAIL}
"""One queue a worker process, one job a queue (see `docs/decisions/`)."""

RINGS = {
    "approvals": "mail", "billing": "mail", "imports": "mail", "media": "mail", "rights": "mail", "videos": "mail",
    "exports": "mail", "endings": "mail", "hooks": "mail", "pushes": "mail",
}  # fmt: skip
"""What is due there is attended to by the workers of another queue."""

JOB_SECONDS = 60
_RUNG_MILLISECONDS = 2_000


class Bell(Protocol):
    """What wakes a queue's workers."""

    def ring(self, queue: str) -> None:
        """Wake the workers of `queue`, or do nothing if that cannot be done now."""

    def answered(self, queue: str) -> None:
        """Let the next ring of `queue` through: somebody has come."""


def ring_after_commit(session: Session, queue: str) -> None:
    """Wake the workers of `queue` once what the session wrote is durable. A session without a bell stays silent."""
    bell: Bell | None = session.info.get("bell")
    if bell is not None:
        after_commit(session, lambda: bell.ring(queue))


class ValkeyBell:
    """Rings by an RQ job; a bell already rung is not rung again before somebody came, or two seconds passed."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey

    def ring(self, queue: str) -> None:
        """Enqueue the queue's one job, unless it waits already."""
        queue = RINGS.get(queue, queue)
        try:
            if self._valkey.set(_rung(queue), "1", nx=True, px=_RUNG_MILLISECONDS):
                Queue(queue, connection=self._valkey, serializer=JSONSerializer).enqueue(
                    QUEUES[queue].value, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=3600
                )
        except (RedisError, OSError) as error:
            log.warning("bell.silent", queue=queue, why=type(error).__name__)

    def answered(self, queue: str) -> None:
        """Forget that the bell was rung, as the work starts: what falls due meanwhile rings again."""
        try:
            self._valkey.delete(_rung(queue))
        except (RedisError, OSError) as error:
            log.warning("bell.silent", queue=queue, why=type(error).__name__)


def _rung(queue: str) -> str:
    return f"unisson:rung:{queue}"
