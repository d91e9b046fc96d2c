"""Valkey gone for good costs a second of punctuality, and nothing else."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.campaign import approve_many
from tests.support.world import build_world
from unisson import embedded
from unisson.config import Settings
from unisson.database import migrate
from unisson.publishing.models import Publication
from unisson.runtime import web_runtime


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="unisson-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_what_is_due_leaves_without_valkey(folder: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with embedded.servers(folder) as servers:
        environment = {
            **os.environ,
            "ENVIRONMENT": "test",
            "SECRET_KEY": "only-for-tests-" + "0" * 32,
            "DATABASE_URL": servers.database,
            "VALKEY_URL": servers.valkey,
            "DATA_DIR": str(folder),
            "MAIL_URL": "mailbox:",
        }
        settings = Settings.from_environ(environment)
        migrate(settings)
        runtime = web_runtime(settings)
        world = build_world(runtime)
        with said.open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "unisson.cli", "worker", "publishing"], env=environment, stdout=log, stderr=log
            )
        try:
            _await(lambda: b"worker.ready" in said.read_bytes())
            time.sleep(1.0)
            valkey = servers.keyspace.pid()
            assert valkey is not None
            os.kill(valkey, signal.SIGKILL)
            approve_many(runtime, world, [world.newsroom_id], 3, due_in=1.0)
            _await(lambda: _states(runtime, world) == ["published"] * 3)
            assert worker.poll() is None
        finally:
            worker.kill()
            worker.wait()
            runtime.database.engine.dispose()
            runtime.valkey.close()


def _states(runtime, world) -> list[str]:
    with runtime.database.agency(world.agency_id) as session:
        return list(session.scalars(select(Publication.state)))


def _await(holds) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
