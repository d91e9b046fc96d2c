"""The text of an older version is brought back: as any edit does it, after saying what that comes to, and undone."""

import re
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from support.desk import HTTPS, Desk, days_ahead
from support.pictures import picture
from support.statements import recorded

from tenants.base import utcnow
from unisson.activity.models import Event
from unisson.config import Settings
from unisson.editorial.writing import Draft, draft_of, edit
from unisson.publishing.models import Channel
from unisson.runtime import Runtime


@pytest.fixture
def letter_id(desk: Desk) -> uuid.UUID:
    """Return a second channel: an e-mail list."""
    desk.speak_english()
    return desk.letter()


@pytest.fixture
def two(desk: Desk, letter_id: uuid.UUID) -> uuid.UUID:
    """A content whose first version said it otherwise to the letter, with an image; the second is in review."""
    media_id, _digest = desk.picture(picture())
    content_id = desk.write(
        title="Premier titre",
        body="Le premier texte.",
        channel_ids=(desk.world.newsroom_id, letter_id),
        texts=((letter_id, "Chers lecteurs."),),
        pictures=((media_id, "La place"),),
        tags=("été",),
        risks=("price",),
    )
    desk.submit(content_id)
    changed(desk, content_id, title="Second titre", body="Le second texte.", texts=(), pictures=(), tags=(), risks=(),
            kind="article", wall_time=days_ahead(20))  # fmt: skip
    desk.submit(content_id)
    return content_id


def changed(desk: Desk, content_id: uuid.UUID, **more: object) -> None:
    actor = desk.actor("cm")
    with desk.session() as session:
        content = desk.content(content_id, session)
        draft = replace(draft_of(session, content), **more)  # type: ignore[arg-type]  # a test names the fields it means
        edit(session, actor, content_id, draft, content.version)


def stands(desk: Desk, content_id: uuid.UUID) -> tuple[Draft, str]:
    with desk.session() as session:
        content = desk.content(content_id, session)
        return draft_of(session, content), content.state


def brought(desk: Desk, content_id: uuid.UUID, number: int = 1, role: str = "cm", **more: str):
    form = {"number": str(number), "version": str(desk.content(content_id).version), **more}
    return desk.post(role, f"/contents/{content_id}/return", form)


def undone(desk: Desk, content_id: uuid.UUID, role: str = "cm"):
    return desk.post(role, f"/contents/{content_id}/return/undo")


def test_it(desk: Desk, two: uuid.UUID) -> None:
    page = desk.get("cm", f"/contents/{two}/versions")
    assert re.findall(r"/return\?number=(\d+)", page.text) == ["1"], "the second is what stands"
    shown = desk.get("cm", f"/contents/{two}/return?number=1")
    assert shown.status_code == 200
    for words in ("Premier", "Chers lecteurs", "asks for the approval again", "Image 1 was added"):
        assert words in shown.text
    before, state = stands(desk, two)
    assert state == "in_review"
    answer = brought(desk, two)
    assert answer.status_code == 303
    told = desk.browser("cm").get(answer.location, base_url=HTTPS).text
    assert "The text of version 1 is back. Submit it to ask for the approval again." in told
    assert f"/contents/{two}/return/undo" in told
    assert len(re.findall(r"/return\?number=", desk.get("cm", f"/contents/{two}/versions").text)) == 2
    after, state = stands(desk, two)
    assert state == "draft"
    assert (after.title, after.body, after.kind) == ("Premier titre", "Le premier texte.", "post")
    assert (after.tags, after.risks) == (("été",), ("price",))
    assert [words for _key, words in after.texts] == ["Chers lecteurs."]
    assert [alt for _key, alt in after.pictures] == ["La place"]
    assert after.wall_time == before.wall_time


def test_it_is_undone_as_it_was(desk: Desk, two: uuid.UUID, letter_id: uuid.UUID) -> None:
    changed(desk, two, body="Un brouillon que nul n’a soumis.", texts=((letter_id, "À part."),))
    before, _state = stands(desk, two)
    assert brought(desk, two).status_code == 303
    assert stands(desk, two)[0] != before
    assert undone(desk, two).status_code == 303
    assert stands(desk, two)[0] == before


def test_what_was_changed_since_is_not_undone(desk: Desk, two: uuid.UUID) -> None:
    brought(desk, two)
    changed(desk, two, title="Troisième titre")
    before, _state = stands(desk, two)
    answer = undone(desk, two)
    assert "Somebody changed this content" in desk.browser("cm").get(answer.location, base_url=HTTPS).text
    assert stands(desk, two)[0] == before


def test_undoing_twice_or_somebody_else_s_changes_nothing(desk: Desk, two: uuid.UUID) -> None:
    brought(desk, two)
    before, _state = stands(desk, two)
    undone(desk, two, role="rp")
    assert stands(desk, two)[0] == before
    undone(desk, two)
    again, _state = stands(desk, two)
    undone(desk, two)
    assert stands(desk, two)[0] == again


