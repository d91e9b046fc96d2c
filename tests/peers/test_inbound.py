"""Answers to threads from a real IMAP server: fetched, said once, filed away, whatever is killed in between."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from imap_tools import MailBoxUnencrypted
from support.desk import Desk
from support.ports import free_port
from threads.test_arriving import INBOUND, answer, told_back
from threads.test_threads import begin, messages

from tests.peers.conftest import _tool
from unisson.runtime import Runtime
from unisson.threads import arriving

pytestmark = pytest.mark.peers

CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {place}/run
log_path = {place}/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{place}/mail/%u
first_valid_uid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={place}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Imap:
    """The running server."""

    port: int

    @property
    def url(self) -> str:
        return f"imap://reponse:secret@127.0.0.1:{self.port}/INBOX"

    def box(self, folder: str = "INBOX") -> MailBoxUnencrypted:
        return MailBoxUnencrypted("127.0.0.1", self.port, timeout=60).login("reponse", "secret", folder)

    def deliver(self, mail: EmailMessage) -> None:
        with self.box() as box:
            box.append(mail.as_bytes(), "INBOX")

    def subjects(self, folder: str) -> list[str]:
        with self.box() as box:
            if not box.folder.exists(folder):
                return []
        with self.box(folder) as box:
            return [mail.subject for mail in box.fetch(mark_seen=False)]


@pytest.fixture(scope="module")
def imap() -> Iterator[Imap]:
    """Dovecot on loopback, with a mailbox of its own."""
    program = _tool().dovecot()
    assert program, "run `make peers`, which installs it"
    place = Path(tempfile.mkdtemp(prefix="unisson-imap-"))
    place.chmod(0o755)
    keeper = pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    (place / "mail").mkdir()
    os.chown(place / "mail", keeper.pw_uid, keeper.pw_gid)
    port = free_port()
    names = {"user": keeper.pw_name, "group": grp.getgrgid(keeper.pw_gid).gr_name, "place": place, "port": port}
    (place / "dovecot.conf").write_text(CONFIG.format(**names))
    process = subprocess.Popen([program, "-F", "-c", place / "dovecot.conf"])
    try:
        _await_port(port, place / "log")
        yield Imap(port)
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def reading(worker: Runtime, imap: Imap) -> Runtime:
    settings = replace(worker.settings, inbound_mail_url=imap.url, inbound_address=INBOUND)
    return replace(worker, settings=settings)


def test_answers_are_fetched_said_once_and_filed(desk: Desk, reading: Runtime, imap: Imap) -> None:
    content_id = desk.in_state("client_turn")
    begin(desk, content_id, "rp", "client", body="Une question.")
    mail = answer(desk, "client_approver", "Oui, dimanche.\n\n> Une question.\n")
    mail["Subject"] = "Re: la saison"
    stranger = answer(desk, "client_approver", From="x@example.org")
    stranger["Subject"] = "Re: bonjour"
    imap.deliver(mail)
    imap.deliver(stranger)
    assert arriving.fetch(reading) == 2
    assert messages(desk)[-1].body.startswith("Oui, dimanche.")
    said = len(messages(desk))
    assert imap.subjects("INBOX") == []
    assert imap.subjects(arriving.TAKEN) == ["Re: la saison"]
    assert imap.subjects(arriving.REFUSED) == ["Re: bonjour"]
    # As if the process had died after the commit and before the move.
    imap.deliver(mail)
    assert arriving.fetch(reading) == 1
    assert len(messages(desk)) == said
    assert arriving.fetch(reading) == 0


def test_a_heavy_answer_is_told_of_without_being_read(desk: Desk, reading: Runtime, imap: Imap) -> None:
    begin(desk, desk.in_state("client_turn"), "rp", "client", body="Une question.")
    mail = answer(desk, "client_approver", "Voici tout.")
    mail["Subject"] = "Re: tout"
    mail.add_attachment(bytes(arriving.HEAVIEST), maintype="application", subtype="pdf", filename="tout.pdf")
    imap.deliver(mail)
    said = len(messages(desk))
    assert arriving.fetch(reading) == 1
    assert "Re: tout" in imap.subjects(arriving.REFUSED)
    assert len(messages(desk)) == said
    assert [each.about["why"] for each in told_back(desk)] == ["heavy"]


def test_a_server_that_is_away_is_waited_for(reading: Runtime) -> None:
    away = replace(reading, settings=replace(reading.settings, inbound_mail_url=f"imap://a:b@127.0.0.1:{free_port()}"))
    assert arriving.fetch(away) == 0


def _await_port(port: int, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text(errors="replace")[-2000:] if log.exists() else "dovecot did not start")
