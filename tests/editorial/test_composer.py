"""Writing by the page: what is typed is stored, or comes back as it was typed."""

import re
import uuid
from io import BytesIO

import pytest
from sqlalchemy import func, select, update
from support.desk import HTTPS, Desk, days_ahead
from support.pictures import picture
from support.xss import CORPUS, live_markup

from tenants.brands import Brand
from tenants.identities import Identity
from unisson.activity.models import Operation
from unisson.editorial.contents import pictures_of
from unisson.editorial.models import Content
from unisson.publishing.models import Channel


def as_a_browser_sends(form: dict[str, object]) -> dict[str, object]:
    """The composer's own encoding, made by hand: the client's would spool ten megabytes into a file."""
    part = '--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = "".join(part % (name, value) for name, value in form.items()) + "--edge--\r\n"
    return {"input_stream": BytesIO(body.encode()), "content_length": len(body.encode()), "method": "POST"}


def new(desk: Desk) -> str:
    return f"/brands/{desk.world.brand_slug}/contents/new"


def typed(desk: Desk, **more: object) -> dict[str, object]:
    at = days_ahead()
    return {
        "kind": "post",
        "title": "La saison ouvre",
        "body": "Samedi à 10 h.",
        "channel_ids": [str(desk.world.newsroom_id)],
        "date": at.strftime("%Y-%m-%d"),
        "time": at.strftime("%H:%M"),
        **more,
    }


def written(desk: Desk) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(Content)) or 0


def test_it(desk: Desk) -> None:
    page = desk.get("cm", f"{new(desk)}?date=2030-05-06")
    assert page.status_code == 200
    assert 'value="2030-05-06"' in page.text
    assert 'value="10:00"' in page.text
    answer = desk.post("cm", new(desk), typed(desk))
    assert answer.status_code == 303
    shown = desk.browser("cm").get(answer.location, base_url=HTTPS)
    assert shown.status_code == 200
    assert "La saison ouvre" in shown.text


@pytest.mark.parametrize("day", ["", "nonsense", "2030-13-45", "9999-99-99", "<script>"])
def test_any_proposed_day_opens_the_page(desk: Desk, day: str) -> None:
    assert desk.get("cm", f"{new(desk)}?date={day}").status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("cm", 200), ("rp", 200), ("client_approver", 403), ("member", 404)]
)
def test_those_who_write_may_open_it(desk: Desk, role: str, status: int) -> None:
    assert desk.get(role, new(desk)).status_code == status


def test_one_click_saves_and_submits(desk: Desk) -> None:
    answer = desk.post("cm", new(desk), typed(desk, action="submit"))
    assert answer.status_code == 303
    assert desk.content(uuid.UUID(answer.location.rsplit("/", 1)[1])).state == "in_review"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"title": ""}, "There is no title yet"),
        ({"channel_ids": []}, "Choose at least one channel"),
        ({"date": "", "time": ""}, "Choose a date"),
    ],
)
def test_a_refused_submission_keeps_what_was_typed_and_writes_nothing(desk: Desk, more, told: str) -> None:
    answer = desk.post("cm", f"{new(desk)}", typed(desk, action="submit", body="Des mots rares.", **more))
    assert answer.status_code == 422
    assert "Des mots rares." in answer.text
    assert written(desk) == 0


@pytest.mark.parametrize(
    ("date", "time"),
    [("2030-05-06", ""), ("", "10:00"), ("demain", "10:00"), ("2001-01-01", "10:00"), ("2027-03-28", "02:30")],
)
def test_a_date_that_is_none_is_refused(desk: Desk, date: str, time: str) -> None:
    answer = desk.post("cm", new(desk), typed(desk, date=date, time=time))
    assert answer.status_code == 422
    assert "Samedi à 10 h." in answer.text
    assert written(desk) == 0


def test_an_hour_that_comes_twice_is_asked_about(desk: Desk) -> None:
    form = typed(desk, date="2027-10-31", time="02:30")
    assert 'name="fold"' not in desk.post("cm", new(desk), typed(desk, body="", title="")).text
    asked = desk.post("cm", new(desk), form)
    assert asked.status_code == 422
    assert asked.text.count('name="fold"') == 2
    answer = desk.post("cm", new(desk), {**form, "fold": "1"})
    assert answer.status_code == 303
    kept = desk.content(uuid.UUID(answer.location.rsplit("/", 1)[1]))
    assert kept.fold == 1
    page = desk.get("cm", answer.location.removeprefix(desk.path(""))).text
    assert "Paris, UTC+01:00)" in page  # which of the two hours it is
    assert kept.scheduled_at.hour == 1