def test_what_is_gone_is_said_and_the_rest_comes_back(
    desk: Desk, two: uuid.UUID, letter_id, settings: Settings
) -> None:
    with desk.session() as session:
        session.get_one(Channel, (session.agency_id, letter_id)).disconnected_at = utcnow()
    owner = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with owner.begin() as connection:
        connection.execute(text("delete from app.media where agency_id = :a"), {"a": desk.world.agency_id})
    owner.dispose()
    shown = desk.get("cm", f"/contents/{two}/return?number=1").text
    assert re.search(r"Some images of this version are gone.*<li>La place</li>", shown, re.DOTALL)
    assert re.search(r"no longer connected.*La lettre", shown, re.DOTALL)
    assert brought(desk, two).status_code == 303
    after, _state = stands(desk, two)
    assert after.pictures == ()
    assert after.channel_ids == (desk.world.newsroom_id,)
    assert after.title == "Premier titre"


def test_the_text_that_stands_is_not_brought_back(desk: Desk, two: uuid.UUID) -> None:
    shown = desk.get("cm", f"/contents/{two}/return?number=2").text
    assert "has this text already" in shown
    version = desk.content(two).version
    answer = brought(desk, two, 2)
    assert answer.status_code == 409
    assert (desk.content(two).version, desk.content(two).state) == (version, "in_review")


@pytest.mark.parametrize("version", ["", "0", "x", "-1", "9" * 30])
def test_a_stale_page_is_refused_and_says_so(desk: Desk, two: uuid.UUID, version: str) -> None:
    before = stands(desk, two)
    answer = brought(desk, two, version=version)
    assert answer.status_code == 409
    assert "Bring back this text" in answer.text
    assert stands(desk, two) == before


@pytest.mark.parametrize("number", ["0", "3", "x", "1.5", "9" * 40, "١", "-1"])
def test_a_version_that_is_none_is_not_found(desk: Desk, two: uuid.UUID, number: str) -> None:
    assert desk.get("cm", f"/contents/{two}/return", query_string={"number": number}).status_code == 404
    assert desk.post("cm", f"/contents/{two}/return", {"number": number, "version": "1"}).status_code == 404


def test_a_content_that_was_never_submitted_has_none(desk: Desk) -> None:
    content_id = desk.write()
    assert desk.get("cm", f"/contents/{content_id}/return").status_code == 404
    assert "Bring back" not in desk.get("cm", f"/contents/{content_id}/versions").text


@pytest.mark.parametrize("state", ["publishing", "published", "cancelled"])
def test_what_leaves_or_is_cancelled_takes_no_text(desk: Desk, state: str) -> None:
    desk.speak_english()
    content_id = desk.in_state("scheduled")
    with desk.session() as session:
        session.execute(text("update app.contents set state = :s where id = :c"), {"s": state, "c": content_id})
    assert desk.get("cm", f"/contents/{content_id}/return").status_code == 409
    assert brought(desk, content_id).status_code == 409
    assert "Bring back" not in desk.get("cm", f"/contents/{content_id}/versions").text


@pytest.mark.parametrize(("role", "status"), [("rp", 303), ("client_approver", 403), ("legal", 403), ("member", 404)])
def test_only_those_who_write_bring_back(desk: Desk, two: uuid.UUID, role: str, status: int) -> None:
    if status == 403:
        desk.approve(two, "rp")
    before = stands(desk, two)
    assert brought(desk, two, role=role).status_code == status
    assert (stands(desk, two) == before) == (status != 303)
    assert "Bring back" not in desk.get("client_approver", f"/contents/{two}/versions").text


def test_a_date_that_has_passed_does_not_stand_in_the_way(desk: Desk, two: uuid.UUID) -> None:
    with desk.session() as session:
        session.execute(
            text("update app.contents set scheduled_at = scheduled_at - interval '60 days',"
                 " wall_time = wall_time - interval '60 days' where id = :c"), {"c": two},
        )  # fmt: skip
    assert brought(desk, two).status_code == 303


def test_the_trail_tells_which(desk: Desk, two: uuid.UUID) -> None:
    brought(desk, two)
    with desk.session() as session:
        told = session.scalars(select(Event).where(Event.subject_id == two).order_by(Event.at.desc())).first()
        assert told is not None
        assert (told.verb, told.details["number"], told.details["reopened"]) == ("content.brought_back", 1, True)


def test_the_page_asks_the_same_however_many_versions_there_are(desk: Desk, two: uuid.UUID, runtime: Runtime) -> None:
    path = f"/contents/{two}/return?number=1"
    desk.get("cm", path)
    with recorded(runtime) as few:
        desk.get("cm", path)
    for number in range(4):
        changed(desk, two, body=f"Le texte {number}.")
        desk.submit(two)
    with recorded(runtime) as many:
        desk.get("cm", path)
    assert len(many) == len(few)
