"""Mails through a real mail server (Postfix): they arrive whole, once, and what it refuses or puts off is told apart."""

import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from notifications.test_post import empty_queue, invite, letter, make_due, waiting
from support.ports import free_port
from support.world import World

from tests.peers.conftest import _tool
from tests.standins.accounts import account, picture
from tests.standins.letters import FROM, release
from unisson.mail import Accepted, Deferred, Rejected, SmtpServer
from unisson.notifications.post import send_due
from unisson.publishing.channels.email import EmailAdapter
from unisson.publishing.channels.port import Published
from unisson.runtime import Runtime
from unisson.smtp import SmtpTransport

pytestmark = [pytest.mark.peers, pytest.mark.usefixtures(empty_queue.__name__)]

MAIN = """
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
maillog_file = {place}/maillog
maillog_file_prefixes = {place}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = post.example.org
mydestination =
smtpd_error_sleep_time = 0s
smtpd_recipient_restrictions = check_recipient_access texthash:{place}/answers, permit
virtual_mailbox_domains = static:all
virtual_mailbox_base = {place}
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{group}
virtual_minimum_uid = 1
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
retry unix - - n - - error
error unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """The running server, which lays whatever it takes in one folder."""

    place: Path
    port: int

    def line(self) -> SmtpTransport:
        return SmtpTransport(SmtpServer("127.0.0.1", self.port), seconds=60)

    def tell(self, command: str) -> None:
        program = _tool().postfix()
        subprocess.run([program, "-c", self.place / "conf", command], check=True, capture_output=True, timeout=120)

    def answering(self, to: str, answer: str) -> None:
        """Have the server answer so to a recipient, and by itself to everybody else."""
        (self.place / "answers").write_text(f"{to} {answer}\n" if answer else "")
        self.tell("reload")

    def arrived(self, count: int) -> list[EmailMessage]:
        """Return the mails that were laid down, once there are `count`, and forget them. Raises if they stay away."""
        deadline = time.monotonic() + 90
        kept = mailbox.Maildir(self.place / "box", create=False)
        while len(names := kept.keys()) < count:
            assert time.monotonic() < deadline, (self.place / "maillog").read_text()[-3000:]
            time.sleep(0.05)
        mails = [BytesParser(EmailMessage, policy=policy.default).parsebytes(kept.get_bytes(name)) for name in names]
        kept.clear()
        return mails


@pytest.fixture(scope="module")
def running() -> Iterator[Postfix]:
    """Postfix on loopback, with its queue and its folder of mails in a place of its own."""
    program = _tool().postfix()
    assert program, "run `make peers`, which installs it"
    assert os.geteuid() == 0, "Postfix starts as root only, and gives it up by itself: run `make peers` as root"
    server = Postfix(Path(tempfile.mkdtemp(prefix="unisson-post-")), free_port())
    keeper = pwd.getpwnam("mail")
    server.place.chmod(0o755)
    for folder in ("conf", "queue", "data", "box"):
        (server.place / folder).mkdir()
    shutil.chown(server.place / "data", "postfix")
    for folder in ("", "new", "cur", "tmp"):
        (server.place / "box" / folder).mkdir(exist_ok=True)
        os.chown(server.place / "box" / folder, keeper.pw_uid, keeper.pw_gid)
    (server.place / "answers").touch()
    names = {"place": server.place, "port": server.port, "user": keeper.pw_uid, "group": keeper.pw_gid}
    (server.place / "conf" / "main.cf").write_text(MAIN.format(**names))
    (server.place / "conf" / "master.cf").write_text(MASTER.format(**names))
    server.tell("start")
    try:
        _await(server)
        yield server
    finally:
        server.tell("stop")
        shutil.rmtree(server.place, ignore_errors=True)


@pytest.fixture
def post(running: Postfix) -> Postfix:
    running.answering("", "")
    mailbox.Maildir(running.place / "box", create=False).clear()
    return running


def _await(server: Postfix) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError((server.place / "maillog").read_text(errors="replace")[-3000:])


def test_a_mail_of_the_product_arrives_as_it_was_written(
    runtime: Runtime, worker: Runtime, world: World, post: Postfix
) -> None:
    letter_id = invite(runtime, world)
    line = post.line()
    assert send_due(worker, 20, line) == 1
    line.close()
    (mail,) = post.arrived(1)
    assert mail["Delivered-To"] == world.people["cm"].email
    assert mail["To"].addresses[0].addr_spec == world.people["cm"].email
    assert mail["Message-ID"] == f"<{letter_id}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "invite" in mail["Subject"]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert "/invitations/" in part.get_content()
    assert letter(runtime, world, letter_id).state == "sent"


def test_a_press_release_arrives_with_its_accents_its_dots_and_its_image(post: Postfix) -> None:
    text = ".\n..deux\n.trois\n" + "é" * 3000 + "\nfin"
    line = post.line()
    settings = {"sender_name": "Maison Léa", "unsubscribe_url": "https://u.test/s/1"}
    sending = release(text=text, pictures=(picture(b"\x89PNG not really"),))
    assert isinstance(EmailAdapter(line, FROM).publish(sending, account(settings)), Published)
    line.close()
    (mail,) = post.arrived(1)
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith(text)
    assert mail["From"] == "Maison Léa <nouvelles@unisson.test>"
    assert mail["Subject"] == "Été 2026 : la façade rouvre"
    assert mail["List-Unsubscribe"] == "<https://u.test/s/1>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    images = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    assert [part.get_content() for part in images] == [b"\x89PNG not really"]


def test_a_hundred_mails_on_one_connection_arrive_once_each(post: Postfix) -> None:
    line = post.line()
    for number in range(100):
        mail = EmailMessage()
        mail["Subject"], mail["To"] = f"Numéro {number}", "redac@journal.test"
        mail.set_content("Bonjour.")
        assert isinstance(line.send(mail, "nouvelles@unisson.test", "redac@journal.test"), Accepted)
    line.close()
    assert sorted(mail["Subject"] for mail in post.arrived(100)) == sorted(f"Numéro {number}" for number in range(100))


def test_who_is_not_there_is_given_up_and_who_is_put_off_gets_it_later(
    runtime: Runtime, worker: Runtime, world: World, post: Postfix
) -> None:
    gone = invite(runtime, world)
    post.answering(world.people["cm"].email, "550 5.1.1 no such person")
    line = post.line()
    send_due(worker, 20, line)
    assert letter(runtime, world, gone).state == "failed"
    assert "no such person" in (letter(runtime, world, gone).last_error or "")
    line.close()

    later = invite(runtime, world, "rp")
    post.answering(world.people["rp"].email, "450 4.2.0 come back in a while")
    send_due(worker, 20, line)
    assert letter(runtime, world, later).state == "waiting"
    assert waiting(worker, later) is not None
    post.answering("", "")
    line.close()  # a connection that is open goes on as it began
    make_due(worker)
    send_due(worker, 20, line)
    line.close()
    assert letter(runtime, world, later).state == "sent"
    assert [mail["Delivered-To"] for mail in post.arrived(1)] == [world.people["rp"].email]


def test_a_server_that_was_stopped_loses_nothing_and_takes_nothing_twice(
    runtime: Runtime, worker: Runtime, world: World, post: Postfix
) -> None:
    line = post.line()
    letter_id = invite(runtime, world)
    post.tell("stop")
    send_due(worker, 20, line)
    assert letter(runtime, world, letter_id).state == "waiting"
    post.tell("start")
    _await(post)
    make_due(worker)
    assert send_due(worker, 20, line) == 1
    line.close()
    assert letter(runtime, world, letter_id).state == "sent"
    (mail,) = post.arrived(1)
    assert mail["Message-ID"] == f"<{letter_id}@localhost>"


@pytest.mark.parametrize(
    ("answer", "kind"), [("550 5.7.1 not here", Rejected), ("451 4.3.0 in a while", Deferred)], ids=["never", "later"]
)
def test_an_answer_is_told_as_it_was_said(post: Postfix, answer: str, kind: type[Rejected | Deferred]) -> None:
    post.answering("redac@journal.test", answer)
    mail = EmailMessage()
    mail["Subject"], mail["To"] = "Bonjour", "redac@journal.test"
    mail.set_content("Bonjour.")
    line = post.line()
    result = line.send(mail, "nouvelles@unisson.test", "redac@journal.test")
    line.close()
    assert isinstance(result, kind)
    assert result.reason.startswith(answer[:9])
    assert answer[10:] in result.reason
