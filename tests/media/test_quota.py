"""How much an agency may keep: counted, shown, and refused in a sentence once it is used up."""

import html
import io

import pytest
from sqlalchemy import select, text, update
from support.desk import Desk
from support.pictures import picture
from support.videos import video

from tenants.agencies import Agency
from tests.media.test_uploads import all_due, all_of, begun, created, kept, plain, send, sent
from tests.media.test_videos import add as add_video
from tests.media.test_videos import all_due as every_video
from unisson.media.decoder import ROOMS
from unisson.media.models import Media
from unisson.media.quota import FULL, MOST_KEPT, FullError, room
from unisson.runtime import Runtime


def allow(desk: Desk, allowed: int | None) -> None:
    with desk.session() as session:
        session.execute(update(Agency).values(media_quota=allowed))


def used(desk: Desk) -> int:
    with desk.session() as session:
        return room(session).used


def test_the_room_is_what_the_installation_gives_unless_the_agency_has_its_own(desk: Desk) -> None:
    with desk.session() as session:
        assert room(session).allowed == desk.runtime.settings.media_quota * 1_000_000_000 == 20_000_000_000
    allow(desk, 7)
    with desk.session() as session:
        assert room(session).allowed == 7


def test_images_count_and_what_is_under_way_too(desk: Desk, worker: Runtime) -> None:
    assert used(desk) == 0
    media_id, _digest = desk.picture(picture())
    with desk.session() as session:
        size = session.get_one(Media, (session.agency_id, media_id)).size
    assert used(desk) == size
    begun(desk, 5_000_000)
    assert used(desk) == size + MOST_KEPT
    sent(desk, picture())
    all_due(worker)
    assert used(desk) == size + MOST_KEPT


def test_videos_count_from_when_they_are_added(desk: Desk, worker: Runtime) -> None:
    content = video(seconds=1)
    assert add_video(desk, content).status_code == 303
    assert used(desk) == len(content)
    every_video(worker)
    with desk.session() as session:
        size = session.scalars(select(Media.size)).one()
    assert used(desk) == size > 0


def test_a_video_that_finds_no_room_is_refused_where_it_was_chosen(desk: Desk) -> None:
    content = video(seconds=1)
    allow(desk, len(content) - 1)
    answer = add_video(desk, content)
    with desk.app.test_request_context():
        assert str(FULL) in html.unescape(answer.text)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert used(desk) == 0
    allow(desk, len(content))
    assert add_video(desk, content).status_code == 303


def test_another_agency_s_images_do_not_count(desk: Desk, app: object, runtime: Runtime, new_world: object) -> None:
    other = Desk(desk.app, runtime, new_world())  # type: ignore[operator]  # a fixture that makes worlds
    other.picture(picture())
    assert used(desk) == 0


def test_a_full_library_takes_nothing_and_says_so(desk: Desk, worker: Runtime) -> None:
    desk.picture(picture())
    allow(desk, used(desk) + 10)
    answer = created(desk, 5_000)
    with desk.app.test_request_context():
        assert (answer.status_code, answer.json["message"]) == (422, str(FULL))
    plain(desk, (picture(size=(70, 70)), "autre.jpg"))
    assert [each.problem for each in all_of(desk).values()] == ["full"]
    with pytest.raises(FullError):
        desk.picture(picture(size=(80, 80)))
    # The one that is there already takes no more room.
    desk.picture(picture())
    desk.speak_english()
    page = desk.get("cm", f"/brands/{desk.world.brand_slug}/media").text
    assert "There is no room left" in page
    assert "<meter" in page


def test_what_found_place_when_it_began_comes_in(desk: Desk, worker: Runtime) -> None:
    content = picture()
    upload_id = begun(desk, len(content))
    allow(desk, 1)
    assert send(desk, upload_id, 0, content).status_code == 204
    all_due(worker)
    assert kept(desk, upload_id).state == "added"


def test_the_composer_says_it_too(desk: Desk) -> None:
    desk.speak_english()
    allow(desk, 1)
    answer = desk.post(
        "cm",
        f"/brands/{desk.world.brand_slug}/contents/new",
        {"title": "Un titre gardé", "uploads": (io.BytesIO(picture()), "a.jpg"), "action": "add"},
        content_type="multipart/form-data",
    )
    assert answer.status_code < 500
    assert "There is no room left" in answer.text
    assert "Un titre gardé" in answer.text


def test_the_sum_is_read_from_the_index(desk: Desk) -> None:
    with desk.session() as session:
        session.execute(text("set local enable_seqscan = off"))
        session.execute(text("set local enable_bitmapscan = off"))
        plan = session.execute(
            text("explain select sum(size) from app.media where agency_id = :a"), {"a": session.agency_id}
        ).scalars()
        assert "Index Only Scan using ix_media_room" in "\n".join(plan)


def test_the_reserve_is_what_a_picture_may_take() -> None:
    assert ROOMS["picture"].most_bytes == MOST_KEPT
