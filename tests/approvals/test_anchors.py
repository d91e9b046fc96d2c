"""A request for changes about a passage or a point of an image: checked, kept, and shown where it was decided."""

import math
import re
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from support.addresses import digests_in
from support.desk import Desk
from support.pictures import picture

from tenants.errors import RefusedError
from unisson.approvals.anchors import MOST_QUOTED, checked, sentences_of
from unisson.approvals.models import Decision
from unisson.notifications.composing import compose
from unisson.notifications.models import Letter

DIGEST = "ab" * 32
TEXT = "Samedi à 10 h, place du Commerce.\n\nVenez nombreux ! Entrée libre"
PAYLOAD: dict[str, Any] = {
    "title": "La saison ouvre",
    "channels": [{"text": TEXT}, {"text": TEXT}],
    "pictures": [{"digest": DIGEST}],
}


def about(**point: Any) -> dict[str, Any]:
    return {"picture": {"digest": DIGEST, "x": 0.5, "y": 0.5, **point}}


def test_sentences_can_be_chosen_without_selecting_text() -> None:
    assert sentences_of(PAYLOAD) == [
        "La saison ouvre", "Samedi à 10 h, place du Commerce.", "Venez nombreux !", "Entrée libre",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quote", "start", "kept"),
    [
        ("Venez", 0, {"quote": "Venez", "start": 35}),
        ("Commerce. Venez", 0, {"quote": "Commerce.\n\nVenez", "start": 24}),
        ("La saison", 3, {"quote": "La saison", "start": 0}),
        ("e", 30, {"quote": "e", "start": 31}),
        (" Venez ", -5, {"quote": "Venez", "start": 35}),
    ],
)
def test_a_quote_is_kept_as_it_stands(quote: str, start: int, kept: dict[str, Any]) -> None:
    assert checked({"passage": {"quote": quote, "start": start}}, PAYLOAD) == {"passage": kept}


@pytest.mark.parametrize(
    "anchor",
    [
        {"passage": {"quote": "vendredi"}},
        {"passage": {"quote": ""}},
        {"passage": {"quote": "Venez", "start": "0"}},
        {"passage": {"quote": 7}},
        {"passage": "Venez"},
        {"passage": {"quote": "x" * (MOST_QUOTED + 1)}},
        about(digest="cd" * 32),
        about(x=1.01),
        about(y=-0.1),
        about(x=math.nan),
        about(x=None),
        about(y=True),
        {"picture": DIGEST},
        {"passage": {"quote": "Venez"}, **about()},
        {"elsewhere": {}},
    ],
)
def test_what_is_not_in_the_revision_is_refused(anchor: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refused:
        checked(anchor, PAYLOAD)
    assert refused.value.field == "anchor"


@given(st.text(min_size=1), st.data())
def test_any_selection_of_a_text_is_found_there(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text) - 1))
    quote = text[first : data.draw(st.integers(first + 1, len(text)))]
    payload = {"title": "", "channels": [{"text": text}]}
    if not quote.strip():
        return
    kept = checked({"passage": {"quote": quote, "start": first}}, payload)["passage"]
    assert text[kept["start"] :].startswith(kept["quote"])
    assert kept["quote"].split() == quote.split()


def asking(desk: Desk, content_id: uuid.UUID, **more: str) -> Any:
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "comment": "À revoir.", **more}
    return desk.post("rp", f"/contents/{content_id}/change-request?lang=en", form)


def anchors(desk: Desk) -> list[dict[str, Any]]:
    with desk.session() as session:
        return list(session.scalars(select(Decision.anchor).where(Decision.verdict == "changes_requested")))


def test_a_sentence_is_chosen_kept_and_shown(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    page = desk.get("rp", f"/contents/{content_id}").text
    assert '<option value="Samedi à 10 h, place du Commerce.">' in page
    assert 'name="picture"' not in page
    answer = asking(desk, content_id, about="passage", sentence="Samedi à 10 h, place du Commerce.")
    assert answer.status_code == 303
    assert anchors(desk) == [{"passage": {"quote": "Samedi à 10 h, place du Commerce.", "start": 0}}]
    assert "<q>Samedi à 10 h, place du Commerce.</q>" in desk.get("cm", f"/contents/{content_id}").text
    with desk.session() as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "changes_requested")).first()
        assert letter is not None
        with desk.app.app_context():
            ready = compose(session, letter, "https://u.example")
    assert ready is not None
    assert "Samedi à 10 h, place du Commerce." in dict(ready.words.facts).values()


def test_a_point_of_an_image_is_chosen_kept_and_shown_with_a_pin(desk: Desk) -> None:
    media, digest = desk.picture(picture(size=(200, 100)))
    content_id = desk.write(pictures=((media, "La place"),))
    desk.submit(content_id)
    assert f'<option value="{digest}">' in desk.get("rp", f"/contents/{content_id}").text
    assert asking(desk, content_id, about="picture", picture=digest, pin_x="25", pin_y="60").status_code == 303
    assert anchors(desk) == [{"picture": {"digest": digest, "x": 0.25, "y": 0.6}}]
    page = desk.get("cm", f"/contents/{content_id}").text
    pinned = re.search(r'<img src="(/media/[^"]+)" alt="La place"[^>]*><svg class="pin"', page)
    assert pinned is not None
    assert digests_in(desk.runtime.settings, pinned[1]) == {digest}
    assert "translate(50.0 60.0)" in page


@pytest.mark.parametrize(
    "typed",
    [
        {"about": "passage"},
        {"about": "passage", "quote": "vendredi"},
        {"about": "picture", "picture": DIGEST, "pin_x": "1", "pin_y": "1"},
        {"about": "picture", "picture": DIGEST, "pin_x": "nan", "pin_y": "inf"},
    ],
)
def test_what_was_typed_stays_when_it_is_refused(desk: Desk, typed: dict[str, str]) -> None:
    content_id = desk.in_state("in_review")
    answer = asking(desk, content_id, **typed)
    assert answer.status_code == 422
    assert "À revoir." in answer.text
    assert re.search(r'<details class="anchor"[^>]* open', answer.text)
    if "quote" in typed:
        assert 'name="quote" value="vendredi"' in answer.text
    assert anchors(desk) == []
    assert desk.content(content_id).state == "in_review"


def test_the_whole_needs_no_anchor(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    assert asking(desk, content_id, about="whole", quote="n’importe quoi").status_code == 303
    assert anchors(desk) == [{}]
