"""What a stranger's file or page could make a parser open, and what its name could write into a header."""

import io
import uuid
import zipfile
from pathlib import Path

from flask import Flask
from standins.wire import HttpServer, Reply
from werkzeug.http import parse_options_header

from tenants.context import acting_for
from tenants.errors import RefusedError
from unisson.imports import sheets
from unisson.media.documents import PDF, Document, document_answer, document_key
from unisson.outbound import Deadline, Outbound
from unisson.publishing.channels.linkcard import link_card
from unisson.runtime import Runtime
from unisson.storage import storage_of
from unisson.web.spreadsheets import as_xlsx

SECRET = "what-nobody-may-read"


def doctype(name: str, kept: Path) -> str:
    kept.write_text(SECRET)
    return f'<!DOCTYPE {name} [<!ENTITY x SYSTEM "{kept.as_uri()}"><!ENTITY y "{"&x;" * 50}">]>'


def test_a_page_s_entities_open_no_file(tmp_path: Path) -> None:
    head = doctype("html", tmp_path / "secret")
    page = "<html><head><title>A &x; &y;</title><link rel='import' href='/more'></head><body>&x;</body></html>"
    pages, asked = [head + page, f'<?xml version="1.0"?>{head}{page}', page], []

    def answer(call: object) -> Reply:
        asked.append(call)
        return Reply(200, pages[len(asked) - 1].encode(), headers={"Content-Type": "text/html"})

    with HttpServer(answer) as server:
        cards = [link_card(Outbound([server.place]), server.url, Deadline.after(30)) for _page in pages]
    assert SECRET not in repr(cards)
    assert cards[-1] is not None
    assert cards[-1].title.startswith("A &x")
    assert len(asked) == len(pages)


def test_a_workbook_s_entities_open_no_file(tmp_path: Path) -> None:
    head, out = doctype("x", tmp_path / "secret"), io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_xlsx("A", ["Titre"], [["Un"]]))) as old,
        zipfile.ZipFile(out, "w") as new,
    ):
        for name in old.namelist():
            text = old.read(name).decode()
            if name.endswith((".xml", ".rels")):
                text = text.replace("?>", f"?>{head}", 1).replace("<t>Un</t>", "<t>&x;&y;</t>")
            new.writestr(name, text)
    try:
        read = sheets.read_sheet(io.BytesIO(out.getvalue()))
    except RefusedError:
        return
    assert SECRET not in repr(read)


def test_a_document_s_name_stays_a_name(app: Flask, runtime: Runtime) -> None:
    storage, agency_id = storage_of(runtime.settings), uuid.uuid4()
    with acting_for(agency_id):
        storage.put(b"%PDF-", *document_key("d" * 64))
    for name in ('a"; filename="b.exe', "été \u202egpj.pdf", "a;b=c.pdf", "../../x.pdf", "a\\b.pdf"):
        with app.test_request_context():
            answer = document_answer(storage, agency_id, Document("d" * 64, name, PDF, 5))
            told = answer.headers["Content-Disposition"]
            answer.close()
        assert "\n" not in told
        kind, options = parse_options_header(told)
        assert kind == "attachment"
        assert options == {"filename": name}