def test_a_stale_form_keeps_its_text_and_shows_the_others(desk: Desk) -> None:
    content_id = desk.write(body="Samedi matin.")
    shown = desk.content(content_id).version
    path = f"/contents/{content_id}/edit"
    assert desk.post("rp", path, typed(desk, body="Dimanche matin.", version=shown)).status_code == 303
    mine = desk.post("cm", path, typed(desk, body="Lundi matin.", version=shown))
    assert mine.status_code == 409
    assert "Lundi matin." in mine.text
    assert re.search(r"<del>.*Dimanche", mine.text)
    assert desk.content(content_id).body == "Dimanche matin."
    fresh = re.search(r'name="version"[^>]*value="(\d+)"', mine.text)
    assert fresh
    assert desk.post("cm", path, typed(desk, body="Lundi matin.", version=fresh[1])).status_code == 303
    assert desk.content(content_id).body == "Lundi matin."


def test_a_form_without_a_version_is_stale(desk: Desk) -> None:
    content_id = desk.write()
    assert desk.post("cm", f"/contents/{content_id}/edit", typed(desk, body="Autre")).status_code == 409


@pytest.mark.parametrize("state", ["in_review", "scheduled"])
def test_editing_says_that_it_reopens_and_does(desk: Desk, state: str) -> None:
    content_id = desk.in_state(state)
    page = desk.get("cm", f"/contents/{content_id}/edit?lang=en")
    assert "asks for the approval again" in page.text
    form = typed(desk, body="Autre", version=desk.content(content_id).version)
    assert desk.post("cm", f"/contents/{content_id}/edit", form).status_code == 303
    assert desk.content(content_id).state == "draft"


def test_the_preview_writes_nothing_and_spends_no_number(desk: Desk) -> None:
    number = str(uuid.uuid4())
    form = typed(desk, operation_id=number)
    page = desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/preview", form)
    assert page.status_code == 200
    assert "La saison ouvre" in page.text
    assert "<html" not in page.text
    assert desk.post("cm", new(desk), {**form, "action": "preview"}).status_code == 200
    assert written(desk) == 0
    with desk.session() as session:
        assert session.scalars(select(Operation)).all() == []
    assert desk.post("cm", new(desk), form).status_code == 303
    assert written(desk) == 1


def test_the_preview_of_a_content_does_not_hold_it_against_itself(desk: Desk) -> None:
    desk.speak_english()
    content_id = uuid.UUID(desk.post("cm", new(desk), typed(desk)).location.rsplit("/", 1)[1])
    page = desk.get("cm", f"/contents/{content_id}/edit").text
    address = re.search(r'data-preview-url-value="/[^/]+([^"]+)"', page)
    assert address
    assert "The same text goes" not in desk.post("cm", address[1], typed(desk)).text
    another = f"/brands/{desk.world.brand_slug}/contents/preview"
    assert "The same text goes" in desk.post("cm", another, typed(desk)).text


def test_images_come_with_the_form_and_survive_a_refusal(desk: Desk) -> None:
    files = [(BytesIO(picture()), "place.jpg"), (BytesIO(picture("PNG", (70, 50))), "carte.png")]
    refused = desk.post("cm", new(desk), typed(desk, action="submit", uploads=files))
    assert refused.status_code == 422
    ids = re.findall(r'name="picture_id" value="([0-9a-f-]+)"', refused.text)
    assert len(ids) == 2
    kept = {"picture_id": ids, f"alt-{ids[0]}": "Une place", f"alt-{ids[1]}": "Un plan", f"order-{ids[0]}": "2"}
    answer = desk.post("cm", new(desk), typed(desk, action="submit", **{**kept, f"order-{ids[1]}": "1"}))
    assert answer.status_code == 303
    content_id = uuid.UUID(answer.location.rsplit("/", 1)[1])
    with desk.session() as session:
        placed = pictures_of(session, desk.content(content_id, session))
        assert [(str(each.media.id), each.alt) for each in placed] == [(ids[1], "Un plan"), (ids[0], "Une place")]
    form = typed(desk, version=desk.content(content_id).version, **kept, **{f"remove-{ids[0]}": "y"})
    assert desk.post("cm", f"/contents/{content_id}/edit", form).status_code == 303
    with desk.session() as session:
        assert [str(each.media.id) for each in pictures_of(session, desk.content(content_id, session))] == [ids[1]]


def test_a_description_written_after_its_image_came_is_not_lost(desk: Desk) -> None:
    files = [(BytesIO(picture()), "place.jpg"), (BytesIO(picture("PNG", (70, 50))), "carte.png")]
    refused = desk.post("cm", new(desk), typed(desk, action="submit", uploads=files))
    first, second = re.findall(r'name="picture_id" value="([0-9a-f-]+)"', refused.text)
    rows = {"picture_id": [first, second], f"alt-{first}": "Une place", "new_alt": "Un plan"}
    answer = desk.post("cm", new(desk), typed(desk, **rows))
    content_id = uuid.UUID(answer.location.rsplit("/", 1)[1])
    with desk.session() as session:
        placed = pictures_of(session, desk.content(content_id, session))
        assert [each.alt for each in placed] == ["Une place", "Un plan"]


