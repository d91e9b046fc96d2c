"""Files of topics: images and documents, added, taken away and put back by who plans, and seen by nobody else."""

import io
import re
import uuid
import zipfile
from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from support.addresses import digests_in
from support.desk import Desk
from support.pictures import picture
from support.statements import recorded
from support.topics import at, opened, put_under
from support.world import World
from werkzeug.test import TestResponse

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import RefusedError
from unisson.activity.models import Event
from unisson.media import documents
from unisson.media.models import Media
from unisson.media.quota import FULL, room
from unisson.topics import files
from unisson.topics.models import TopicFile

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def office(part: str = "word/document.xml", *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


def add(desk: Desk, topic_id: uuid.UUID, *sent: tuple[bytes, str], role: str = "rp") -> TestResponse:
    data = {"files": [(io.BytesIO(content), name) for content, name in sent]}
    return desk.post(role, f"/topics/{topic_id}/files", data, content_type="multipart/form-data")


def page(desk: Desk, topic_id: uuid.UUID, role: str = "rp") -> str:
    return desk.get(role, f"/topics/{topic_id}?lang=en").get_data(as_text=True)


def kept(desk: Desk) -> dict[str, TopicFile]:
    with desk.session() as session:
        return {each.filename: each for each in session.scalars(select(TopicFile)) if each.removed_at is None}


def undo(desk: Desk, html: str) -> TestResponse:
    """Press what the message offers."""
    (action,) = re.findall(r'<form method="post" action="([^"]+)" data-controller="submit-once">\s*<input[^>]+>\s*<button type="submit" class="toast-undo"', html)  # fmt: skip
    return desk.browser("rp").post(action.replace("&amp;", "&"), base_url="https://localhost")


@pytest.fixture
def topic_id(desk: Desk) -> uuid.UUID:
    desk.speak_english()
    return opened(desk)


GOOD = [
    ("dossier.pdf", PDF, documents.PDF),
    ("Lettre.DOCX", office(), documents.OFFICE[".docx"][0]),
    ("budget.xlsx", office("xl/workbook.xml"), documents.OFFICE[".xlsx"][0]),
    ("pitch.pptx", office("ppt/presentation.xml"), documents.OFFICE[".pptx"][0]),
    ("notes.txt", "Été à la mer".encode(), "text/plain"),
    ("chiffres.csv", "Été;Coût\n1;2\n".encode("cp1252"), "text/csv"),
]


@pytest.mark.parametrize(("name", "content", "mime"), GOOD)
def test_a_document_is_kept_and_handed_out_to_be_saved(
    desk: Desk, topic_id: uuid.UUID, name: str, content: bytes, mime: str
) -> None:
    assert add(desk, topic_id, (content, name)).status_code == 303
    file = kept(desk)[name]
    assert (file.mime, file.size, file.media_id) == (mime, len(content), None)
    assert name in page(desk, topic_id)
    answer = desk.get("cm", f"/topics/{topic_id}/files/{file.id}")
    assert answer.data == content
    assert answer.mimetype == mime
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_an_image_comes_through_the_library(desk: Desk, topic_id: uuid.UUID) -> None:
    assert add(desk, topic_id, (picture(), "place.jpg")).status_code == 303
    file = kept(desk)["place.jpg"]
    with desk.session() as session:
        media = session.get_one(Media, (session.agency_id, file.media_id))
    assert (media.digest, media.size, media.brand_id) == (file.digest, file.size, desk.world.brand_id)
    lead = desk.get("rp", f"/topics/{topic_id}/files/{file.id}")
    assert lead.status_code == 302
    assert digests_in(desk.runtime.settings, lead.location) == {file.digest}
    answer = desk.app.test_client().get(lead.location, base_url="https://localhost")
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert f"/media/{media.id}/details" in page(desk, topic_id)


BAD = [
    ("page.html", b"<html>", documents.WRONG_KIND),
    ("tableau.xlsm", office("xl/workbook.xml"), documents.WRONG_KIND),
    ("tout.zip", office(), documents.WRONG_KIND),
    ("", b"x", documents.WRONG_KIND),
    ("vide.pdf", b"", documents.EMPTY),
    ("faux.pdf", b"<html>", documents.NOT_WHAT_IT_SAYS),
    ("faux.docx", office("xl/workbook.xml"), documents.NOT_WHAT_IT_SAYS),
    ("faux.xlsx", PDF, documents.NOT_WHAT_IT_SAYS),
    ("abimé.docx", office()[:-30], documents.NOT_WHAT_IT_SAYS),
    ("entete.docx", b"PK\x03\x04" + bytes(40), documents.NOT_WHAT_IT_SAYS),
    ("faux.txt", b"MZ\x90\x00\x03\x00\x00\x00", documents.NOT_WHAT_IT_SAYS),
    ("macros.docx", office("word/document.xml", "word/vbaProject.bin"), documents.MACROS),
    ("long.docx", office("word/document.xml", *[f"{n}{'x' * 60_000}" for n in range(20)]), documents.NOT_WHAT_IT_SAYS),
    ("lourd.pdf", PDF + bytes(documents.MOST_BYTES), documents.TOO_HEAVY),
]


@pytest.mark.parametrize(("name", "content", "sentence"), BAD, ids=[each[0] for each in BAD])
def test_what_is_no_such_document_is_refused(name: str, content: bytes, sentence: object) -> None:
    with pytest.raises(RefusedError) as refusal:
        documents.agreed_mime(name, content)
    assert refusal.value.sentence is sentence


def test_a_refused_file_takes_no_other_with_it(desk: Desk, topic_id: uuid.UUID) -> None:
    add(desk, topic_id, (PDF, "bon.pdf"), (b"<html>", "page.html"), (b"<svg/>", "a.svg"), (b"\xff\xd8\xff", "a.jpg"))
    assert set(kept(desk)) == {"bon.pdf"}
    html = page(desk, topic_id)
    assert html.count('data-tone="danger"') == 3
    assert "page.html\u00a0– Add images" in html
    assert "1 file added." in html


def test_nothing_chosen_is_said(desk: Desk, topic_id: uuid.UUID) -> None:
    assert add(desk, topic_id).status_code == 303
    assert "Choose a file first." in page(desk, topic_id)


def test_adding_and_taking_away_are_undone(desk: Desk, topic_id: uuid.UUID) -> None:
    add(desk, topic_id, (PDF, "un.pdf"), (PDF + b"2", "deux.pdf"))
    assert undo(desk, page(desk, topic_id)).status_code == 303
    assert kept(desk) == {}
    assert undo(desk, page(desk, topic_id)).status_code == 303
    assert set(kept(desk)) == {"un.pdf", "deux.pdf"}
    file = kept(desk)["un.pdf"]
    assert desk.post("cm", f"/topics/{topic_id}/files/removal", {"file": str(file.id)}).status_code == 303
    assert desk.get("cm", f"/topics/{topic_id}/files/{file.id}").status_code == 404
    assert "un.pdf" not in page(desk, topic_id)
    with desk.session() as session:
        verbs = session.scalars(select(Event.verb).where(Event.verb.startswith("topic.file")).order_by(Event.id)).all()
    assert verbs == ["topic.file_added"] * 2 + ["topic.file_removed", "topic.file_put_back", "topic.file_removed"]


def test_a_file_hangs_once(desk: Desk, topic_id: uuid.UUID) -> None:
    add(desk, topic_id, (PDF, "un.pdf"), (PDF, "encore.pdf"))
    assert set(kept(desk)) == {"un.pdf"}
    first = kept(desk)["un.pdf"]
    desk.post("rp", f"/topics/{topic_id}/files/removal", {"file": str(first.id)})
    add(desk, topic_id, (PDF, "nouveau.pdf"))
    page(desk, topic_id)
    desk.post("rp", f"/topics/{topic_id}/files/return", {"file": str(first.id)})
    assert set(kept(desk)) == {"nouveau.pdf"}
    assert str(files.THERE) in page(desk, topic_id)
    add(desk, opened(desk), (PDF, "ailleurs.pdf"))
    assert set(kept(desk)) == {"nouveau.pdf", "ailleurs.pdf"}


@pytest.mark.parametrize("act", ["removal", "return"])
@pytest.mark.parametrize("file", ["", "x", "00000000-0000-7000-8000-000000000000", "\x00"])
def test_a_name_of_nothing_is_no_fault(desk: Desk, topic_id: uuid.UUID, act: str, file: str) -> None:
    assert desk.post("rp", f"/topics/{topic_id}/files/{act}", {"file": file}).status_code == 404


def test_a_file_of_another_topic_is_not_touched(desk: Desk, topic_id: uuid.UUID) -> None:
    add(desk, topic_id, (PDF, "un.pdf"))
    file, other = kept(desk)["un.pdf"], opened(desk)
    assert desk.get("rp", f"/topics/{other}/files/{file.id}").status_code == 404
    assert desk.post("rp", f"/topics/{other}/files/removal", {"file": str(file.id)}).status_code == 404
    assert set(kept(desk)) == {"un.pdf"}


def test_only_who_plans_sees_it_under_an_embargo_too(
    desk: Desk, topic_id: uuid.UUID, new_world: Callable[[], World]
) -> None:
    put_under(desk, topic_id, at(20))
    add(desk, topic_id, (PDF, "secret.pdf"))
    path = f"/topics/{topic_id}/files/{kept(desk)['secret.pdf'].id}"
    seen = {role for role in desk.world.people if desk.get(role, path).status_code == 200}
    assert seen == {"owner", "admin", "account_manager", "cm", "rp"}
    assert add(desk, topic_id, (PDF + b"2", "b.pdf"), role="client_approver").status_code in {403, 404}
    content_id = desk.write(topic_id=topic_id, wall_time=at(25))
    desk.submit(content_id)
    for role in ("client_approver", "client_contact"):
        assert "secret.pdf" not in desk.get(role, f"/contents/{content_id}").text
    _link, token = desk.link(content_id)
    assert "secret.pdf" not in desk.get(None, f"/approve/{desk.known(token)}/contents/{content_id}").text
    other = new_world()
    stranger = other.sign_in(desk.app.test_client(), "owner")
    for slug in (other.slug, desk.world.slug):
        assert stranger.get(f"/{slug}{path}", base_url="https://localhost").status_code == 404


def test_documents_count_as_room(desk: Desk, topic_id: uuid.UUID) -> None:
    add(desk, topic_id, (PDF, "un.pdf"))
    with desk.session() as session:
        assert room(session).used == len(PDF)
        session.execute(update(Agency).values(media_quota=len(PDF) + 1))
    add(desk, topic_id, (PDF + b"deux", "deux.pdf"))
    assert set(kept(desk)) == {"un.pdf"}
    assert str(FULL).partition("’")[0][:20] in page(desk, topic_id)


def test_a_topic_has_fifty_files_at_most(desk: Desk, topic_id: uuid.UUID) -> None:
    notes = [(f"note {n}".encode(), f"{n}.txt") for n in range(52)]
    for begun in range(0, 52, 10):
        add(desk, topic_id, *notes[begun : begun + 10])
        html = page(desk, topic_id)
    assert len(kept(desk)) == files.MOST_FILES
    assert html.count("A topic has fifty files at most.") == 2


def test_what_is_said_of_ten_files_finds_place_in_a_cookie(desk: Desk, topic_id: uuid.UUID) -> None:
    bad = [(b"MZ\0", f"{n} {'é' * 200}.txt") for n in range(12)]
    answer = add(desk, topic_id, *bad)
    assert all(len(cookie) < 4093 for cookie in answer.headers.getlist("Set-Cookie"))
    html = page(desk, topic_id)
    assert html.count("This file is not what its name says.") == 10
    assert "Ten files can be added at a time." in html
    add(desk, topic_id, *[(f"{n}".encode(), f"{n}.txt") for n in range(10)])
    assert undo(desk, page(desk, topic_id)).status_code == 303
    assert kept(desk) == {}


def test_an_archived_brand_keeps_what_it_has(desk: Desk, topic_id: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))
    add(desk, topic_id, (PDF, "un.pdf"))
    assert kept(desk) == {}


def test_a_file_of_25_mib_passes_through_the_form(desk: Desk, topic_id: uuid.UUID) -> None:
    heavy = PDF + bytes(documents.MOST_BYTES - len(PDF))
    for content, name, status in ((heavy, "lourd.pdf", 303), (heavy + bytes(1024 * 1024), "trop.pdf", 413)):
        answer = add(desk, topic_id, (content, name))
        answer.request.environ["wsgi.input"].close()  # a file of the test client, which it leaves open
        assert answer.status_code == status
    assert {each.size for each in kept(desk).values()} == {documents.MOST_BYTES}


def test_the_page_takes_as_many_statements_however_many_files(desk: Desk, topic_id: uuid.UUID) -> None:
    counts = []
    for more in (1, 6):
        add(desk, topic_id, *[(f"{more} {n}".encode(), f"{more}-{n}.txt") for n in range(more)])
        page(desk, topic_id)
        with recorded(desk.runtime) as statements:
            page(desk, topic_id)
        counts.append(len(statements))
    assert counts[0] == counts[1]
