"""Documents pass the antivirus, where there is one; what it finds, or what nobody could look at, is not kept."""

import dataclasses
import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from standins.clamd import EICAR, StandInClamd
from structlog.testing import capture_logs
from support.desk import Desk
from support.pictures import picture
from support.topics import opened
from support.world import World

from unisson import scanning
from unisson.app import create_app
from unisson.config import Settings
from unisson.runtime import web_runtime
from unisson.threads.models import ThreadFile
from unisson.topics.models import TopicFile

CLEAN = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[StandInClamd]:
    daemon = StandInClamd(tmp_path)
    yield daemon
    daemon.close()


@pytest.fixture
def desk(settings: Settings, world: World, clamd: StandInClamd) -> Iterator[Desk]:
    """A product whose operator has an antivirus."""
    runtime = web_runtime(dataclasses.replace(settings, clamd_address=clamd.address))
    app = create_app(runtime=runtime)
    app.config["WTF_CSRF_ENABLED"] = False
    made = Desk(app, runtime, world)
    made.speak_english()
    yield made
    runtime.database.engine.dispose()
    runtime.valkey.close()


def add(desk: Desk, topic_id: uuid.UUID, *sent: tuple[bytes, str]) -> str:
    data = {"files": [(io.BytesIO(content), name) for content, name in sent]}
    desk.post("rp", f"/topics/{topic_id}/files", data, content_type="multipart/form-data")
    return desk.get("rp", f"/topics/{topic_id}?lang=en").text


def kept(desk: Desk) -> set[str]:
    with desk.session() as session:
        return set(session.scalars(select(TopicFile.filename)))


def test_what_it_finds_is_not_kept_and_the_rest_is(desk: Desk, clamd: StandInClamd) -> None:
    topic_id = opened(desk)
    with capture_logs() as lines:
        page = add(desk, topic_id, (CLEAN, "good.pdf"), (EICAR, "notes.txt"), (picture(), "place.jpg"))
    assert "A virus was found in this file (Eicar-Test.UNOFFICIAL)" in page
    assert kept(desk) == {"good.pdf", "place.jpg"}
    assert clamd.looked_at == 2, "a picture is written anew, and not looked at"
    (line,) = [each for each in lines if each["event"] == "antivirus.found"]
    assert (line["found"], line["agency"]) == ("Eicar-Test.UNOFFICIAL", str(desk.world.agency_id))


@pytest.mark.parametrize("said", ["", "stream: ERROR", "INSTREAM size limit exceeded. ERROR", "x" * 9000])
def test_what_nobody_could_look_at_is_not_kept(desk: Desk, clamd: StandInClamd, said: str) -> None:
    topic_id = opened(desk)
    clamd.answer = said
    with capture_logs() as lines:
        page = add(desk, topic_id, (CLEAN, "good.pdf"))
    assert "be checked for viruses at this moment" in page
    assert kept(desk) == set()
    assert [each["event"] for each in lines if each["event"].startswith("antivirus")] == ["antivirus.away"]
    clamd.answer = None
    assert "good.pdf" in add(desk, topic_id, (CLEAN, "good.pdf"))


def test_a_message_s_document_is_looked_at_too(desk: Desk, clamd: StandInClamd) -> None:
    content_id = desk.in_state("client_turn")
    for content, status in ((EICAR, 422), (CLEAN, 303)):
        data = {"audience": "internal", "body": "Voici.", "attached": (io.BytesIO(content), "notes.txt")}
        sent = desk.post("rp", f"/contents/{content_id}/threads", data)
        assert sent.status_code == status
        assert ("A virus was found" in sent.text) is (content is EICAR)
    assert clamd.looked_at == 2
    with desk.session() as session:
        assert session.scalars(select(ThreadFile.filename)).all() == ["notes.txt"]


def test_a_daemon_that_is_not_there_is_told_from_a_clean_file(tmp_path: Path) -> None:
    for address in (f"unix:{tmp_path}/nobody.ctl", "127.0.0.1:1", "[::1]:1"):
        with pytest.raises(scanning.ScannerAwayError):
            scanning.look(address, CLEAN)
