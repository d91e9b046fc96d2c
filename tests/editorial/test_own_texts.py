"""One content, another text on some channels: inherited, overridden with a mark, given up again."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from support.desk import Desk
from support.pictures import picture
from support.topics import at

from tenants.base import utcnow
from unisson.approvals.chain import Aspect
from unisson.approvals.covering import covers_digest
from unisson.editorial.models import Revision
from unisson.editorial.revisions import payload_of
from unisson.editorial.writing import draft_of, edit
from unisson.publishing.models import Channel
from unisson.strategy.models import Check, Weight
from unisson.strategy.planning import StrategyPlan, open_strategy


@pytest.fixture
def letter_id(desk: Desk) -> uuid.UUID:
    """Return a second channel: an e-mail list."""
    desk.speak_english()
    return desk.letter()


def written(desk: Desk, letter_id: uuid.UUID, **more: object) -> uuid.UUID:
    given = {"channel_ids": (desk.world.newsroom_id, letter_id), "texts": ((letter_id, "Chers lecteurs."),)}
    return desk.write(body="Le texte commun.", **(given | more))


def texts(desk: Desk, content_id: uuid.UUID) -> dict[str, str]:
    with desk.session() as session:
        payload = payload_of(session, desk.content(content_id, session))
        return {channel["name"]: channel["text"] for channel in payload["channels"]}


def change(desk: Desk, content_id: uuid.UUID, **more: Any) -> int:
    """Change a content; return its version."""
    with desk.session() as session:
        draft = draft_of(session, desk.content(content_id, session))
        edit(session, desk.actor("cm"), content_id, replace(draft, **more), None)
    return desk.content(content_id).version


def test_a_channel_has_its_own_text_and_the_others_the_common_one(desk: Desk, letter_id: uuid.UUID) -> None:
    content_id = written(desk, letter_id)
    assert set(texts(desk, content_id).values()) == {"Le texte commun.", "Chers lecteurs."}
    change(desk, content_id, body="Un autre texte commun.")
    assert texts(desk, content_id)["La lettre"] == "Chers lecteurs."
    change(desk, content_id, texts=())
    assert set(texts(desk, content_id).values()) == {"Un autre texte commun."}


@pytest.mark.parametrize("own", ["", "  \n ", "Le texte commun."])
def test_what_says_nothing_else_is_not_a_channel_s_own(desk: Desk, letter_id: uuid.UUID, own: str) -> None:
    content_id = written(desk, letter_id, texts=((letter_id, own),))
    with desk.session() as session:
        assert draft_of(session, desk.content(content_id, session)).texts == ()


def test_a_text_for_a_channel_that_is_not_chosen_is_left(desk: Desk, letter_id: uuid.UUID) -> None:
    content_id = written(desk, letter_id, channel_ids=(desk.world.newsroom_id,))
    assert list(texts(desk, content_id).values()) == ["Le texte commun."]


def test_another_own_text_asks_for_the_approval_again_and_makes_older_pages_stale(
    desk: Desk, letter_id: uuid.UUID
) -> None:
    content_id = written(desk, letter_id)
    desk.submit(content_id)
    before = desk.content(content_id)
    with desk.session() as session:
        payload = session.get_one(Revision, (session.agency_id, before.revision_id)).payload
    assert sorted(channel["text"] for channel in payload["channels"]) == ["Chers lecteurs.", "Le texte commun."]
    change(desk, content_id, texts=((letter_id, "Chers amis."),))
    after = desk.content(content_id)
    assert after.state == "draft"
    assert after.version > before.version
    again = change(desk, content_id, texts=((letter_id, "Chers tous."),))
    assert again > after.version


def typed(desk: Desk, letter_id: uuid.UUID, **more: object) -> dict[str, object]:
    given: dict[str, object] = {
        "kind": "post", "title": "Titre", "body": "Le texte commun.", "action": "save",
        "channel_ids": [str(desk.world.newsroom_id), str(letter_id)], f"text-{letter_id}": "Chers <b>lecteurs</b>.",
    }  # fmt: skip
    return given | more


def test_the_composer_keeps_it_shows_it_and_gives_it_up(desk: Desk, letter_id: uuid.UUID) -> None:
    path = f"/brands/{desk.world.brand_slug}/contents/new"
    answer = desk.post("cm", path, typed(desk, letter_id))
    assert answer.status_code == 303
    content_id = uuid.UUID(answer.location.rsplit("/", 1)[1])
    assert texts(desk, content_id)["La lettre"] == "Chers <b>lecteurs</b>."
    page = desk.get("cm", f"/contents/{content_id}/edit").text
    assert "Chers &lt;b&gt;lecteurs&lt;/b&gt;." in page
    assert "Its own text" in page
    version = str(desk.content(content_id).version)
    form = typed(desk, letter_id, **{f"text-{letter_id}": "", "version": version})
    assert desk.post("cm", f"/contents/{content_id}/edit", form).status_code == 303
    assert set(texts(desk, content_id).values()) == {"Le texte commun."}


def test_a_refusal_keeps_it_and_the_preview_shows_it(desk: Desk, letter_id: uuid.UUID) -> None:
    path = f"/brands/{desk.world.brand_slug}/contents"
    refused = desk.post("cm", f"{path}/new", typed(desk, letter_id, date="jamais", time="10:00"))
    assert refused.status_code == 422
    assert "Chers &lt;b&gt;lecteurs&lt;/b&gt;." in refused.text
    preview = desk.post("cm", f"{path}/preview", typed(desk, letter_id, action="preview")).text
    assert "La lettre has its own text." in preview
    assert "Chers" in preview
    long = desk.post("cm", f"{path}/new", typed(desk, letter_id, **{f"text-{letter_id}": "x" * 100_001}))
    assert long.status_code in {413, 422}


def test_who_saves_over_another_s_text_of_a_channel_sees_it(desk: Desk, letter_id: uuid.UUID) -> None:
    content_id = written(desk, letter_id)
    version = str(desk.content(content_id).version)
    change(desk, content_id, texts=((letter_id, "La version de Salomé."),))
    answer = desk.post("cm", f"/contents/{content_id}/edit", typed(desk, letter_id, version=version))
    assert answer.status_code == 409
    assert "Salomé" in answer.text
    assert "Chers &lt;b&gt;" in answer.text


def test_the_strategy_reads_every_text(desk: Desk, letter_id: uuid.UUID) -> None:
    with desk.session() as session:
        plan = StrategyPlan("S", at(-1).date(), at(90).date(), banned=["chers"], weights={Check.BANNED: Weight.STOP})
        open_strategy(session, desk.actor("cm"), desk.world.brand_id, plan)
    content_id = written(desk, letter_id)
    answer = desk.post("cm", f"/contents/{content_id}/submission", {"version": str(desk.content(content_id).version)})
    assert answer.status_code == 422
    assert "chers" in answer.text


def test_a_foreign_channel_s_text_is_nobody_s(desk: Desk, letter_id: uuid.UUID) -> None:
    path = f"/brands/{desk.world.brand_slug}/contents/new"
    form = typed(desk, letter_id, **{f"text-{uuid.uuid4()}": "Ailleurs", "text-x": "Nulle part"})
    answer = desk.post("cm", path, form)
    assert answer.status_code == 303
    assert "Ailleurs" not in str(texts(desk, uuid.UUID(answer.location.rsplit("/", 1)[1])))


def test_whoever_saves_over_other_images_is_told_too(desk: Desk, letter_id: uuid.UUID) -> None:
    """Images and channels are rows of their own: the version has to grow by them as well."""
    content_id = written(desk, letter_id)
    before = desk.content(content_id).version
    media_id, _digest = desk.picture(picture())
    after = change(desk, content_id, pictures=((media_id, "La place"),))
    assert after > before
    assert change(desk, content_id, pictures=((media_id, "La place, le matin"),)) > after


def test_a_copy_has_all_but_the_date_and_leaves_the_original(desk: Desk, letter_id: uuid.UUID) -> None:
    content_id = written(desk, letter_id, tags=("été",), wall_time=at(5))
    desk.submit(content_id)
    answer = desk.post("cm", f"/contents/{content_id}/duplicate")
    assert answer.status_code == 303
    copy_id = uuid.UUID(answer.location.rsplit("/", 2)[1])
    copy = desk.content(copy_id)
    assert (copy.state, copy.wall_time, copy.tags, copy.version > 0) == ("draft", None, ["été"], True)
    assert texts(desk, copy_id) == texts(desk, content_id)
    assert desk.content(content_id).state == "in_review"
    with desk.session() as session:
        session.get_one(Channel, (session.agency_id, letter_id)).disconnected_at = utcnow()
    again = desk.post("cm", f"/contents/{content_id}/duplicate").location.rsplit("/", 2)[1]
    assert "La lettre" not in texts(desk, uuid.UUID(again))
    assert desk.post("client_approver", f"/contents/{content_id}/duplicate").status_code == 403


def test_texts_that_change_places_ask_again(desk: Desk, letter_id: uuid.UUID) -> None:
    """What was looked at is which channel says what, not only what is said."""
    newsroom = str(desk.world.newsroom_id)
    channels = [{"id": newsroom, "text": "Un"}, {"id": str(letter_id), "text": "Deux"}]
    swapped = [{"id": newsroom, "text": "Deux"}, {"id": str(letter_id), "text": "Un"}]
    base = {"kind": "post", "title": "", "language": "fr"}
    words = frozenset({Aspect.TEXT})
    one, other = (covers_digest(base | {"channels": each}, words) for each in (channels, swapped))
    assert one != other
    alike = [{"id": newsroom, "text": "Un"}, {"id": str(letter_id), "text": "Un"}]
    assert covers_digest(base | {"channels": alike}, words) == covers_digest(base | {"channels": alike[:1]}, words)
