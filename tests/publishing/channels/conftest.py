"""A stand-in data server and an account there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standins.accounts import account
from tests.standins.pds import PASSWORD, StandInPds
from unisson.outbound import Outbound
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.channels.port import Account


@pytest.fixture
def pds(tmp_path: Path) -> Iterator[StandInPds]:
    server = StandInPds(tmp_path / "effects.jsonl", late_seconds=1.0, strangers=("nobody.test",))
    yield server
    server.close()


@pytest.fixture
def outbound(pds: StandInPds) -> Outbound:
    return Outbound(allow=["127.0.0.0/8", pds.http.place])


@pytest.fixture
def bluesky(outbound: Outbound) -> BlueskyAdapter:
    return BlueskyAdapter(outbound)


@pytest.fixture
def lea(pds: StandInPds) -> Account:
    return account({"service": pds.url, "handle": "lea.test"}, {"app_password": PASSWORD})
