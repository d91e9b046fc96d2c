"""Mails leave once the server is there, in their reader's language, with links that work; none is lost."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select, text
from standins.smtp import StandInSmtp
from support.letters import forget_what_others_wrote
from support.world import World

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.identities import Dispatch, Identity, IdentityLetter
from tenants.members import Membership
from unisson.agency import invitations
from unisson.devmail.box import KeptMail, Mailbox
from unisson.identity import tokens
from unisson.mail import Deferred, Lost, MailResult, Rejected, SmtpServer
from unisson.notifications.letters import undelivered, write
from unisson.notifications.models import Letter
from unisson.notifications.post import send_due
from unisson.runtime import Runtime
from unisson.smtp import SmtpTransport

LINK = re.compile(r"http://localhost/\S+")


@pytest.fixture(autouse=True)
def empty_queue(worker: Runtime, runtime: Runtime) -> None:
    """Only what the test writes is due."""
    forget_what_others_wrote(worker)


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path)


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[StandInSmtp]:
    server = StandInSmtp(tmp_path / "effects.jsonl")
    yield server
    server.close()


@dataclass
class Answering:
    """A transport that answers as it is told, then keeps what it gets."""

    box: Mailbox
    answers: list[MailResult] = field(default_factory=list)

    def send(self, message: EmailMessage, envelope_from: str, to: str) -> MailResult:
        return self.answers.pop(0) if self.answers else self.box.send(message, envelope_from, to)


def invite(runtime: Runtime, world: World, role: str = "cm", **changes: object) -> uuid.UUID:
    """Write an invitation to the person with this role; return the letter's id."""
    with runtime.database.agency(world.agency_id) as session:
        membership = session.get_one(Membership, (world.agency_id, world.people[role].membership_id))
        for name, value in changes.items():
            setattr(membership, name, value)
        invitation = invitations.issue(session, membership.id, world.people["owner"].membership_id)
        return session.scalars(
            select(Letter.id).where(Letter.about["invitation_id"].astext == str(invitation.id))
        ).one()


def letter(runtime: Runtime, world: World, letter_id: uuid.UUID) -> Letter:
    with runtime.database.agency(world.agency_id) as session:
        return session.get_one(Letter, (world.agency_id, letter_id))


def waiting(worker: Runtime, letter_id: uuid.UUID) -> Dispatch | None:
    with worker.database.everywhere() as session:
        return session.scalars(select(Dispatch).where(Dispatch.item_id == letter_id)).one_or_none()


def make_due(worker: Runtime) -> None:
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now(), lease_until = null where queue = 'mail'"))
        session.execute(text("update app.identity_letters set due_at = now() where sent_at is null"))


def only(box: Mailbox) -> KeptMail:
    (mail,) = box.newest()
    return mail


def test_an_invitation_leaves_with_a_link_that_works(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox
) -> None:
    letter_id = invite(runtime, world)
    assert send_due(worker, 20, box) == 1
    mail = only(box)
    token = LINK.search(mail.text("plain"))[0].rpartition("/")[2]
    assert f"http://localhost/{world.slug}/invitations/{token}" in mail.text("html")
    with runtime.database.agency(world.agency_id) as session:
        assert invitations.find(session, token)[1].id == world.people["cm"].membership_id
    assert letter(runtime, world, letter_id).state == "sent"
    assert waiting(worker, letter_id) is None
    assert send_due(worker, 20, box) == 0


@pytest.mark.parametrize(("role", "white_label", "named"), [
    ("cm", True, True), ("client_approver", True, False), ("client_approver", False, True),
])  # fmt: skip
def test_an_invitation_names_the_product_to_the_agency_s_own(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox, role: str, white_label: bool, named: bool
) -> None:
    with runtime.database.agency(world.agency_id) as session:
        session.get_one(Agency, world.agency_id).white_label = white_label
    invite(runtime, world, role)
    send_due(worker, 20, box)
    assert ("Unisson" in only(box).text("plain")) is named


def test_a_mail_is_well_formed(runtime: Runtime, worker: Runtime, world: World, box: Mailbox) -> None:
    letter_id = invite(runtime, world)
    send_due(worker, 20, box)
    mail = only(box)
    assert mail.header("Message-ID") == f"<{letter_id}@localhost>"
    assert mail.header("Auto-Submitted") == "auto-generated"
    assert mail.message["Date"].datetime.utcoffset() is not None
    assert mail.header("Delivered-To") == world.people["cm"].email
    assert "@media" in mail.text("html")
    assert 'style="' in mail.text("html")
    assert not re.search(r"https?://(?!localhost)", mail.text("html"))


