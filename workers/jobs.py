"""The only kind of job that a worker runs: a bell from the list, as JSON, without callbacks or webhooks.

RQ would call any dotted name that somebody with access to Valkey writes into a job; this class refuses it.
"""

from collections.abc import Callable
from typing import Any

from rq.job import Job as RqJob

from unisson.jobs import Job

ALLOWED = frozenset(job.value for job in Job)


class JobNotAllowedError(Exception):
    """A job named something else than one of ours."""


class BellJob(RqJob):
    """An RQ job whose function must be one of `unisson.jobs.Job`, called with no arguments."""

    @property
    def func(self) -> Callable[..., Any]:
        """Return the job's function. Raises JobNotAllowedError unless it is on the list."""
        if self.func_name not in ALLOWED or self.args or self.kwargs:
            raise JobNotAllowedError(self.func_name)
        return super().func  # type: ignore[no-any-return]  # RQ's annotation

    def restore(self, raw_data: Any) -> None:
        """Read a job back, without the callbacks and webhooks that somebody may have planted in it."""
        super().restore(raw_data)
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []
