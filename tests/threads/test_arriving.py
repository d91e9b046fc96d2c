"""Answers by mail: into the thread once, from the person it was made for alone, without what they quote."""

import uuid
from dataclasses import replace
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from support.desk import Desk
from support.pictures import picture
from threads.test_threads import begin, messages

from tenants.base import utcnow
from tenants.members import Membership
from unisson.notifications.composing import compose
from unisson.notifications.envelopes import stationery
from unisson.notifications.models import Letter
from unisson.notifications.words import Ready
from unisson.runtime import Runtime
from unisson.threads import arriving
from unisson.threads.addresses import GOOD_FOR, address, agency_tail, letter_of, token_in
from unisson.threads.arriving import Outcome, take, words_of
from unisson.threads.models import ThreadFile, ThreadPicture
from unisson.threads.telling_back import KIND, MOST_A_DAY

INBOUND = "reponse@desk.example"


@pytest.fixture
def reading(worker: Runtime) -> Runtime:
    """A worker of an installation that reads answers."""
    settings = replace(worker.settings, inbound_mail_url="imaps://u:p@mail.example", inbound_address=INBOUND)
    return replace(worker, settings=settings)


def letter(desk: Desk, role: str) -> Letter:
    with desk.session() as session:
        return session.scalars(
            select(Letter)
            .where(Letter.kind == "thread_message", Letter.membership_id == desk.world.people[role].membership_id)
            .order_by(Letter.created_at.desc())
        ).first()


def answer(desk: Desk, role: str, body: str = "D’accord.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Quelqu’un <{desk.world.people[role].email}>"
    to = address(INBOUND, desk.runtime.settings.secret_key, desk.world.agency_id, letter(desk, role).id)
    mail["To"] = f"Atelier <{to}>"
    mail["Message-ID"] = make_msgid()
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    return mail


@pytest.fixture
def asked(desk: Desk) -> uuid.UUID:
    """A content with a thread of each kind, of which letters left."""
    content_id = desk.in_state("client_turn")
    begin(desk, content_id, "rp", "internal", body="Entre nous.")
    begin(desk, content_id, "rp", "client", body="Une question.")
    return content_id


def test_an_answer_stands_in_its_thread(desk: Desk, reading: Runtime, asked) -> None:
    body = (
        "Oui, dimanche.\n\nCamille\n\nLe 12 mars 2026 à 10:00, Atelier Nord <a@b.example> a écrit :\n> Une question.\n"
    )
    assert take(reading, answer(desk, "client_approver", body)) is Outcome.TAKEN
    last = messages(desk)[-1]
    assert last.body == "Oui, dimanche.\n\nCamille"
    assert last.author_id == desk.world.people["client_approver"].membership_id
    assert "Oui, dimanche." in desk.get("rp", f"/contents/{asked}").text


def test_what_is_attached_stands_with_it_and_the_rest_is_left(desk: Desk, reading: Runtime, asked) -> None:
    mail = answer(desk, "client_approver", "Voici.")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Devis signé.pdf")
    mail.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="facture.exe")
    mail.add_attachment(picture(), maintype="image", subtype="jpeg", filename="place.jpg")
    mail.add_attachment(b"<svg/>", maintype="image", subtype="svg+xml", filename="logo.svg")
    assert take(reading, mail) is Outcome.TAKEN
    assert take(reading, mail) is Outcome.AGAIN
    last = messages(desk)[-1]
    with desk.session() as session:
        files = session.scalars(select(ThreadFile).where(ThreadFile.message_id == last.id)).all()
        pictures = session.scalars(select(ThreadPicture).where(ThreadPicture.message_id == last.id)).all()
    assert [each.filename for each in files] == ["Devis signé.pdf"]
    assert len(pictures) == 1
    assert desk.get("rp", f"/threads/files/{files[0].id}").data == b"%PDF-1.7"
    (told,) = told_back(desk)
    assert told.about["files"] == "facture.exe, logo.svg"
    words = composed(desk, reading, told).words
    assert any("facture.exe, logo.svg" in each for each in words.paragraphs)
    assert words.subject.startswith("Without all of its files:")


