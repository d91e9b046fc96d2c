"""Letters: one a recipient, handed over once, and what each way to fail means."""

import os
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standins.accounts import DUE, account, outgoing, picture
from tests.standins.certificates import certificate_for
from tests.standins.letters import FROM, Drawer, release
from tests.standins.smtp import StandInSmtp
from tests.standins.wire import Call, HttpServer, Reply
from unisson.mail import SmtpServer, transport_for
from unisson.publishing.channels.email import EmailAdapter
from unisson.publishing.channels.port import (
    NotSent,
    Outgoing,
    Picture,
    Published,
    Refused,
    Sketch,
    Unknown,
    Unreadable,
)
from unisson.smtp import SmtpTransport

NOBODY = account({})
PNG = b"\x89PNG not really"


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[StandInSmtp]:
    server = StandInSmtp(tmp_path / "mail.jsonl")
    yield server
    server.close()


@pytest.fixture
def transport(mail_server: StandInSmtp) -> Iterator[SmtpTransport]:
    sending = SmtpTransport(SmtpServer("127.0.0.1", mail_server.port), seconds=30.0)
    yield sending
    sending.close()


@pytest.fixture
def by_mail(transport: SmtpTransport) -> EmailAdapter:
    return EmailAdapter(transport, FROM)


ENDINGS = [
    ("ok", Published, 1),
    ("451-mail", NotSent, 0),
    ("421", NotSent, 0),
    ("550-rcpt", Refused, 0),
    ("450-rcpt", NotSent, 0),
    ("drop-rcpt", NotSent, 0),
    ("554-data", Refused, 0),
    ("451-data", NotSent, 0),
    ("drop-data", Unknown, 0),
    ("lost", Unknown, 1),
]


@pytest.mark.parametrize(("fault", "told", "effects"), ENDINGS)
def test_each_fault_has_one_meaning(
    fault: str, told: type, effects: int, by_mail: EmailAdapter, mail_server: StandInSmtp
) -> None:
    mail_server.then(fault)
    assert isinstance(by_mail.publish(release(), NOBODY), told)
    assert len(mail_server.effects.all()) == effects
    # And the next letter goes out as if nothing had been.
    assert isinstance(by_mail.publish(release(), NOBODY), Published)


def test_an_answer_that_drips_costs_no_more_than_the_deadline(mail_server: StandInSmtp) -> None:
    transport = SmtpTransport(SmtpServer("127.0.0.1", mail_server.port), seconds=2.0)
    mail_server.then("drip")
    started = time.monotonic()
    assert isinstance(EmailAdapter(transport, FROM).publish(release(), NOBODY), Unknown)
    assert time.monotonic() - started < 15  # it drips for twenty
    assert len(mail_server.effects.all()) == 1
    # And the next letter goes out as if nothing had been.
    assert isinstance(EmailAdapter(transport, FROM).publish(release(), NOBODY), Published)
    transport.close()


def test_nothing_listening_is_not_sent(tmp_path: Path) -> None:
    server = StandInSmtp(tmp_path / "mail.jsonl")
    port = server.port
    server.close()
    adapter = EmailAdapter(SmtpTransport(SmtpServer("127.0.0.1", port)), FROM)
    outcome = adapter.publish(release(), NOBODY)
    assert isinstance(outcome, NotSent)
    assert outcome.channel_down


# Both are aiosmtpd's own: it warns of itself, and of the plain connection that this test is about.
@pytest.mark.filterwarnings("ignore:Session.login_data is deprecated", "ignore:Requiring AUTH")
@pytest.mark.parametrize(("password", "told"), [("right", Published), ("wrong", NotSent)])
def test_a_sign_in_that_fails_has_sent_nothing(password: str, told: type, tmp_path: Path) -> None:
    server = StandInSmtp(tmp_path / "mail.jsonl", auth=True)
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, "lea", password))
    try:
        outcome = EmailAdapter(transport, FROM).publish(release(), NOBODY)
        assert isinstance(outcome, told)
        assert password not in repr(transport) + repr(SmtpServer("h", 1, "lea", password))
    finally:
        transport.close()
        server.close()


@pytest.mark.parametrize(("trusted", "told"), [(True, Published), (False, NotSent)])
def test_the_certificate_of_a_mail_server_is_checked(trusted: bool, told: type, tmp_path: Path) -> None:
    certificate = certificate_for("127.0.0.1", tmp_path)
    server = StandInSmtp(tmp_path / "mail.jsonl", tls=certificate.server)
    transport = SmtpTransport(SmtpServer.from_url(f"smtps://127.0.0.1:{server.port}"), seconds=30.0)
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(certificate.authority) if trusted else os.devnull
    try:
        assert isinstance(EmailAdapter(transport, FROM).publish(release(), NOBODY), told)
    finally:
        os.environ.pop("SSL_CERT_FILE") if before is None else os.environ.update(SSL_CERT_FILE=before)
        transport.close()
        server.close()


@pytest.mark.parametrize(("may_be_plain", "told"), [(True, Published), (False, NotSent)])
def test_a_server_elsewhere_that_offers_no_encryption_gets_nothing(
    may_be_plain: bool, told: type, mail_server: StandInSmtp
) -> None:
    # No name of this machine, to us: what was not said to be here is elsewhere.
    elsewhere = SmtpServer("0.0.0.0", mail_server.port, may_be_plain=may_be_plain)  # noqa: S104 - called, not bound to
    transport = SmtpTransport(elsewhere, seconds=30.0)
    before = len(mail_server.effects.all())
    assert isinstance(EmailAdapter(transport, FROM).publish(release(), NOBODY), told)
    assert (len(mail_server.effects.all()) > before) is may_be_plain
    transport.close()