@pytest.mark.parametrize(
    "wishes", [("en", "fr", "en"), (None, "en", "en"), (None, None, "fr"), ("fr", "en", "fr")], ids=str
)
def test_a_mail_speaks_its_reader_s_language(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox, wishes: tuple[str, ...]
) -> None:
    membership, identity, spoken = wishes
    with runtime.database.everywhere() as everywhere:
        everywhere.get_one(Identity, world.people["cm"].identity_id).language = identity
    invite(runtime, world, language=membership)
    send_due(worker, 20, box)
    mail = only(box)
    assert mail.header("Content-Language") == spoken
    assert f'<html lang="{spoken}"' in mail.text("html")


def test_a_server_that_is_away_loses_nothing(
    runtime: Runtime, worker: Runtime, world: World, smtp: StandInSmtp, tmp_path: Path
) -> None:
    first, second = invite(runtime, world), invite(runtime, world, "rp")
    away = SmtpTransport(SmtpServer("127.0.0.1", 1), seconds=2)
    assert send_due(worker, 20, away) == 1
    for each in (first, second):
        assert letter(runtime, world, each).state == "waiting"
        assert waiting(worker, each).due_at > utcnow() + timedelta(seconds=10)
    assert sorted(letter(runtime, world, each).attempts for each in (first, second)) == [0, 1]
    assert any("refused" in (letter(runtime, world, each).last_error or "").lower() for each in (first, second))
    assert send_due(worker, 20, away) == 0
    make_due(worker)
    here = SmtpTransport(SmtpServer("127.0.0.1", smtp.port), seconds=5)
    assert send_due(worker, 20, here) == 2
    here.close()
    taken = [entry["to"] for entry in smtp.effects.all()]
    assert sorted(taken) == sorted([[world.people["cm"].email], [world.people["rp"].email]])
    assert letter(runtime, world, first).state == letter(runtime, world, second).state == "sent"


@pytest.mark.parametrize("answer", [Deferred("greylisted"), Lost("no answer")])
def test_a_mail_that_was_not_surely_taken_is_sent_again(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox, answer: MailResult
) -> None:
    letter_id = invite(runtime, world)
    transport = Answering(box, [answer])
    send_due(worker, 20, transport)
    assert letter(runtime, world, letter_id).state == "waiting"
    assert letter(runtime, world, letter_id).last_error == answer.reason
    make_due(worker)
    send_due(worker, 20, transport)
    assert letter(runtime, world, letter_id).state == "sent"
    assert only(box).header("Message-ID") == f"<{letter_id}@localhost>"


def test_after_two_days_a_mail_is_given_up_visibly(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox
) -> None:
    letter_id = invite(runtime, world)
    with runtime.database.agency(world.agency_id) as session:
        session.get_one(Letter, (world.agency_id, letter_id)).created_at = utcnow() - timedelta(days=2, minutes=1)
    send_due(worker, 20, Answering(box, [Deferred("421 away", down=True)]))
    kept = letter(runtime, world, letter_id)
    assert (kept.state, kept.last_error) == ("failed", "421 away")
    assert waiting(worker, letter_id) is None
    assert ("mail.failed", world.people["cm"].membership_id) in trail(runtime, world)
    with runtime.database.agency(world.agency_id) as session:
        assert [each.id for each, _member in undelivered(session)] == [letter_id]


def trail(runtime: Runtime, world: World) -> list[tuple[str, uuid.UUID]]:
    with runtime.database.agency(world.agency_id) as session:
        return [tuple(row) for row in session.execute(text("select verb, subject_id from app.events"))]


def test_an_address_that_does_not_exist_is_given_up_at_once(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox
) -> None:
    letter_id = invite(runtime, world)
    send_due(worker, 20, Answering(box, [Rejected("550 no such user")]))
    assert letter(runtime, world, letter_id).state == "failed"


