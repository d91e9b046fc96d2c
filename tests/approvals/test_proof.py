"""The proof of approval: complete, for the agency alone, on paper without the network, and never a broken page."""

import socketserver
import subprocess
import sys
import threading
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import weasyprint
from flask import template_rendered
from sqlalchemy import select, text, update
from support.desk import Desk
from support.pictures import picture
from support.statements import recorded
from support.world import PEOPLE
from werkzeug.test import TestResponse

from tenants.permissions import StageRole
from unisson.approvals import deciding, holding, proof_pdf, steering
from unisson.approvals.chain import Approver, Chain, Stage
from unisson.approvals.models import RunStage, Wait
from unisson.approvals.tending import tend_due
from unisson.editorial import writing
from unisson.editorial.models import Revision
from unisson.resources import resource
from unisson.runtime import Runtime

HIDDEN = {"member", "expert"}
STEER = {"owner", "admin", "account_manager", "cm", "rp"}


def proof(desk: Desk, content_id: uuid.UUID, role: str = "cm", ending: str = "") -> TestResponse:
    return desk.get(role, f"/contents/{content_id}/proof{ending}?lang=en")


def changed(desk: Desk, content_id: uuid.UUID, **more: object) -> None:
    actor = desk.actor("cm")
    with desk.session() as session:
        content = desk.content(content_id, session)
        draft = replace(writing.draft_of(session, content), **more)
        writing.edit(session, actor, content_id, draft, content.version)


def lived(desk: Desk) -> uuid.UUID:
    """A content that was sent back, changed, approved by a personal link, held and let go."""
    media, digest = desk.picture(picture(size=(200, 100)))
    content_id = desk.write(pictures=((media, "La place"),))
    desk.submit(content_id)
    rp, shown = desk.actor("rp"), desk.asked(content_id)[0]
    with desk.session() as session:
        anchor = {"picture": {"digest": digest, "x": 0.5, "y": 0.5}}
        deciding.request_changes(session, rp, content_id, shown, "Dimanche <b>plutôt</b>.", anchor=anchor)
    changed(desk, content_id, body="Dimanche à 10 h, place du Commerce.")
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    token = desk.known(desk.link(content_id)[1])
    agent = {"User-Agent": "Navigateur de Gwenaëlle/7"}
    assert desk.get(None, f"/approve/{token}").status_code == 200
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "typed_name": "Gwenaëlle T."}
    assert desk.post(None, f"/approve/{token}/contents/{content_id}/approval", form, headers=agent).status_code == 303
    client = desk.actor("client_approver")
    with desk.session() as session:
        holding.hold(session, client, content_id, "Attendez lundi.")
    with desk.session() as session:
        holding.release(session, client, content_id, "C’est lundi.")
    return content_id


def test_it_says_who_decided_what_when_how_and_by_which_link(desk: Desk) -> None:
    content_id = lived(desk)
    page = proof(desk, content_id).text
    with desk.session() as session:
        digests = session.scalars(select(Revision.digest).where(Revision.content_id == content_id)).all()
    assert len(digests) == 2
    said = [
        *digests, "computed anew: the same", "Asked for changes", "Dimanche &lt;b&gt;plutôt&lt;/b&gt;.", 'class="pin"',
        "Gwenaëlle T.", "By a personal link", "Navigateur de Gwenaëlle/7", "127.0.0.1", "first opened",
        "Signed in with their account", "Stopped: put on hold", "Attendez lundi.", "Let go again", "UTC", "(Paris)",
        "Changed since the version before", "the text", "Press officer",
        "Tells the author that changes are requested", "waits to leave", "What was approved",
        "Dimanche à 10 h, place du Commerce.",
    ]  # fmt: skip
    assert [each for each in said if each not in page] == []


