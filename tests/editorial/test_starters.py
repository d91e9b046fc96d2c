"""Templates: a content kept to begin others from, renamed and put away with a way back."""

import re
import uuid

import pytest
from support.desk import Desk
from support.links import bluesky_of, field_of
from support.statements import recorded
from support.xss import CORPUS

from unisson.editorial.beside import Beside
from unisson.editorial.models_of_brand import ContentTemplate
from unisson.editorial.starters import LONGEST_NAME, draft_from, save_template, templates_of
from unisson.editorial.writing import draft_of


@pytest.fixture
def english(desk: Desk) -> Desk:
    desk.speak_english()
    return desk


def made(desk: Desk, name: str = "Le lundi", **more: object) -> uuid.UUID:
    content_id = desk.write(**more)
    with desk.session() as session:
        return save_template(session, desk.actor("cm"), content_id, name).id


def kept(desk: Desk, template_id: uuid.UUID) -> ContentTemplate:
    with desk.session() as session:
        return session.get_one(ContentTemplate, (desk.world.agency_id, template_id))


def page(desk: Desk) -> str:
    return f"/brands/{desk.world.brand_slug}/templates"


def test_it(english: Desk) -> None:
    desk = english
    channel_id = bluesky_of(desk)
    content_id = desk.write(
        channel_ids=(channel_id, desk.world.newsroom_id), texts=((channel_id, "Court."),), tags=("été",), pillar="Savoir",
        risks=("price",), beside=Beside(tagged=True, thread=("Suite.",)),
    )  # fmt: skip
    assert desk.post("cm", f"/contents/{content_id}/template", {"template": "  Le   lundi "}).status_code == 303
    shown = desk.get("rp", page(desk)).text
    assert "Le lundi" in shown
    with desk.session() as session:
        (template,) = templates_of(session, desk.world.brand_id)
        before, after = draft_of(session, desk.content(content_id, session)), draft_from(session, template)
    assert after.wall_time is None
    for name in ("kind", "title", "body", "tags", "risks", "channel_ids", "pillar", "texts", "beside"):
        assert getattr(after, name) == getattr(before, name), name
    path = f"/brands/{desk.world.brand_slug}/contents/new"
    begun = desk.get("cm", f"{path}?template={template.id}&date=2030-05-06").text
    assert field_of(begun, "title") == "La saison ouvre"
    assert field_of(begun, "date") == "2030-05-06"
    assert "Court." in begun
    assert "Suite." in begun
    assert field_of(begun, "version") == ""


def test_channels_that_are_gone_are_left_out(english: Desk) -> None:
    channel_id = bluesky_of(english)
    template_id = made(english, channel_ids=(channel_id, english.world.newsroom_id))
    assert english.post("cm", f"/channels/{channel_id}/disconnection").status_code < 400
    with english.session() as session:
        template = session.get_one(ContentTemplate, (english.world.agency_id, template_id))
        assert draft_from(session, template).channel_ids == (english.world.newsroom_id,)


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1), "\n"])
def test_a_name_that_is_none_is_refused_and_kept(name: str, english: Desk) -> None:
    content_id = english.write()
    answer = english.post("cm", f"/contents/{content_id}/template", {"template": name})
    assert answer.status_code == 422
    assert "Give the template a name" in answer.text
    assert name.strip() in answer.text
    with english.session() as session:
        assert not templates_of(session, english.world.brand_id)


def test_renaming_can_be_undone_and_is_not_written_over(english: Desk) -> None:
    template_id = made(english)
    path = f"/templates/{template_id}/name"
    assert english.post("cm", path, {"name": "Le mardi", "version": "1"}).status_code == 303
    shown = english.get("cm", page(english)).text
    assert "Le mardi" in shown
    stale = english.post("rp", path, {"name": "Le jeudi", "version": "1"})
    assert stale.status_code == 409
    assert "Le jeudi" in stale.text
    undo = re.search(r'action="([^"]*/name\?[^"]*)"', shown)[1].replace("&amp;", "&")
    assert english.post("cm", undo.removeprefix(f"/{english.world.slug}")).status_code == 303
    assert kept(english, template_id).name == "Le lundi"
    refused = english.post("cm", path, {"name": " ", "version": "3"})
    assert refused.status_code == 422


def test_putting_away_can_be_undone(english: Desk) -> None:
    template_id = made(english)
    assert english.post("cm", f"/templates/{template_id}/archive").status_code == 303
    shown = english.get("cm", page(english)).text
    assert "Begin a content" not in shown
    assert f"/templates/{template_id}/restoration" in shown
    path = f"/brands/{english.world.brand_slug}/contents/new?template={template_id}"
    assert field_of(english.get("cm", path).text, "title") == ""
    assert english.post("cm", f"/templates/{template_id}/restoration").status_code == 303
    assert "Begin a content" in english.get("cm", page(english)).text


@pytest.mark.parametrize("wanted", ["", "x", "1", "00000000-0000-7000-8000-000000000000", "%00"])
def test_an_unknown_one_begins_an_empty_content(wanted: str, english: Desk) -> None:
    path = f"/brands/{english.world.brand_slug}/contents/new?template={wanted}"
    answer = english.get("cm", path)
    assert answer.status_code in {200, 400}


def test_another_brand_s_template_begins_nothing(english: Desk) -> None:
    template_id = made(english)
    path = f"/brands/{english.world.sibling_slug}/contents/new?template={template_id}"
    assert field_of(english.get("owner", path).text, "title") == ""


@pytest.mark.parametrize("role", ["client_approver", "client_contact"])
def test_clients_have_none(role: str, english: Desk) -> None:
    template_id = made(english)
    assert english.get(role, page(english)).status_code == 403
    assert english.post(role, f"/templates/{template_id}/archive").status_code == 403
    content_id = english.in_state("client_turn")
    assert "Save as a template" not in english.get("client_approver", f"/contents/{content_id}").text


def test_names_are_never_markup(english: Desk) -> None:
    texts = [text for text in CORPUS if "<" in text and len(text) < LONGEST_NAME][:8]
    for text in texts:
        made(english, text, title=text)
    shown = english.get("cm", page(english)).text
    assert texts
    for text in texts:
        assert text not in shown


def test_more_of_them_ask_no_more(english: Desk) -> None:
    counts = []
    for _ in range(2):
        for number in range(3):
            made(english, f"n° {number}")
        english.get("cm", page(english))
        with recorded(english.runtime) as seen:
            english.get("cm", page(english))
        counts.append(len(seen))
    assert counts[0] == counts[1]
