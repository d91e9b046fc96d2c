"""A stand-in of Bluesky, an account there, and a publisher that reaches nothing else."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standins.pds import PASSWORD, StandInPds
from tests.support.campaign import connect_bluesky
from tests.support.leaving import alone, publisher_to
from tests.support.world import World
from unisson.publishing.publisher import Publisher
from unisson.runtime import Runtime


@pytest.fixture
def pds(tmp_path: Path) -> Iterator[StandInPds]:
    server = StandInPds(tmp_path / "effects.jsonl", late_seconds=1.0)
    yield server
    server.close()


@pytest.fixture
def publisher(worker: Runtime, pds: StandInPds) -> Publisher:
    return alone(worker, publisher_to(pds, worker))


@pytest.fixture
def bluesky(runtime: Runtime, world: World, pds: StandInPds) -> uuid.UUID:
    return connect_bluesky(runtime, world, pds.url, "marque.test", PASSWORD)