def test_a_mail_stays_where_it_is_while_its_files_cannot_be_kept(
    desk: Desk, reading: Runtime, asked, tmp_path: Path
) -> None:
    broken = tmp_path / "store"
    broken.write_text("a file stands where the folder should")
    away = replace(reading, settings=replace(reading.settings, storage_url=f"file://{broken}"))
    mail = answer(desk, "client_approver", "Voici.")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="a.pdf")
    with pytest.raises(OSError, match="stays where it is"):
        take(away, mail)
    assert "Voici." not in [each.body for each in messages(desk)]
    assert take(reading, mail) is Outcome.TAKEN


def test_it_is_taken_in_once(desk: Desk, reading: Runtime, asked) -> None:
    mail = answer(desk, "client_approver")
    assert [take(reading, mail) for _ in range(3)] == [Outcome.TAKEN, Outcome.AGAIN, Outcome.AGAIN]
    assert [each.body for each in messages(desk)].count("D’accord.") == 1


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({"From": "x@example.org"}, Outcome.OTHER_SENDER),
        ({"From": ""}, Outcome.OTHER_SENDER),
        ({"Auto_Submitted": "auto-replied"}, Outcome.AUTOMATIC),
        ({"Precedence": "bulk"}, Outcome.AUTOMATIC),
        ({"X_Autoreply": "yes"}, Outcome.AUTOMATIC),
        ({"Return_Path": "<>"}, Outcome.AUTOMATIC),
        ({"List_Id": "<x.example>"}, Outcome.AUTOMATIC),
        ({"To": INBOUND}, Outcome.UNKNOWN),
        ({"To": f"reponse+{'a' * 48}@desk.example"}, Outcome.UNKNOWN),
    ],
)
def test_what_is_not_theirs_to_say_is_not_said(
    desk: Desk, reading: Runtime, asked, headers: dict[str, str], outcome: Outcome
) -> None:
    before = len(messages(desk))
    assert take(reading, answer(desk, "client_approver", **headers)) is outcome
    assert len(messages(desk)) == before


def test_an_address_is_its_reader_s_alone(desk: Desk, reading: Runtime, asked) -> None:
    """The press officer's address, from the client: a forwarded mail lets nobody into another thread."""
    theirs = address(INBOUND, desk.runtime.settings.secret_key, desk.world.agency_id, letter(desk, "cm").id)
    before = len(messages(desk))
    assert take(reading, answer(desk, "client_approver", To=theirs)) is Outcome.OTHER_SENDER
    assert len(messages(desk)) == before


@pytest.mark.parametrize("ends", ["old", "removed", "empty"])
def test_what_is_over_takes_no_answer(desk: Desk, reading: Runtime, asked, ends: str) -> None:
    mail = answer(desk, "client_approver", " \n\n" if ends == "empty" else "Oui.")
    before = len(messages(desk))
    with desk.session() as session:
        if ends == "old":
            session.execute(update(Letter).values(created_at=utcnow() - GOOD_FOR * 2))
        elif ends == "removed":
            client = desk.world.people["client_approver"].membership_id
            session.execute(update(Membership).where(Membership.id == client).values(removed_at=utcnow()))
    expected = {"old": Outcome.OLD, "removed": Outcome.OTHER_SENDER, "empty": Outcome.EMPTY}[ends]
    assert take(reading, mail) is expected
    assert len(messages(desk)) == before


def test_a_content_that_went_back_is_not_answered(desk: Desk, reading: Runtime, asked) -> None:
    mail = answer(desk, "client_approver")
    from unisson.approvals import circuit

    with desk.session() as session:
        circuit.withdraw(session, desk.actor("cm"), asked)
    assert take(reading, mail) is Outcome.REFUSED
    assert arriving._safely(reading, b"\xff\xfe not a mail") is Outcome.UNKNOWN
    (told,) = told_back(desk)
    assert told.about["why"] == "over"
    assert told.about["content_id"] == str(asked)
    ready = composed(desk, reading, told)
    assert "does not stand in the conversation" in ready.words.heading
    assert ready.reader.email == desk.world.people["client_approver"].email
    assert not ready.reply_to.startswith("reponse+"), "an answer to it would be lost like the first"


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"From": "x@example.org"}, "elsewhere"), ({}, "empty"), ({"is_cut": "yes"}, "heavy")],
)
def test_what_was_not_taken_is_told_once_to_whose_it_was(
    desk: Desk, reading: Runtime, asked, changed: dict[str, str], why: str
) -> None:
    is_cut = bool(changed.pop("is_cut", ""))
    mail = answer(desk, "client_approver", " \n", **changed)
    for _again in range(3):
        take(reading, mail, is_cut=is_cut)
    (told,) = told_back(desk)
    assert told.about["why"] == why
    assert told.membership_id == desk.world.people["client_approver"].membership_id


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Return_Path": "<>"}, {"To": INBOUND}])
def test_a_machine_or_a_stranger_is_told_nothing(desk: Desk, reading: Runtime, asked, headers: dict[str, str]) -> None:
    take(reading, answer(desk, "client_approver", " \n", **headers))
    assert told_back(desk) == []


