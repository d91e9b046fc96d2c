"""A real RQ worker process: it answers our bells, and nothing else that somebody may have put into Valkey."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from unisson.config import Settings
from unisson.jobs import ValkeyBell
from workers.jobs import BellJob, JobNotAllowedError


@pytest.fixture
def valkey(settings: Settings) -> Iterator[Redis]:
    connection = Redis.from_url(settings.valkey_url)
    yield connection
    connection.close()


@pytest.fixture
def worker_process(settings: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "ENVIRONMENT": "test",
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "VALKEY_URL": settings.valkey_url,
        "DATA_DIR": str(tmp_path),
        "MAIL_URL": "mailbox:",
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "unisson.cli", "worker", "publishing"], env=environment, stdout=log, stderr=log
        )
        yield process
        process.terminate()
        process.wait(60)


def planted(valkey: Redis, name: str, *args: object) -> RqJob:
    """Put a job into the queue as somebody with access to Valkey could."""
    return Queue("publishing", connection=valkey, serializer=JSONSerializer).enqueue(name, *args, failure_ttl=60)


def ended(job: RqJob) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        status = str(job.get_status(refresh=True).value)
        if status in {"finished", "failed"}:
            return status
        time.sleep(0.1)
    return "never"


def test_a_bell_is_answered_and_a_planted_job_is_not(worker_process, valkey: Redis, tmp_path: Path) -> None:
    mark = tmp_path / f"planted-{uuid.uuid4().hex}"
    good = Queue("publishing", connection=valkey, serializer=JSONSerializer).enqueue(
        "workers.publishing.publish_due", result_ttl=60
    )
    assert ended(good) == "finished"
    assert ended(planted(valkey, "os.system", f"touch {mark}")) == "failed"
    assert not mark.exists()


def test_a_listed_job_with_arguments_is_refused(valkey: Redis) -> None:
    job = planted(valkey, "workers.publishing.publish_due", "surprise")
    read = BellJob.fetch(job.id, connection=valkey, serializer=JSONSerializer)
    with pytest.raises(JobNotAllowedError):
        _ = read.func
    job.delete()


def test_callbacks_and_webhooks_do_not_survive_the_reading(valkey: Redis) -> None:
    job = planted(valkey, "workers.publishing.publish_due")
    valkey.hset(job.key, mapping={"success_callback_name": "os.abort", "failure_callback_name": "os.abort"})
    read = BellJob.fetch(job.id, connection=valkey, serializer=JSONSerializer)
    assert (read._success_callback_name, read._failure_callback_name, read.webhooks) == (None, None, [])
    job.delete()


def test_a_bell_rings_once_until_it_is_answered(valkey: Redis) -> None:
    queue = Queue("publishing", connection=valkey, serializer=JSONSerializer)
    queue.empty()
    valkey.delete("unisson:rung:publishing")
    bell = ValkeyBell(valkey)
    for _ in range(5):
        bell.ring("publishing")
    assert queue.count == 1
    bell.answered("publishing")
    bell.ring("publishing")
    assert queue.count == 2
    queue.empty()


def test_a_bell_that_cannot_ring_hurts_nobody() -> None:
    away = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2, socket_timeout=0.2)
    ValkeyBell(away).ring("publishing")
    ValkeyBell(away).answered("publishing")