def test_a_digest_that_is_not_that_of_its_bytes_is_said(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("in_review")
    assert "NOT THE SAME" not in proof(desk, content_id).text
    with desk.session() as session:
        revision = session.scalars(select(Revision).where(Revision.content_id == content_id)).one()
        forged = Revision(
            content_id=content_id, number=2, digest="ab" * 32, payload=revision.payload, created_by=revision.created_by
        )
        session.add(forged)
    assert "NOT THE SAME" in proof(desk, content_id).text


def test_silence_stands_with_its_clause_and_its_reminders(desk: Desk, worker: Runtime) -> None:
    clause = "Article 7 : sans réponse, réputé validé."
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where queue = 'approvals'"))
    stage = Stage(approvers=(Approver(role=StageRole.CLIENT_APPROVER),), hours=8, tacit_clause=clause)
    desk.give_chain(Chain(stages=(stage,)))
    content_id = desk.write()
    desk.submit(content_id)
    back = timedelta(hours=2_000)
    with desk.session() as session:
        session.execute(
            update(RunStage).values(opened_at=RunStage.opened_at - back, deadline_at=RunStage.deadline_at - back)
        )
        session.execute(update(Wait).values(asked_at=Wait.asked_at - back))
    for _turn in range(2):  # the first look reminds, the second one takes the silence
        with desk.session() as session:
            session.execute(text("update app.dispatch set due_at = clock_timestamp() where kind = 'stage'"))
        tend_due(worker, 5.0)
    page = proof(desk, content_id).text
    assert "Approved by silence" in page
    assert "Nobody objected by the deadline" in page
    assert page.count(clause) == 2
    assert "Reminded" in page


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_only_those_of_the_agency_who_steer_have_it(desk: Desk, ending: str) -> None:
    content_id = desk.write()
    desk.submit(content_id)
    for role in PEOPLE:
        expected = 200 if role in STEER else 404 if role in HIDDEN else 403
        if ending and expected == 200 and role != "cm":
            continue  # one PDF is enough: each takes a second
        assert proof(desk, content_id, role, ending).status_code == expected, role
    assert '/proof"' in desk.get("cm", f"/contents/{content_id}").text
    assert '/proof"' not in desk.get("client_approver", f"/contents/{content_id}").text


def test_nothing_to_prove_is_said(desk: Desk) -> None:
    content_id = desk.write()
    for ending in ("", ".pdf"):
        answer = proof(desk, content_id, ending=ending)
        assert answer.status_code == 200
        assert "Nothing was submitted yet" in answer.text


def test_it_takes_as_many_queries_for_ten_versions_as_for_two(desk: Desk) -> None:
    content_id = lived(desk)
    proof(desk, content_id)
    with recorded(desk.runtime) as few:
        proof(desk, content_id)
    for number in range(8):
        changed(desk, content_id, title=f"Titre {number}")
        desk.submit(content_id)
        desk.approve(content_id, "rp")
    with recorded(desk.runtime) as many:
        assert "Version 10" in proof(desk, content_id).text
    assert len(many) == len(few)


def rendered(desk: Desk, content_id: uuid.UUID, spoken: str) -> tuple[TestResponse, str]:
    """The answer, and the HTML that was printed for it."""
    seen: list[tuple[Any, dict[str, Any]]] = []

    def note(_app: Any, template: Any, context: dict[str, Any], **_more: Any) -> None:
        seen.append((template, context))

    with template_rendered.connected_to(note, desk.app):
        answer = desk.get("cm", f"/contents/{content_id}/proof.pdf?lang={spoken}")
    (template, context) = next(each for each in seen if each[0].name == "approvals/proof_print.html")
    with desk.app.test_request_context(f"/?lang={spoken}"):
        return answer, template.render(context)


class Nothing(weasyprint.urls.URLFetcher):  # type: ignore[misc]  # a base without annotations
    def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - the signature is WeasyPrint's
        raise ValueError(url)


def words_of(html: str) -> tuple[str, int]:
    """What stands on the pages, line after line, and how many pages there are."""
    document = weasyprint.HTML(string=html, url_fetcher=Nothing()).render()
    boxes = (box for page in document.pages for box in page._page_box.descendants())
    return " ".join(box.text for box in boxes if hasattr(box, "text")), len(document.pages)


@pytest.mark.filterwarnings("ignore")
def test_the_pdf_holds_the_same_in_the_reader_s_language(desk: Desk) -> None:
    content_id = lived(desk)
    answer, html = rendered(desk, content_id, "en")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-1.7")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="proof-{content_id}.pdf"'
    assert "no-store" in answer.headers["Cache-Control"]
    told, pages = words_of(html)
    assert pages >= 2
    for words in ("Proof of approval", "Gwenaëlle T.", "Dimanche <b>plutôt</b>.", "Navigateur de Gwenaëlle/7", "UTC"):
        assert words in told
    assert 'lang="en"' in html
    _french, written = rendered(desk, content_id, "fr")
    assert 'lang="fr"' in written
    assert "mar. " in written or "à 1" in written


@pytest.mark.filterwarnings("ignore")
def test_a_long_title_stays_beside_the_paper(desk: Desk) -> None:
    content_id = desk.write(title="La boîte du centenaire, numérotée sous le couvercle, " * 4)
    desk.submit(content_id)
    sheet = (resource("static") / "css" / "proof_print.css").read_text(encoding="utf-8")
    html = rendered(desk, content_id, "fr")[1].replace("</head>", f"<style>{sheet}</style></head>")
    pages = weasyprint.HTML(string=html, url_fetcher=Nothing()).render().pages
    boxes = [box for page in pages for box in page._page_box.descendants() if hasattr(box, "text")]
    assert [box.text for box in boxes if box.position_x < 0 < box.position_x + box.width] == []


def test_a_hand_over_names_to_whom_and_a_reservation_is_no_approval_by_all(desk: Desk) -> None:
    content_id = desk.write()
    desk.submit(content_id)
    rp, manager = desk.actor("rp"), desk.actor("account_manager")
    with desk.session() as session:
        wait_id = session.scalars(select(Wait.id).where(Wait.content_id == content_id)).one()
        steering.hand_over(session, rp, wait_id, manager.membership_id, content_id)
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "reserved": "1", "comment": "Sauf le prix."}
    assert desk.post("account_manager", f"/contents/{content_id}/approval", form).status_code == 303
    page = proof(desk, content_id).text
    assert f"Handed over to {manager.name}" in page
    assert "Tells the author of a reservation" in page
    assert "Tells the author that it is approved" not in page
    assert f"to {manager.name}" in desk.get("cm", f"/contents/{content_id}?lang=en").text


