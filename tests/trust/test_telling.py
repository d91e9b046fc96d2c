"""People are told by mail what becomes of their data, and nothing of the address is kept that the last mail went to."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select, update
from support.desk import HTTPS, Desk
from support.letters import forget_what_others_wrote

from tenants.base import utcnow
from tenants.identities import AccountErasure, GoneAccount, Identity, PrivacyLetter
from tenants.members import Membership
from unisson.mail import Accepted, Deferred, MailResult, Rejected
from unisson.notifications.post import send_due
from unisson.runtime import Runtime
from unisson.trust import accounts, erasing
from unisson.trust.models import Erasure


class Collected:
    """A way out that keeps what it was handed, with the answer that it was told to give."""

    def __init__(self, result: MailResult | None = None) -> None:
        self.sent: list[EmailMessage] = []
        self.result = result or Accepted("ok")

    def send(self, message: EmailMessage, _envelope_from: str, _to: str) -> MailResult:
        self.sent.append(message)
        return self.result

    def to(self, address: str) -> list[EmailMessage]:
        return [each for each in self.sent if address in each["To"]]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def english(desk: Desk, worker: Runtime) -> Desk:
    desk.speak_english()
    forget_what_others_wrote(worker)
    return desk


def mails(worker: Runtime, address: str) -> list[EmailMessage]:
    way = Collected()
    send_due(worker, 30, way)
    return way.to(address)


def left(runtime: Runtime) -> int:
    with runtime.database.everywhere() as session:
        return session.scalar(select(func.count()).select_from(PrivacyLetter)) or 0


def due(desk: Desk, worker: Runtime, role: str) -> None:
    """Let the week pass, and the night after it."""
    with desk.session() as session:
        mine = Erasure.membership_id == desk.world.people[role].membership_id
        session.execute(update(Erasure).where(mine).values(due_at=utcnow() - timedelta(minutes=1)))
    with worker.database.agency(desk.world.agency_id) as session:
        erasing.erase_due(session)


def test_somebody_of_an_agency_is_told_when_it_is_asked_taken_back_and_done(english: Desk, worker: Runtime) -> None:
    desk, person = english, english.world.people["client_approver"]
    there = f"/team/{person.membership_id}/erasure"
    assert desk.post("owner", there, {"sure": "y"}).status_code == 303
    (asked,) = mails(worker, person.email)
    assert "are to be erased" in asked["Subject"]
    assert all(word in text_of(asked) for word in ("in the night after", "under a pseudonym", "17(3)(e)"))
    assert desk.post("owner", f"{there}/withdrawal", {}).status_code == 303
    (kept,) = mails(worker, person.email)
    assert "stay" in kept["Subject"]
    assert desk.post("owner", there, {"sure": "y"}).status_code == 303
    mails(worker, person.email)
    due(desk, worker, "client_approver")
    (done,) = mails(worker, person.email)
    assert "are erased" in done["Subject"]
    assert all(word in text_of(done) for word in ("“Personne effacée 1”", "under a pseudonym", "last message"))
    assert left(worker) == 0
    assert mails(worker, person.email) == []


def test_it_speaks_the_language_of_its_reader(desk: Desk, worker: Runtime) -> None:
    forget_what_others_wrote(worker)
    person = desk.world.people["rp"]
    with desk.session() as session:
        mine = update(Membership).where(Membership.id == person.membership_id)
        session.execute(mine.values(language="fr"))
        erasing.ask(session, desk.actor("owner"), person.membership_id, is_sure=True)
    (asked,) = mails(worker, person.email)
    assert "vont être effacées" in asked["Subject"]
    assert "sous un pseudonyme" in text_of(asked)


def test_an_only_owner_is_told_once_why_nothing_happens(english: Desk, worker: Runtime) -> None:
    desk, owner = english, english.world.people["owner"]
    with desk.session() as session:
        session.add(Erasure(membership_id=owner.membership_id, due_at=utcnow()))
    for expected in (1, 0):
        due(desk, worker, "owner")
        told = mails(worker, owner.email)
        assert ["not erased yet" in each["Subject"] for each in told] == [True] * expected
    with desk.runtime.database.everywhere() as session:
        session.add(AccountErasure(identity_id=owner.identity_id, due_at=utcnow()))
    accounts.erase_due(worker)
    (told,) = mails(worker, owner.email)
    assert "Your account is not erased yet" in told["Subject"]


def test_an_account_gets_one_mail_of_all_of_it(english: Desk, worker: Runtime) -> None:
    desk, me = english, english.world.people["cm"]
    browser = desk.browser("cm")
    for _click in range(2):
        assert browser.post("/me/erasure", data={"sure": "y"}, base_url=HTTPS).status_code == 303
    (asked,) = mails(worker, me.email)
    assert "/me/data" in text_of(asked)
    assert browser.post("/me/erasure/withdrawal", base_url=HTTPS).status_code == 303
    (kept,) = mails(worker, me.email)
    assert "stays as it is" in kept["Subject"]
    assert browser.post("/me/erasure", data={"sure": "y"}, base_url=HTTPS).status_code == 303
    mails(worker, me.email)
    with worker.database.everywhere() as session:
        mine = AccountErasure.identity_id == me.identity_id
        session.execute(update(AccountErasure).where(mine).values(due_at=utcnow() - timedelta(minutes=1)))
    accounts.erase_due(worker)
    (done,) = mails(worker, me.email)
    assert done["Subject"] == "Your account is erased"
    with worker.database.everywhere() as session:
        assert session.get(Identity, me.identity_id) is None
        assert session.get(GoneAccount, me.identity_id) is not None


def test_what_waits_is_sealed_and_gone_once_it_can_t_arrive(english: Desk, worker: Runtime) -> None:
    desk, person = english, english.world.people["legal"]
    with desk.session() as session:
        erasing.ask(session, desk.actor("owner"), person.membership_id, is_sure=True)
    with worker.database.everywhere() as session:
        (sealed,) = session.scalars(select(PrivacyLetter.sealed)).all()
    assert person.email.encode() not in sealed
    assert worker.vault.open(sealed)["to"] == person.email
    send_due(worker, 10, Collected(Deferred("450 later")))
    assert left(worker) == 1
    assert mails(worker, person.email) == [], "it waits for its next try"
    with worker.database.everywhere() as session:
        session.execute(update(PrivacyLetter).values(due_at=utcnow()))
    send_due(worker, 10, Collected(Rejected(f"550 no {person.email}")))
    assert left(worker) == 0
    with worker.database.everywhere() as session:
        session.add(PrivacyLetter(id=person.membership_id, sealed=b"of another key"))
    send_due(worker, 10, Collected())
    assert left(worker) == 0
