"""The worker process: one queue, the application imported before the fork, jobs from the list only."""

import os
import signal
from collections.abc import Callable
from importlib import import_module
from threading import Event

import structlog
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

import workers.mail
import workers.publishing
from tenants.engines import await_server, refuse_unsafe_role
from unisson import logs
from unisson.config import Settings
from unisson.jobs import QUEUES
from unisson.processes import dying_with_parent
from unisson.runtime import worker_runtime
from workers.held import hold
from workers.jobs import BellJob

log = structlog.get_logger(__name__)

LOADED = (workers.mail, workers.publishing)
"""The job modules, imported before the fork: a forked job then costs 25 times less."""


class BellWorker(Worker):
    """RQ's forking worker, whose work-horse dies with it: a horse left behind could outlive its claim unseen."""

    job_class = BellJob

    bind: Callable[[], None] | None = None
    """What a horse runs first, made by the process that it is to die with."""

    exponential_backoff_factor = 1
    max_connection_wait_time = 1.0
    """While Valkey is away, it is asked again every second."""

    _listens = False

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for the next bell."""
        self._listens = True
        try:
            return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
        finally:
            self._listens = False

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Show that the worker lives. While Valkey is away, look at what is due once a second without being rung."""
        try:
            super().heartbeat(timeout, pipeline)
        except (RedisConnectionError, RedisTimeoutError):
            if self._listens:
                self._work_unrung()
            raise

    def _work_unrung(self) -> None:
        """Run the queue's one job in a fork, as a bell would have had it run."""
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            return
        status = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            if self.bind is not None:
                self.bind()
            module, _, name = QUEUES[self.queues[0].name].value.rpartition(".")
            getattr(import_module(module), name)()
            status = 0
        except Exception:
            log.exception("worker.unrung")
        finally:
            os._exit(status)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run the job in the forked horse, bound to the life of this worker."""
        if self.bind is not None:
            self.bind()
        super().main_work_horse(job, queue)


def main(settings: Settings, queue: str) -> None:
    """Serve one queue until told to stop. Raises KeyError for a queue there is not."""
    QUEUES[queue]
    logs.configure(settings)
    runtime = worker_runtime(settings)
    await_server(runtime.database.engine, Event())
    refuse_unsafe_role(runtime.database.engine)
    runtime.database.engine.dispose()
    hold(runtime)
    connection = Redis.from_url(settings.valkey_url, socket_connect_timeout=2.0, health_check_interval=30)
    worker = BellWorker(
        [Queue(queue, connection=connection, serializer=JSONSerializer, job_class=BellJob)],
        connection=connection,
        job_class=BellJob,
        serializer=JSONSerializer,
        default_result_ttl=0,
        maintenance_interval=60,
        worker_ttl=60,
        log_job_description=False,
    )
    worker.bind = dying_with_parent(signal.SIGKILL)
    log.info("worker.ready", queue=queue, pid=os.getpid())
    worker.work(with_scheduler=False, logging_level="WARNING")