PAPER = '<!doctype html><html lang="fr"><head><title>Preuve</title>{}</head><body><p>Bonjour</p>{}</body></html>'


def test_the_same_document_gives_the_same_bytes() -> None:
    html = PAPER.format('<link rel="stylesheet" href="asset:proof_print.css">', '<img alt="x" src="picture:aa">')
    pictures = {"aa": ("image/jpeg", picture())}
    one, other = (proof_pdf.printed(html, pictures, "ab") for _ in range(2))
    assert one == other
    assert one != proof_pdf.printed(html.replace("Bonjour", "Bonsoir"), pictures, "ab")
    assert b"/Image" in one
    assert b"/Image" not in proof_pdf.printed(html, {}, "ab")


def test_nothing_is_fetched_from_the_network_or_from_files(tmp_path: Path) -> None:
    asked: list[bytes] = []

    class Listener(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(200))

    secret = tmp_path / "secret.jpg"
    secret.write_bytes(picture())
    with socketserver.TCPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there = f"http://127.0.0.1:{server.server_address[1]}"
        made = proof_pdf.printed(
            PAPER.format(
                f'<link rel="stylesheet" href="{there}/a.css"><style>@import "{there}/b.css"; @font-face {{ font-family: x; src: url("{there}/c.woff2") }} p {{ font-family: x; background: url("{there}/d.png") }}</style>',
                f'<img alt="" src="{there}/e.png"><img alt="" src="file://{secret}"><img alt="" src="//127.0.0.1/f.png"><object data="{there}/g.svg"></object>',
            ),
            {},
            "ab",
        )
        server.shutdown()
    assert made.startswith(b"%PDF")
    assert asked == []
    assert b"/Image" not in made


def test_without_pango_the_printer_says_so() -> None:
    without = (
        "import sys, runpy\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'weasyprint': raise OSError('cannot load library libpango-1.0-0')\n"
        "sys.meta_path.insert(0, Missing())\n"
        f"runpy.run_path({str(proof_pdf.PRINTER)!r}, run_name='__main__')\n"
    )
    ran = subprocess.run([sys.executable, "-c", without], input=b"{}", capture_output=True, check=False, timeout=120)
    assert ran.stdout.startswith(b'{"refused": "no_pango"')
    with pytest.raises(proof_pdf.NoPdfError) as refused:
        proof_pdf._answer(subprocess.CompletedProcess([], 0, ran.stdout, b""))
    assert refused.value.sentence is proof_pdf.NO_PANGO


def test_where_no_pdf_can_be_made_the_page_says_why(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    desk.app.config["PROOF_SECONDS"] = 0.01
    try:
        answer = proof(desk, content_id, ending=".pdf")
    finally:
        del desk.app.config["PROOF_SECONDS"]
    assert answer.status_code == 503
    assert "print the page instead" in answer.text
    assert "Versions and decisions" in answer.text


def test_a_picture_whose_bytes_are_gone_does_not_stop_the_proof(desk: Desk) -> None:
    media, digest = desk.picture(picture(size=(60, 40)))
    content_id = desk.write(pictures=((media, "La place"),))
    desk.submit(content_id)
    kept = Path(desk.runtime.settings.data_dir)
    for file in kept.rglob(digest):
        file.unlink()
    assert proof(desk, content_id, ending=".pdf").status_code == 200