def test_two_programs_that_answer_each_other_end(desk: Desk, reading: Runtime, asked) -> None:
    for _each in range(MOST_A_DAY + 3):
        take(reading, answer(desk, "client_approver", " \n"))
    assert len(told_back(desk)) == MOST_A_DAY


def told_back(desk: Desk) -> list[Letter]:
    with desk.session() as session:
        return list(session.scalars(select(Letter).where(Letter.kind == KIND)))


def composed(desk: Desk, reading: Runtime, letter: Letter) -> Ready:
    desk.speak_english()
    with stationery(reading).app_context(), desk.session() as session:
        ready = compose(session, session.merge(letter), "http://localhost")
    assert ready is not None
    return ready


def test_html_alone_is_read_as_text() -> None:
    mail = EmailMessage()
    mail.set_content("<p>Oui &amp; non<br>Merci</p><script>alert(1)</script>", subtype="html")
    assert words_of(mail) == "Oui & non\nMerci"


WROTE = "Le sam. 28 nov. 2026 à 15:34, Atelier &lt;u@u.example&gt; a écrit :"
QUOTED = {
    "<div>Oui.</div><div>%s<br></div><blockquote>Une question. https://u.example/approve/x</blockquote>": "Oui.",
    "<p>Oui.</p><p>&nbsp;</p><div><p><b>De&nbsp;:</b> Atelier<br><b>Envoyé&nbsp;:</b> samedi<br><b>À&nbsp;:</b> G"
    "<br><b>Objet&nbsp;:</b> La saison</p></div><table><tr><td>Une question.</td></tr></table>": "Oui.",
    "<ul><li>un</li><li>deux</li></ul><p>Fin</p>": "un\ndeux\nFin",
    "<title>Re</title><style>p{}</style><p>Oui</p>": "Oui",
    "<blockquote>Une question.</blockquote>": "",
}


@pytest.mark.parametrize("written", QUOTED)
def test_html_says_what_was_written_and_not_what_it_quotes(written: str) -> None:
    mail = EmailMessage()
    mail.set_content(written.replace("%s", WROTE), subtype="html")
    assert words_of(mail) == QUOTED[written]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Oui.\n\n-- \nCamille\n02 98 00 00 00\n\n> Une question.\n", "Oui."),
        ("Oui --\n--\nEt ceci.", "Oui --\n--\nEt ceci."),
        ("> Une question.\n\n> Une autre.\n", ""),
    ],
)
def test_neither_a_signature_nor_what_is_quoted_alone_is_said(written: str, said: str) -> None:
    mail = EmailMessage()
    mail.set_content(written)
    assert words_of(mail) == said


def test_another_key_or_agency_makes_no_address(desk: Desk) -> None:
    agency, one = desk.world.agency_id, uuid.uuid4()
    made = token_in(INBOUND, [address(INBOUND, "a" * 32, agency, one).upper()])
    assert made is not None
    assert agency_tail(made) == agency.bytes[-6:]
    assert letter_of(made, "a" * 32, agency) == one
    assert letter_of(made, "b" * 32, agency) is None
    assert letter_of(made, "a" * 32, uuid.uuid4()) is None


@given(st.text(max_size=120))
def test_no_recipient_breaks_the_reader(recipient: str) -> None:
    found = token_in(INBOUND, [recipient, f"reponse+{recipient}@desk.example"])
    assert found is None or len(found) == 30