def test_what_is_no_image_is_refused_and_the_text_kept(desk: Desk) -> None:
    answer = desk.post("cm", new(desk), typed(desk, uploads=[(BytesIO(b"<svg/>"), "dessin.svg")]))
    assert answer.status_code == 422
    assert "Samedi à 10 h." in answer.text


def test_all_that_a_submission_lacks_is_said_at_once(desk: Desk) -> None:
    desk.speak_english()
    files = [(BytesIO(picture()), "place.jpg")]
    refused = desk.post("cm", new(desk), typed(desk, action="submit", date="", time="", uploads=files))
    assert refused.status_code == 422
    assert "Choose a date before you submit" in refused.text
    assert "has no description" in refused.text.split('id="composer"')[1].split("</form>")[0]


def test_eleven_images_are_refused(desk: Desk) -> None:
    files = [(BytesIO(picture(size=(20 + n, 20))), f"{n}.jpg") for n in range(11)]
    assert desk.post("cm", new(desk), typed(desk, uploads=files)).status_code == 422


def test_another_brands_channel_and_picture_do_not_exist(desk: Desk) -> None:
    with desk.session() as session:
        channel = Channel(brand_id=desk.world.sibling_id, kind="newsroom", name="Autre")
        session.add(channel)
        session.flush()
        channel_id = str(channel.id)
    assert desk.post("cm", new(desk), typed(desk, channel_ids=[channel_id])).status_code == 404
    assert desk.post("cm", new(desk), typed(desk, picture_id=[str(uuid.uuid4())])).status_code == 404
    assert written(desk) == 0


@pytest.mark.parametrize("field", ["title", "body", "channel_ids", "date", "time", "fold", "version", "kind"])
def test_strange_words_stay_words(desk: Desk, field: str) -> None:
    for words in ("".join(CORPUS), "a\r\nBcc: x@example.org\r\n\u202eabc\u2066", "\x00\x07"):
        page = desk.post("cm", new(desk), typed(desk, **{field: words}, action="preview"))
        assert page.status_code == 200
        assert [found for found in live_markup(page.text) if found != "form"] == []
        assert desk.post("cm", new(desk), typed(desk, **{field: words})).status_code in {303, 422}


def test_a_title_is_one_line(desk: Desk) -> None:
    answer = desk.post("cm", new(desk), typed(desk, title="La saison\r\nBcc: x@example.org\x00"))
    kept = desk.content(uuid.UUID(answer.location.rsplit("/", 1)[1]))
    assert kept.title == "La saison  Bcc: x@example.org"


@pytest.mark.parametrize("field", ["title", "body"])
def test_a_text_that_is_too_long_comes_back(desk: Desk, field: str) -> None:
    answer = desk.post("cm", new(desk), typed(desk, **{field: "a" * 100_001}))
    assert answer.status_code == 422
    assert "a" * 1000 in answer.text


@pytest.mark.parametrize("field", ["title", "body", "date", "channel_ids", "version", "operation_id"])
def test_ten_megabytes_are_turned_away_with_what_to_do(desk: Desk, field: str) -> None:
    sent = as_a_browser_sends(typed(desk, **{field: "a" * 10_000_000}))
    path, encoding = desk.path(f"{new(desk)}"), "multipart/form-data; boundary=edge"
    answer = desk.browser("cm").open(path, base_url=HTTPS, content_type=encoding, **sent)
    assert answer.status_code == 413
    assert "raccourcissez" in answer.text.lower()
    assert written(desk) == 0


def test_without_a_channel_the_page_says_to_connect_one(desk: Desk) -> None:
    with desk.session() as session:
        session.execute(update(Channel).values(disconnected_at=func.now()))
    page = desk.get("cm", f"{new(desk)}?lang=en")
    assert page.status_code == 200
    assert "No channel is connected yet" in page.text


def test_a_disconnected_channel_stops_the_submission(desk: Desk) -> None:
    content_id = desk.write()
    with desk.session() as session:
        session.execute(update(Channel).values(disconnected_at=func.now()))
    answer = desk.post("cm", f"/contents/{content_id}/submission?lang=en")
    assert answer.status_code == 422
    assert desk.content(content_id).state == "draft"


def test_the_page_says_whose_clock_and_shows_ones_own(desk: Desk) -> None:
    content_id = desk.write()
    with desk.runtime.database.everywhere() as session:
        person = desk.world.people["cm"].identity_id
        session.execute(update(Identity).where(Identity.id == person).values(timezone="America/Montreal"))
    assert "your time" in desk.get("cm", f"/contents/{content_id}?lang=en").text
    assert "your time" in desk.get("cm", f"/contents/{content_id}/edit?lang=en").text
    assert "your time" not in desk.get("rp", f"/contents/{content_id}?lang=en").text


def test_an_archived_brand_is_closed(desk: Desk) -> None:
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=func.now()))
    assert desk.get("cm", new(desk)).status_code == 404
