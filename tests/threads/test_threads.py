"""Threads: never mixed, mended within minutes, answered from either side, told of once."""

import io
import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from support.addresses import digests_in, paths_in
from support.desk import HTTPS, Desk
from support.pictures import picture
from support.statements import recorded

from tenants.errors import RefusedError
from unisson.config import Settings
from unisson.notifications.composing import compose
from unisson.notifications.models import Letter
from unisson.runtime import Runtime
from unisson.storage import storage_of
from unisson.threads import files
from unisson.threads.models import Audience, Thread, ThreadFile, ThreadMention, ThreadMessage
from unisson.threads.writing import MENDABLE, audiences

AGENCY = ("owner", "admin", "account_manager", "cm", "rp")
CLIENT = ("client_approver", "client_contact", "legal", "spokesperson")


def begin(desk: Desk, content_id: uuid.UUID, role: str = "cm", audience: str = "internal", **more: object):
    form = {"audience": audience, "body": "Le titre est trop long.", **more}
    return desk.post(role, f"/contents/{content_id}/threads", form)


def messages(desk: Desk) -> list[ThreadMessage]:
    with desk.session() as session:
        return list(session.scalars(select(ThreadMessage).order_by(ThreadMessage.created_at)))


def thread_id(desk: Desk) -> uuid.UUID:
    with desk.session() as session:
        return session.scalars(select(Thread.id).order_by(Thread.created_at.desc())).first() or uuid.uuid4()


def told(desk: Desk) -> set[str]:
    with desk.session() as session:
        ids = set(session.scalars(select(Letter.membership_id).where(Letter.kind == "thread_message")))
    return {role for role, person in desk.world.people.items() if person.membership_id in ids}


def age(settings: Settings, by: timedelta) -> None:
    """Have been said so long ago: no role of the application may change when."""
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("update app.thread_messages set created_at = created_at - :by"), {"by": by})
    engine.dispose()


def name(desk: Desk, role: str) -> str:
    return desk.actor(role).name


# ── Never mixed: role × audience × verb ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [*AGENCY, *CLIENT])
@pytest.mark.parametrize("audience", ["internal", "client"])
def test_who_reads_and_writes_what(desk: Desk, role: str, audience: str) -> None:
    content_id = desk.in_state("client_turn")
    begin(desk, content_id, "cm", audience, body="MOTS-DE-L-AGENCE")
    thread, (message,) = thread_id(desk), messages(desk)
    may = role in AGENCY or audience == "client"
    assert (Audience(audience) in audiences(desk.actor(role), desk.world.brand_id)) == may
    assert ("MOTS-DE-L-AGENCE" in desk.get(role, f"/contents/{content_id}").text) == may
    assert begin(desk, content_id, role, audience).status_code == (303 if may else 403)
    for path in (f"/threads/{thread}/messages", f"/threads/{thread}/settlement", f"/threads/{thread}/reopening"):
        assert desk.post(role, path, {"body": "Oui."}).status_code == (303 if may else 404), path
    before = len(messages(desk))
    for path in (f"/messages/{message.id}/edit", f"/messages/{message.id}/removal"):
        wanted = 404 if not may else 303 if role == "cm" else 422
        assert desk.post(role, path, {"body": "Autrement."}).status_code == wanted, path
    assert len(messages(desk)) == before


def test_a_client_s_link_shows_theirs_alone_and_answers_in_them_alone(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    begin(desk, content_id, "cm", "internal", body="ENTRE-NOUS")
    inside = thread_id(desk)
    begin(desk, content_id, "cm", "client", body="AVEC-VOUS")
    ours = thread_id(desk)
    token = desk.known(desk.link(content_id)[1])
    path = f"/approve/{token}/contents/{content_id}"
    page = desk.get(None, path).text
    assert "AVEC-VOUS" in page
    assert "ENTRE-NOUS" not in page
    assert desk.post(None, f"{path}/threads/{ours}", {"body": "Merci !"}).status_code == 303
    assert desk.post(None, f"{path}/threads/{inside}", {"body": "Merci !"}).status_code == 404
    form = {"audience": "internal", "body": "Une question."}
    assert desk.post(None, f"{path}/threads", form).status_code == 303
    with desk.session() as session:
        found = session.scalars(select(Thread.audience).where(Thread.id == thread_id(desk))).one()
    assert found == "client"
    assert "Merci !" in desk.get("rp", f"/contents/{content_id}").text


def test_the_database_keeps_an_audience(desk: Desk) -> None:
    begin(desk, desk.in_state("client_turn"))
    with pytest.raises(DBAPIError), desk.session() as session:
        session.execute(update(Thread).values(audience="client"))
    with pytest.raises(DBAPIError), desk.session() as session:
        session.execute(text("delete from app.thread_messages"))


def test_nobody_is_named_where_they_do_not_read(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    answer = begin(desk, content_id, body=f"Vu avec @{name(desk, 'client_approver')} hier")
    assert answer.status_code == 422
    assert "Vu avec @" in answer.text
    assert messages(desk) == []
    assert told(desk) == set()


def test_another_agency_s_thread_does_not_exist(desk: Desk, new_world) -> None:
    there = Desk(desk.app, desk.runtime, new_world())
    begin(there, there.in_state("in_review"))
    assert desk.post("owner", f"/threads/{thread_id(there)}/messages", {"body": "Bonjour"}).status_code == 404


# ── What is said, mended, settled ─────────────────────────────────────────────────────────────────────────────────


def test_it_is_said_about_a_passage_or_a_point(desk: Desk) -> None:
    media_id, digest = desk.picture(picture())
    content_id = desk.write(pictures=((media_id, "La place"),))
    desk.submit(content_id)
    begin(desk, content_id, about="passage", quote="place du Commerce")
    begin(desk, content_id, about="picture", picture=digest, pin_x="50", pin_y="10")
    page = desk.get("rp", f"/contents/{content_id}").text
    assert "<q>place du Commerce</q>" in page
    assert re.search(r"50\s?% .{0,40}10\s?%", page)
    answer = begin(desk, content_id, about="passage", quote="Des mots absents", body="À revoir")
    assert answer.status_code == 422
    assert "À revoir" in answer.text


def test_a_passage_that_is_gone_says_of_which_version_it_was(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    begin(desk, content_id, about="passage", quote="place du Commerce")
    desk.edit(content_id)
    page = desk.get("cm", f"/contents/{content_id}").text
    assert "<q>place du Commerce</q>" in page
    assert "version 1" in page


PDF = b"%PDF-1.7\n%%EOF"


def file_address(page: str, name: str) -> str | None:
    found = re.search(rf'<a href="/[^/"]+(/[^"]+)">(?:(?!</a>).)*{re.escape(name)}</a>', page, re.DOTALL)
    return found[1] if found else None


def test_documents_are_attached_and_handed_out_to_those_who_read(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    begin(desk, content_id, "cm", "client", attached=(io.BytesIO(PDF), "Dossier de presse.pdf"))
    page = desk.get("rp", f"/contents/{content_id}").text
    assert "14\N{NARROW NO-BREAK SPACE}o" in page
    address = file_address(page, "Dossier de presse.pdf")
    assert address is not None
    answer = desk.get("rp", address)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "Dossier" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert desk.get("expert", address).status_code in {403, 404}
    token = desk.known(desk.link(content_id)[1])
    theirs = file_address(desk.get(None, f"/approve/{token}/contents/{content_id}").text, "Dossier de presse.pdf")
    assert theirs is not None
    assert desk.get(None, theirs).data == PDF
    assert desk.app.test_client().get(desk.path(theirs), base_url="https://localhost").status_code == 403


def test_a_document_of_the_agency_s_own_threads_is_nothing_to_the_client(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    begin(desk, content_id, "cm", "internal", attached=(io.BytesIO(PDF), "interne.pdf"))
    with desk.session() as session:
        secret = session.scalars(select(ThreadFile.id)).one()
    token = desk.known(desk.link(content_id)[1])
    assert desk.get(None, f"/approve/{token}/documents/{secret}").status_code == 404
    assert desk.get("client_approver", f"/threads/files/{secret}").status_code == 404
    assert desk.get("client_approver", f"/portal/{desk.world.brand_slug}/documents/{secret}").status_code == 404
    assert desk.get("rp", f"/threads/files/{secret}").status_code == 200


def test_what_is_taken_back_is_handed_out_no_more(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    begin(desk, content_id, attached=(io.BytesIO(PDF), "erreur.pdf"))
    with desk.session() as session:
        file = session.scalars(select(ThreadFile)).one()
    assert desk.post("cm", f"/messages/{file.message_id}/removal").status_code == 303
    assert "erreur.pdf" not in desk.get("cm", f"/contents/{content_id}").text
    assert desk.get("cm", f"/threads/files/{file.id}").status_code == 404


BAD_FILES = {
    "a program": (b"MZ\x90", "facture.exe"),
    "a page": (b"<html><script>1</script>", "page.html"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg"),
    "macros": (b"PK\x03\x04", "tableau.xlsm"),
    "an archive": (b"PK\x03\x04", "tout.zip"),
    "no PDF": (b"MZ\x90", "facture.pdf"),
    "no text": (b"\x00\x01", "notes.txt"),
    "two endings": (b"MZ\x90", "facture.pdf.exe"),
    "no ending": (PDF, "dossier"),
    "nothing": (b"", "vide.pdf"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_what_is_no_document_is_refused_and_the_words_stay(desk: Desk, case: str) -> None:
    content_id = desk.in_state("in_review")
    content, name = BAD_FILES[case]
    answer = begin(desk, content_id, body="Voyez donc", attached=(io.BytesIO(content), name))
    assert answer.status_code in {413, 422}
    assert "Voyez donc" in answer.text
    assert messages(desk) == []


def test_a_heavy_document_is_refused(desk: Desk) -> None:
    heavy = io.BytesIO(PDF + bytes(files.MOST_BYTES))
    with desk.session() as session, pytest.raises(RefusedError) as refused:
        files.keep(session, "lourd.pdf", heavy, storage_of(desk.runtime.settings))
    assert refused.value.sentence is files.TOO_HEAVY
    assert refused.value.status == 413


def test_four_files_at_most(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    many = [(io.BytesIO(f"{number}".encode()), f"{number}.txt") for number in range(5)]
    assert begin(desk, content_id, attached=many).status_code == 422
    four = [(io.BytesIO(f"{number}".encode()), f"{number}.txt") for number in range(4)]
    assert begin(desk, content_id, attached=four).status_code == 303
    with desk.session() as session:
        assert len(session.scalars(select(ThreadFile)).all()) == 4


def test_images_are_attached_and_open_for_those_who_read(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    begin(desk, content_id, "cm", "client", attached=(io.BytesIO(picture()), "place.jpg"))
    page = desk.get("client_approver", f"/contents/{content_id}").text
    src = re.search(r'src="([^"]+)" alt="Image 1"', page)
    assert src is not None
    token = desk.known(desk.link(content_id)[1])
    shown = desk.get(None, f"/approve/{token}/contents/{content_id}").text
    assert paths_in(shown)
    assert desk.browser(None).get(paths_in(shown)[0], base_url=HTTPS).mimetype == "image/jpeg"
    begin(desk, content_id, "cm", "internal", attached=(io.BytesIO(picture(size=(71, 50))), "secret.jpg"))
    with desk.session() as session:
        secret, digest = session.execute(text("select id, digest from app.media order by id desc limit 1")).one()
    for page in (
        desk.get(None, f"/approve/{token}/contents/{content_id}").text,
        desk.get("client_approver", f"/contents/{content_id}").text,
    ):
        assert digest not in digests_in(desk.runtime.settings, page)
    assert digest in digests_in(desk.runtime.settings, desk.get("rp", f"/contents/{content_id}").text)
    assert desk.get("client_approver", f"/media/{secret}").status_code == 404
    assert desk.get("rp", f"/media/{secret}").status_code == 302
    assert desk.browser("client_approver").get(src[1], base_url=HTTPS).status_code == 200
    answer = begin(desk, content_id, body="Voyez", attached=(io.BytesIO(b"no picture"), "x.jpg"))
    assert answer.status_code == 422
    assert "Voyez" in answer.text


def test_a_message_is_mended_for_ten_minutes(desk: Desk, settings: Settings) -> None:
    content_id = desk.in_state("in_review")
    begin(desk, content_id)
    (message,) = messages(desk)
    assert desk.post("cm", f"/messages/{message.id}/edit", {"body": "Le titre est long."}).status_code == 303
    assert messages(desk)[0].body == "Le titre est long."
    assert messages(desk)[0].edited_at is not None
    assert desk.post("cm", f"/messages/{message.id}/edit", {"body": " "}).status_code == 422
    age(settings, MENDABLE + timedelta(seconds=5))
    answer = desk.post("cm", f"/messages/{message.id}/edit", {"body": "Trop tard, mais gardé."})
    assert answer.status_code == 409
    assert "Trop tard, mais gardé." in answer.text
    assert desk.post("cm", f"/messages/{message.id}/removal").status_code == 409
    assert messages(desk)[0].body == "Le titre est long."


def test_what_is_taken_back_is_gone_but_was_there(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    begin(desk, content_id, body="Une sottise")
    (message,) = messages(desk)
    assert desk.post("cm", f"/messages/{message.id}/removal").status_code == 303
    assert messages(desk)[0].body == ""
    assert f"message-{message.id}" in desk.get("rp", f"/contents/{content_id}").text


def test_an_answer_opens_a_settled_thread_again(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    begin(desk, content_id)
    thread = thread_id(desk)
    assert desk.post("rp", f"/threads/{thread}/settlement").status_code == 303
    assert desk.post("rp", f"/threads/{thread}/settlement").status_code == 409
    assert "thread-settled" in desk.get("cm", f"/contents/{content_id}").text
    assert desk.post("cm", f"/threads/{thread}/messages", {"body": "Encore."}).status_code == 303
    assert "thread-settled" not in desk.get("cm", f"/contents/{content_id}").text


@pytest.mark.parametrize("body", ["", " \n ", "x" * 5001])
def test_bad_words_are_refused_and_kept(desk: Desk, body: str) -> None:
    content_id = desk.in_state("in_review")
    assert begin(desk, content_id, body=body).status_code == 422
    begin(desk, content_id)
    answer = desk.post("rp", f"/threads/{thread_id(desk)}/messages", {"body": body})
    assert answer.status_code == 422
    assert len(messages(desk)) == 1


# ── Who is told ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_those_named_and_those_who_spoke_are_told_and_nobody_of_the_other_side(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("client_turn")
    begin(desk, content_id, "rp", body=f"Qu’en dis-tu, @{name(desk, 'account_manager')} ?")
    assert told(desk) == {"account_manager", "cm"}
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(ThreadMention)) == 1
    begin(desk, content_id, "rp", "client", body="Une question pour vous.")
    assert "client_approver" in told(desk)
    with worker.database.agency(desk.world.agency_id) as session, desk.app.app_context():
        letters = session.scalars(select(Letter).where(Letter.kind == "thread_message")).all()
        by_person = {each.membership_id: compose(session, each, "https://u.example") for each in letters}
    ready = by_person[desk.world.people["client_approver"].membership_id]
    assert ready is not None
    assert "/approve/" in ready.words.action_url
    assert ready.words.quote == "Une question pour vous."
    inside = by_person[desk.world.people["account_manager"].membership_id]
    assert inside is not None
    assert "/approve/" not in inside.words.action_url


def test_whoever_of_the_client_s_decided_is_told_when_nothing_waits_on_them_any_more(desk: Desk) -> None:
    begin(desk, desk.in_state("scheduled"), "rp", "client", body="Le prix est-il définitif ?")
    assert told(desk) == {"client_approver", "cm"}
    begin(desk, desk.in_state("client_turn", author="account_manager"), "rp", "internal", body="Entre nous.")
    assert told(desk) == {"client_approver", "cm", "account_manager"}


def test_no_statement_is_added_by_what_was_said(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    begin(desk, content_id)

    def statements() -> int:
        with recorded(desk.runtime) as seen:
            assert desk.get("rp", f"/contents/{content_id}").status_code == 200
        return len(seen)

    statements()
    few = statements()
    for number in range(6):
        begin(desk, content_id, body=f"Autre {number}", attached=(io.BytesIO(picture(size=(80 + number, 50))), "a.jpg"))
        desk.post("rp", f"/threads/{thread_id(desk)}/messages", {"body": f"Réponse {number}"})
    assert statements() == few