@pytest.mark.parametrize("hostile", ["Eve\r\nBcc: all@example.org", "Eve\nSubject: x", "E\u2028ve\x00", '"<eve@evil>"'])
def test_no_name_writes_a_header(runtime: Runtime, worker: Runtime, world: World, box: Mailbox, hostile: str) -> None:
    if "\x00" in hostile:
        hostile = hostile.replace("\x00", "\x01")
    with runtime.database.agency(world.agency_id) as session:
        session.get_one(Membership, (world.agency_id, world.people["owner"].membership_id)).name = hostile
        session.execute(text("update app.agencies set name = :name"), {"name": hostile})
    invite(runtime, world, name=hostile)
    assert send_due(worker, 20, box) == 1
    mail = only(box)
    assert [name for name in mail.message if name in {"Bcc", "Subject"}] == ["Subject"]
    assert [each.addr_spec for each in mail.message["To"].addresses] == [world.people["cm"].email]


def test_what_is_no_longer_true_is_not_sent(runtime: Runtime, worker: Runtime, world: World, box: Mailbox) -> None:
    revoked, removed = invite(runtime, world), invite(runtime, world, "rp", removed_at=utcnow())
    with runtime.database.agency(world.agency_id) as session:
        invitations.revoke(session, world.people["cm"].membership_id)
    send_due(worker, 20, box)
    assert not box.newest()
    assert letter(runtime, world, revoked).state == letter(runtime, world, removed).state == "dropped"


def test_a_mail_that_can_t_be_written_stops_no_other(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox
) -> None:
    with runtime.database.agency(world.agency_id) as session:
        broken = write(session, world.people["rp"].membership_id, "invitation", {"invitation_id": "nonsense"}).id
    invite(runtime, world)
    assert send_due(worker, 20, box) == 2
    assert only(box).header("Delivered-To") == world.people["cm"].email
    assert letter(runtime, world, broken).state == "waiting"
    assert letter(runtime, world, broken).last_error == "could not be written: ValueError"


def identity_letter(runtime: Runtime, world: World, purpose: str) -> uuid.UUID:
    with runtime.database.everywhere() as session:
        made = IdentityLetter(identity_id=world.people["member"].identity_id, purpose=purpose)
        session.add(made)
        session.flush()
        return made.id


@pytest.mark.parametrize("purpose", ["verification", "password_reset"])
def test_a_mail_to_a_person_carries_a_link_that_works(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox, purpose: str
) -> None:
    letter_id = identity_letter(runtime, world, purpose)
    assert send_due(worker, 20, box) == 1
    link = LINK.search(only(box).text("plain"))[0]
    assert link.startswith(f"http://localhost/{purpose.replace('_', '-')}/")
    with runtime.database.everywhere() as session:
        assert tokens.find(session, link.rpartition("/")[2], purpose).id == letter_id
    assert send_due(worker, 20, box) == 0


def test_an_address_that_has_an_account_is_told_so(
    runtime: Runtime, worker: Runtime, world: World, box: Mailbox
) -> None:
    identity_letter(runtime, world, "already_registered")
    send_due(worker, 20, box)
    said = only(box).text("plain")
    assert "http://localhost/sign-in" in said
    assert "works with you" not in said  # who gets it may work with nobody


def test_a_mail_to_a_person_waits_for_the_server(runtime: Runtime, worker: Runtime, world: World, box: Mailbox) -> None:
    letter_id = identity_letter(runtime, world, "verification")
    invite(runtime, world)
    transport = Answering(box, [Deferred("away", down=True)])
    assert send_due(worker, 20, transport) == 1
    with runtime.database.everywhere() as session:
        kept = session.get_one(IdentityLetter, letter_id)
        assert (kept.sent_at, kept.attempts, kept.last_error) == (None, 1, "away")
        assert kept.due_at > utcnow() + timedelta(seconds=10)
    make_due(worker)
    assert send_due(worker, 20, transport) == 2


def test_two_workers_send_a_mail_once(runtime: Runtime, worker: Runtime, world: World, box: Mailbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for role in ("cm", "rp", "expert", "client_contact"):
        invite(runtime, world, role)
    identity_letter(runtime, world, "verification")
    with ThreadPoolExecutor(4) as pool:
        tried = list(pool.map(lambda _number: send_due(worker, 20, box), range(4)))
    assert sum(tried) == 5
    assert len(box.newest()) == 5


def test_no_secret_stands_in_the_database(runtime: Runtime, worker: Runtime, world: World, box: Mailbox) -> None:
    invite(runtime, world)
    send_due(worker, 20, box)
    token = LINK.search(only(box).text("plain"))[0].rpartition("/")[2]
    with runtime.database.agency(world.agency_id) as session:
        rows = [str(row) for table in ("letters", "invitations", "events")
                for row in session.execute(text(f"select * from app.{table}"))]  # fmt: skip
    assert rows
    assert not [row for row in rows if token in row]