def test_a_mail_server_that_never_greets_costs_no_more_than_the_deadline() -> None:
    def converse(call: Call) -> Reply:
        return Reply()

    with HttpServer(converse) as silent:
        started = time.monotonic()
        transport = SmtpTransport(SmtpServer("127.0.0.1", silent.port), seconds=0.5)
        assert isinstance(EmailAdapter(transport, FROM).publish(release(), NOBODY), NotSent)
        assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.test", SmtpServer("mail.test", 25)),
        ("smtp://l%40x:p%3Aw@mail.test", SmtpServer("mail.test", 587, "l@x", "p:w")),
        ("smtps://mail.test", SmtpServer("mail.test", 465, secure=True)),
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525)),
    ],
)
def test_a_mail_server_is_named_by_an_address(url: str, server: SmtpServer) -> None:
    assert SmtpServer.from_url(url) == server
    assert isinstance(transport_for(url, Drawer), SmtpTransport)


def test_the_mailbox_is_somebody_elses() -> None:
    assert isinstance(transport_for("mailbox:", Drawer), Drawer)
    with pytest.raises(ValueError, match="smtp"):
        transport_for("ftp://mail.test", Drawer)


def test_a_tls_handshake_that_fails_has_sent_nothing(mail_server: StandInSmtp) -> None:
    transport = SmtpTransport(SmtpServer("127.0.0.1", mail_server.port, secure=True), seconds=0.5)
    assert isinstance(EmailAdapter(transport, FROM).publish(release(), NOBODY), NotSent)


def test_one_unknown_recipient_does_not_hold_the_others(by_mail: EmailAdapter, mail_server: StandInSmtp) -> None:
    names = ["a@x.test", "unknown@x.test", "b@x.test"]
    told = [type(by_mail.publish(release(name), NOBODY)) for name in names]
    assert told == [Published, Refused, Published]
    assert mail_server.sessions == 1


def test_connections_are_kept_and_replaced_when_they_died(by_mail: EmailAdapter, mail_server: StandInSmtp) -> None:
    for _ in range(5):
        assert isinstance(by_mail.publish(release(), NOBODY), Published)
    assert mail_server.sessions == 1
    mail_server.then("lost", "ok")
    assert isinstance(by_mail.publish(release(), NOBODY), Unknown)
    assert isinstance(by_mail.publish(release(), NOBODY), Published)
    assert mail_server.sessions == 2


def test_threads_share_the_transport(by_mail: EmailAdapter, mail_server: StandInSmtp) -> None:
    outcomes: list[object] = []
    releases = [release(f"r{number}@x.test") for number in range(60)]

    def work(mine: list[Outgoing]) -> None:
        outcomes.extend(by_mail.publish(each, NOBODY) for each in mine)

    threads = [threading.Thread(target=work, args=(releases[number::4],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {type(outcome) for outcome in outcomes} == {Published}
    taken = [effect["message_id"] for effect in mail_server.effects.all()]
    assert sorted(map(str, taken)) == sorted(each.client_ref for each in releases)
    assert mail_server.sessions <= 4


@pytest.mark.parametrize(
    "address",
    [
        "x\r\nBcc: all@world.test",
        "a@b.test\r\nBcc: c@d.test",
        "",
        "no-at",
        "@x.test",
        "a@",
        "a b@x.test",
        "<a@x.test>",
        "a@x.test, b@x.test",
        "léa@x.test",
        "a@x..test",
        "a@x.test\x00",
    ],
)
def test_a_bad_address_is_refused_and_nothing_is_sent(
    address: str, by_mail: EmailAdapter, mail_server: StandInSmtp
) -> None:
    assert isinstance(by_mail.publish(release(address), NOBODY), Refused)
    assert isinstance(by_mail.publish(release(), account({"reply_to": address})), Refused if address else Published)
    assert len(mail_server.effects.all()) == (0 if address else 1)


def test_an_international_domain_is_written_in_ascii(by_mail: EmailAdapter, mail_server: StandInSmtp) -> None:
    assert isinstance(by_mail.publish(release("redac@été.test"), NOBODY), Published)
    assert mail_server.effects.all()[0]["to"] == ["redac@xn--t-9fab.test"]


def test_without_a_recipient_nobody_is_written_to(by_mail: EmailAdapter) -> None:
    assert isinstance(by_mail.publish(outgoing("<a@b>", "x"), NOBODY), Refused)


def test_a_changed_image_stops_it(by_mail: EmailAdapter, mail_server: StandInSmtp) -> None:
    bad: tuple[Picture, ...] = (picture(PNG, digest="0" * 64),)
    assert isinstance(by_mail.publish(release(pictures=bad), NOBODY), Refused)
    assert mail_server.effects.all() == []


def test_mail_cannot_be_read_back(by_mail: EmailAdapter) -> None:
    looked = by_mail.read_back(release(), NOBODY)
    assert isinstance(looked, Unreadable)
    assert not looked.ask_again


def test_the_reference_is_a_message_id(by_mail: EmailAdapter) -> None:
    one = uuid.uuid4()
    assert by_mail.client_ref(one, DUE) == f"<{one}@unisson.test>"


def test_problems_are_told_before(by_mail: EmailAdapter) -> None:
    assert [p.field for p in by_mail.problems(Sketch("", "x", (), 0))] == ["title"]
    assert [p.field for p in by_mail.problems(Sketch("t", "x", (4_900_000,) * 4, 0))] == ["pictures"]
    assert by_mail.problems(Sketch("t", "x", (1,), 0)) == []
