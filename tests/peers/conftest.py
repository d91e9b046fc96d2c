"""A directory of identities and a personal data server, started once for the peer tests, on loopback."""

import importlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from support.ports import free_port

from tests.standins.accounts import account
from unisson.outbound import Deadline, Outbound, OutboundError
from unisson.publishing.channels.port import Account

ROOT = Path(__file__).resolve().parents[2]
RECIPE_OF_PDS = ROOT / "tests" / "peers" / "pds"
PASSWORD = "long-enough-1"


def _tool() -> ModuleType:
    """Return tools/peers.py, which stands outside every package because it runs before there is one."""
    tools = str(ROOT / "tools")
    if tools not in sys.path:
        sys.path.insert(0, tools)
    return importlib.import_module("peers")


@dataclass(frozen=True)
class Pds:
    """The running server; plain http, so the operator's list names it."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def post(self, name: str, body: str, token: str = "") -> bytes:
        """Call a procedure as anyone could, outside the adapter."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        answer = Outbound([self.place]).request(
            "POST", f"{self.url}/xrpc/{name}", deadline=Deadline.after(20), headers=headers, content=body.encode()
        )
        assert answer.status == 200, answer.body
        return answer.body


def _environment(folder: Path, port: int, plc_port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "NODE_OPTIONS": "--require ./loopback.cjs",
        "LOG_ENABLED": "false",
        "PLC_PORT": str(plc_port),
        "PDS_HOSTNAME": "localhost",
        "PDS_PORT": str(port),
        "PDS_DATA_DIRECTORY": str(folder),
        "PDS_BLOBSTORE_DISK_LOCATION": str(folder / "blobs"),
        "PDS_DID_PLC_URL": f"http://127.0.0.1:{plc_port}",
        "PDS_DEV_MODE": "true",
        "PDS_INVITE_REQUIRED": "false",
        "PDS_DISABLE_SSRF_PROTECTION": "true",
        "PDS_SERVICE_HANDLE_DOMAINS": ".test",
        "PDS_SERVICE_DID": "did:web:localhost",
        "PDS_RATE_LIMITS_ENABLED": "false",
        "PDS_JWT_SECRET": secrets.token_hex(16),
        "PDS_ADMIN_PASSWORD": "admin",
        "PDS_DPOP_SECRET": secrets.token_hex(32),
        "PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX": secrets.token_hex(32),
    }


@pytest.fixture(scope="session")
def real_pds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pds]:
    tool = _tool()
    assert tool.is_installed(), "run tools/peers.py install first"
    tool.copy_recipe()
    folder = tmp_path_factory.mktemp("pds")
    pds = Pds(free_port())
    environment = _environment(folder, pds.port, free_port())
    with (folder / "log").open("wb") as log:
        running = [
            subprocess.Popen([tool.node(), script], cwd=tool.PLACE, env=environment, stdout=log, stderr=log)
            for script in ("plc.cjs", "pds.mjs")
        ]
        try:
            _wait_until_healthy(pds, folder / "log")
            yield pds
        finally:
            for process in running:
                process.send_signal(signal.SIGTERM)
            for process in running:
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(60)


def _wait_until_healthy(pds: Pds, log: Path) -> None:
    outbound = Outbound([pds.place])
    for _ in range(480):
        try:
            if outbound.request("GET", f"{pds.url}/xrpc/_health", deadline=Deadline.after(2)).status == 200:
                return
        except OutboundError:
            time.sleep(0.25)
    raise AssertionError(log.read_text(errors="replace")[-2000:])


@pytest.fixture(scope="session")
def handles(real_pds: Pds) -> tuple[str, str]:
    """Return two accounts of the server."""
    for name in ("lea", "ami"):
        real_pds.post(
            "com.atproto.server.createAccount",
            f'{{"handle":"{name}.test","email":"{name}@x.test","password":"{PASSWORD}"}}',
        )
    return ("lea.test", "ami.test")


@pytest.fixture
def lea(real_pds: Pds, handles: tuple[str, str]) -> Account:
    return account({"service": real_pds.url, "handle": handles[0]}, {"app_password": PASSWORD})
