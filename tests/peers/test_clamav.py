"""The antivirus itself (ClamAV's daemon) with one signature: what it finds, what it passes, a file of 25 MB."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.conftest import _tool
from tests.standins.clamd import EICAR
from unisson.media.documents import MOST_BYTES
from unisson.scanning import ScannerAwayError, look

pytestmark = pytest.mark.peers

CONFIG = """
DatabaseDirectory {place}/signatures
LocalSocket {place}/clamd.ctl
TemporaryDirectory {place}
Foreground yes
StreamMaxLength {most}
"""


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = _tool().clamd()
    assert program, "run tools/peers.py install first"
    place: Path = tmp_path_factory.mktemp("clamd")
    (place / "signatures").mkdir()
    (place / "signatures" / "ours.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
    (place / "clamd.conf").write_text(CONFIG.format(place=place, most="26M"))
    with subprocess.Popen([program, "-c", str(place / "clamd.conf")], start_new_session=True) as running:
        deadline = time.monotonic() + 120
        while not (place / "clamd.ctl").exists() and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        yield f"unix:{place}/clamd.ctl"
        os.killpg(running.pid, signal.SIGTERM)


def test_it_finds_what_it_knows_and_passes_the_rest(clamd: str) -> None:
    assert look(clamd, EICAR) == "Eicar-Test.UNOFFICIAL"
    assert look(clamd, b"before " + EICAR + b" after") == "Eicar-Test.UNOFFICIAL"
    assert look(clamd, b"%PDF-1.7\n") is None
    assert look(clamd, b"") is None


def test_the_heaviest_document_is_looked_at_in_time(clamd: str) -> None:
    started = time.monotonic()
    assert look(clamd, os.urandom(MOST_BYTES)) is None
    assert time.monotonic() - started < 60


def test_more_than_it_takes_is_no_verdict(clamd: str) -> None:
    with pytest.raises(ScannerAwayError):
        look(clamd, b"x" * (MOST_BYTES + 4 * 1024 * 1024))
