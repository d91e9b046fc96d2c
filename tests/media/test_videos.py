"""A video from the page where it is added to the newsroom where it plays."""

import hashlib
import io
import re
import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from support.addresses import digests_in, paths_in
from support.desk import HTTPS, Desk
from support.pictures import picture
from support.publish import publish_now
from support.statements import recorded
from support.videos import video
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tenants.context import acting_for
from tenants.errors import RefusedError
from unisson.approvals import circuit
from unisson.dispatching import Claim, claim
from unisson.editorial.limits import check_with
from unisson.media import video_pages, video_preparing, videos
from unisson.media.addresses import Address, last_second, signed
from unisson.media.answers import MOST_AT_ONCE
from unisson.media.models import IncomingVideo, Media, VideoState
from unisson.media.reading import picture_key
from unisson.media.video_preparing import MOST_TRIES, prepare_due
from unisson.publishing.assembly import registry
from unisson.publishing.channels.port import Sketch
from unisson.runtime import Runtime
from unisson.storage import storage_of
from unisson.web.bare import MAX_REQUEST_BYTES


def add(desk: Desk, content: bytes = b"", name: str = "été.mp4", role: str | None = "cm") -> TestResponse:
    # Encoded in memory: the test client would leave a file open of what is large.
    boundary, body = encode_multipart({"video": FileStorage(io.BytesIO(content or video()), name, "video")})
    return desk.browser(role).post(
        desk.path(f"/brands/{desk.world.brand_slug}/videos?lang=en"), data=body, base_url=HTTPS,
        content_type=f"multipart/form-data; boundary={boundary}",
    )  # fmt: skip


def standing(desk: Desk) -> str:
    return desk.get("cm", f"/brands/{desk.world.brand_slug}/videos/standing?lang=en").text


def all_due(worker: Runtime) -> None:
    """Attend until no video is due: other tests' may be, and each call stops where something else waits."""
    while prepare_due(worker):
        pass


def added(desk: Desk, worker: Runtime, content: bytes = b"") -> Media:
    """A video of the brand that is ready."""
    assert add(desk, content).status_code == 303
    all_due(worker)
    with desk.session() as session:
        return session.scalars(select(Media).where(Media.kind == "video").order_by(Media.id.desc())).first()


def with_video(desk: Desk, worker: Runtime, state: str = "draft", content: bytes = b"") -> tuple[uuid.UUID, Media]:
    media = added(desk, worker, content)
    return desk.in_state(state, pictures=((media.id, "La halle au matin"),)), media


def incoming(desk: Desk) -> IncomingVideo:
    with desk.session() as session:
        return session.scalars(select(IncomingVideo)).one()


@pytest.mark.parametrize("name", ["été.mp4", "ÉTÉ.MOV", "clip.m4v"])
def test_a_video_is_prepared_off_the_request_and_joins_the_library(desk: Desk, worker: Runtime, name: str) -> None:
    desk.speak_english()
    content = video(metadata={"comment": "Secret"})
    answer = add(desk, content, name)
    assert answer.status_code == 303
    assert "Being prepared" in desk.browser("cm").get(answer.location, base_url=HTTPS).text
    waiting = incoming(desk)
    with acting_for(desk.world.agency_id):
        assert storage_of(worker.settings).get(*videos.key_of(waiting.id)) == content
    all_due(worker)
    assert "In the library" in standing(desk)
    with desk.session() as session:
        media = session.scalars(select(Media)).one()
    assert (media.mime, media.width, media.height, media.filename) == ("video/mp4", 160, 90, name)
    assert media.id == incoming(desk).media_id
    with acting_for(desk.world.agency_id):
        storage = storage_of(worker.settings)
        kept = storage.get(*picture_key(media.digest))
        assert hashlib.sha256(kept).hexdigest() == media.digest
        assert b"Secret" not in kept
        assert hashlib.sha256(storage.get(*picture_key(media.poster_digest))).hexdigest() == media.poster_digest
        assert not storage.exists(*videos.key_of(waiting.id))


def test_webm_is_taken_too(desk: Desk, worker: Runtime) -> None:
    assert add(desk, video("webm", "libvpx-vp9", "libopus"), "a.webm").status_code == 303
    all_due(worker)
    with desk.session() as session:
        assert session.scalars(select(Media.mime)).one() == "video/webm"


def test_the_same_video_is_kept_once(desk: Desk, worker: Runtime) -> None:
    content = video()  # once: an encoder owes nobody the same bytes twice
    first, second = added(desk, worker, content), added(desk, worker, content)
    assert first.id == second.id


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "", "Choose a video first."),
        (b"\0" * 50, "a.mp4", "This file is not what its name says."),
        (video("webm", "libvpx", None), "a.mp4", "This file is not what its name says."),
        (video(), "a.webm", "This file is not what its name says."),
        (video(), "a.avi", "Only MP4, MOV and WebM videos are accepted."),
        (video(), "a.mp4.exe", "Only MP4, MOV and WebM videos are accepted."),
        (picture(), "a.jpg", "Only MP4, MOV and WebM videos are accepted."),
    ],
)
def test_what_is_no_video_is_refused_at_once(desk: Desk, content: bytes, name: str, sentence: str) -> None:
    desk.speak_english()
    answer = add(desk, content or b"x", name)
    assert answer.status_code == 422
    assert sentence in answer.text
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(IncomingVideo)) == 0


def test_an_empty_file_is_refused(desk: Desk) -> None:
    sent = {"video": (io.BytesIO(b""), "a.mp4")}
    place = f"/brands/{desk.world.brand_slug}/videos"
    assert desk.post("cm", place, sent, content_type="multipart/form-data").status_code == 422


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (video(codec="libx265"), "Not all browsers play it"),
        (video("mov", sound="pcm_s16le"), "Not all browsers play its sound"),
        (b"\0\0\0\x18ftypmp42" + bytes(2_000), "It is damaged"),
    ],
)
def test_what_can_t_be_prepared_says_why_and_is_taken_off_the_list(
    desk: Desk, worker: Runtime, content: bytes, words: str
) -> None:
    desk.speak_english()
    assert add(desk, content, "a.mov").status_code == 303
    waiting = incoming(desk)
    assert desk.post("cm", f"/videos/{waiting.id}/dismissal").status_code == 409
    all_due(worker)
    page = standing(desk)
    assert "Not added" in page
    assert words in page
    with acting_for(desk.world.agency_id):
        assert not storage_of(worker.settings).exists(*videos.key_of(waiting.id))
    assert desk.post("cm", f"/videos/{waiting.id}/dismissal").status_code == 303
    assert "Not added" not in standing(desk)


def test_every_reason_has_its_sentence(desk: Desk, worker: Runtime) -> None:
    desk.speak_english()
    assert add(desk).status_code == 303
    with worker.database.agency(desk.world.agency_id) as session:
        session.execute(update(IncomingVideo).values(state="refused", reason="too_long"))
    assert str(video_pages.REASONS["too_long"]).split(".")[0] in standing(desk)


def test_it_may_last_no_longer_than_the_setting_says(desk: Desk, worker: Runtime) -> None:
    assert add(desk, video(seconds=62, sound=None)).status_code == 303
    all_due(replace(worker, settings=replace(worker.settings, video_minutes=1)))
    assert incoming(desk).reason == "too_long"


def test_it_may_be_no_heavier_than_the_setting_says(desk: Desk) -> None:
    """Beyond the limit of all other forms, within its own; a stranger's request stays as small as any."""
    desk.speak_english()
    heavy = video() + bytes(MAX_REQUEST_BYTES)
    assert add(desk, heavy).status_code == 303
    answer = add(desk, heavy, role=None)
    assert answer.status_code == 413 or answer.location.startswith("/sign-in")
    assert incoming(desk).size == len(heavy)
    beyond = video() + bytes(desk.runtime.settings.video_megabytes * videos.MEGABYTE + 1)
    answer = add(desk, beyond)
    assert answer.status_code == 413
    assert "heavier than 200 MB" in answer.text


def test_only_who_writes_for_the_brand_adds_and_dismisses(desk: Desk, worker: Runtime) -> None:
    assert add(desk, role="client_approver").status_code in {403, 404}
    added(desk, worker)
    assert desk.post("client_approver", f"/videos/{incoming(desk).id}/dismissal").status_code in {403, 404}


def test_a_worker_that_died_hands_it_on_and_what_kills_five_is_refused(desk: Desk, worker: Runtime) -> None:
    assert add(desk).status_code == 303
    waiting = incoming(desk)
    lapse = text("update app.dispatch set fence = :n, lease_until = clock_timestamp() - interval '1 second'"
                 " where kind = 'video' and item_id = :id")  # fmt: skip
    with worker.database.everywhere() as session:
        session.execute(lapse, {"n": MOST_TRIES - 1, "id": waiting.id})
    all_due(worker)
    assert incoming(desk).state == "ready"
    assert desk.post("cm", f"/videos/{waiting.id}/dismissal").status_code == 303
    assert add(desk, video(seconds=1)).status_code == 303
    waiting = incoming(desk)
    with worker.database.everywhere() as session:
        session.execute(lapse, {"n": MOST_TRIES, "id": waiting.id})
    all_due(worker)
    assert incoming(desk).reason == "too_slow"


def test_a_worker_that_comes_late_takes_nothing_from_the_one_who_has_it_now(desk: Desk, worker: Runtime) -> None:
    """Its lease ended while it wrote the video anew: what came must stay for whoever claimed it since."""
    assert add(desk).status_code == 303
    video_id = incoming(desk).id

    def claimed(lease: float) -> Claim:
        with worker.database.everywhere() as session:
            return next(
                each for each in claim(session, "videos", limit=50, worker="w", lease=lease) if each.item_id == video_id
            )

    late = claimed(0.0)
    now = claimed(60.0)
    video_preparing._attend(worker, late)
    assert incoming(desk).state == VideoState.WAITING
    video_preparing._attend(worker, now)
    assert incoming(desk).state == VideoState.READY


def test_a_store_that_is_away_is_waited_for(desk: Desk, worker: Runtime, tmp_path: Path) -> None:
    assert add(desk).status_code == 303
    (tmp_path / "file").write_text("in the way")
    all_due(replace(worker, settings=replace(worker.settings, storage_url=(tmp_path / "file").as_uri())))
    assert incoming(desk).state == "waiting"
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = clock_timestamp() where kind = 'video'"))
    all_due(worker)
    assert incoming(desk).state == "ready"


def test_none_is_begun_that_there_is_no_time_for(desk: Desk, worker: Runtime) -> None:
    assert add(desk).status_code == 303
    assert prepare_due(worker, video_preparing.LONGEST - 1) == 0
    assert incoming(desk).state == "waiting"


def test_its_poster_stands_for_it_and_it_plays_from_its_page(desk: Desk, worker: Runtime) -> None:
    desk.speak_english()
    media = added(desk, worker)
    shelf = desk.get("cm", f"/brands/{desk.world.brand_slug}/media").text
    assert digests_in(desk.runtime.settings, shelf) == {media.poster_digest}
    assert "0:02" in shelf
    assert digests_in(desk.runtime.settings, desk.get("cm", f"/brands/{desk.world.brand_slug}/media/choice").text) == {
        media.poster_digest
    }
    page = desk.get("cm", f"/media/{media.id}/details").text
    shown = re.search(r'<video class="video" controls playsinline preload="none" src="([^"]+)" poster="([^"]+)"', page)
    assert shown is not None
    assert digests_in(desk.runtime.settings, shown[1]) == {media.digest}
    assert digests_in(desk.runtime.settings, shown[2]) == {media.poster_digest}
    assert "media-src 'self'" in desk.get("cm", f"/media/{media.id}/details").headers["Content-Security-Policy"]
    lead = desk.get("cm", f"/media/{media.id}")
    assert desk.browser("cm").get(lead.location, base_url=HTTPS).mimetype == "image/jpeg"


def test_a_player_gets_it_in_parts(desk: Desk, worker: Runtime) -> None:
    media = added(desk, worker, video(size=(640, 360), seconds=20, sound=None) + bytes(0))
    (path, *_rest) = [
        each for each in paths_in(desk.get("cm", f"/media/{media.id}/details").text)
        if digests_in(desk.runtime.settings, each) == {media.digest}
    ]  # fmt: skip
    client = desk.app.test_client()

    def get(span: str = "", **headers: str) -> TestResponse:
        return client.get(path, base_url=HTTPS, headers={**({"Range": span} if span else {}), **headers})

    whole = get()
    assert (whole.status_code, whole.mimetype, len(whole.data)) == (200, "video/mp4", media.size)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Cache-Control"].startswith("private, max-age=")
    assert int(re.search(r"max-age=(\d+)", whole.headers["Cache-Control"])[1]) >= 12 * 3600 - 60  # type: ignore[index]
    for span, start, stop in (
        ("bytes=0-", 0, media.size),
        ("bytes=100-199", 100, 200),
        ("bytes=-50", media.size - 50, media.size),
        (f"bytes={media.size - 1}-{media.size + 500}", media.size - 1, media.size),
    ):
        part = get(span)
        assert part.status_code == 206
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{media.size}"
        assert part.data == whole.data[start:stop]
        assert part.content_length == stop - start
    beyond = get(f"bytes={media.size}-")
    assert beyond.status_code == 416
    assert beyond.headers["Content-Range"] == f"bytes */{media.size}"
    for span in ("bytes=0-1,5-6", "lines=1-2", "bytes=x", "bytes=9-2"):
        assert get(span).status_code in {200, 416}
    assert get("bytes=0-9", **{"If-Range": whole.headers["ETag"]}).status_code == 206
    assert get("bytes=0-9", **{"If-Range": '"other"'}).status_code == 200
    assert get(**{"If-None-Match": whole.headers["ETag"]}).status_code == 304
    head = client.head(path, base_url=HTTPS)
    assert (head.status_code, head.content_length, head.data) == (200, media.size, b"")


def test_one_part_is_no_larger_than_a_slow_reader_may_hold_up(desk: Desk) -> None:
    digest = "ef" * 32
    with acting_for(desk.world.agency_id):
        storage_of(desk.runtime.settings).put(bytes(3 * MOST_AT_ONCE), *picture_key(digest))
    address = Address(desk.world.agency_id, digest, "video/mp4", last_second(time.time(), "video/mp4"))
    path = f"/media/{signed(desk.runtime.settings.secret_key, address)}"
    answer = desk.app.test_client().get(path, base_url=HTTPS, headers={"Range": "bytes=10-"})
    assert answer.status_code == 206
    assert len(answer.data) == MOST_AT_ONCE
    assert answer.headers["Content-Range"] == f"bytes 10-{MOST_AT_ONCE + 9}/{3 * MOST_AT_ONCE}"


def test_the_client_sees_and_plays_it(desk: Desk, worker: Runtime) -> None:
    content_id, media = with_video(desk, worker, "client_turn")
    token = desk.known(desk.link(content_id)[1])
    page = desk.get(None, f"/approve/{token}/contents/{content_id}").text
    assert digests_in(desk.runtime.settings, page) == {media.digest, media.poster_digest}
    assert 'aria-label="La halle au matin"' in page
    played = [each for each in paths_in(page) if digests_in(desk.runtime.settings, each) == {media.digest}]
    assert desk.app.test_client().get(played[0], base_url=HTTPS).mimetype == "video/mp4"
    desk_page = desk.get(None, f"/approve/{token}").text
    assert digests_in(desk.runtime.settings, desk_page) == {media.poster_digest}


def test_the_frozen_version_holds_it_and_its_poster_and_the_proof_shows_it(desk: Desk, worker: Runtime) -> None:
    content_id, media = with_video(desk, worker, "scheduled")
    with desk.session() as session:
        (frozen,) = session.execute(
            text("select payload -> 'pictures' from app.revisions where content_id = :id"), {"id": content_id}
        ).scalar_one()
    assert frozen["digest"] == media.digest
    assert (frozen["poster"], frozen["duration"]) == (media.poster_digest, media.duration_ms)
    page = desk.get("account_manager", f"/contents/{content_id}/proof").text
    assert digests_in(desk.runtime.settings, page) == {media.poster_digest}
    assert media.digest in page
    assert desk.get("account_manager", f"/contents/{content_id}/proof.pdf").mimetype == "application/pdf"


def test_it_plays_in_the_newsroom_at_an_address_for_ever(desk: Desk, worker: Runtime) -> None:
    content_id, media = with_video(desk, worker, "scheduled")
    assert publish_now(desk, worker, content_id).state == "published"
    room = f"/newsroom/{desk.world.slug}/{desk.world.brand_slug}/"
    client = desk.app.test_client()
    entry = client.get(f"{room}la-saison-ouvre", base_url=HTTPS)
    assert entry.status_code == 200
    assert f'src="{room}pictures/{media.digest}" poster="{room}pictures/{media.poster_digest}"' in entry.text
    assert f'property="og:image" content="http://localhost{room}pictures/{media.poster_digest}"' in entry.text
    played = client.get(f"{room}pictures/{media.digest}", base_url=HTTPS, headers={"Range": "bytes=0-9"})
    assert (played.status_code, played.mimetype, len(played.data)) == (206, "video/mp4", 10)
    assert played.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(f"{room}pictures/{media.poster_digest}", base_url=HTTPS).mimetype == "image/jpeg"
    feed = client.get(f"{room}feed.atom", base_url=HTTPS).text
    assert f"pictures/{media.poster_digest}" in feed
    assert f"pictures/{media.digest}" in feed


def test_channels_that_take_no_video_say_so(desk: Desk, worker: Runtime, app: object) -> None:
    channels = registry(worker)
    moving = Sketch("Titre", "Texte", (), 0, videos=1)
    assert channels.adapter("newsroom").problems(moving) == []
    assert [each.field for each in channels.adapter("newsroom").problems(replace(moving, videos=4))] == ["pictures"]
    assert [each.field for each in channels.adapter("newsroom").problems(replace(moving, missing_alts=1))] == [
        "pictures"
    ]
    for kind in ("bluesky", "email"):
        assert [each.field for each in channels.adapter(kind).problems(moving)] == ["pictures"]


def test_the_composer_says_so_before_and_the_submission_stops_it(desk: Desk, worker: Runtime) -> None:
    desk.speak_english()
    content_id, _media = with_video(desk, worker)
    with desk.session() as session:
        session.execute(text("update app.channels set kind = 'bluesky' where id = :id"), {"id": desk.world.newsroom_id})
    page = desk.get("cm", f"/contents/{content_id}/edit").text
    assert "No video fits here" in page
    actor = desk.actor("cm")
    with pytest.raises(RefusedError) as refusal, desk.session() as session:
        circuit.submit(session, actor, content_id, None, check_with(registry(worker)))
    with desk.app.test_request_context():
        assert "No video fits here" in str(refusal.value.sentence) or "vidéo" in str(refusal.value.sentence)
    assert refusal.value.field == "pictures"


def test_the_number_of_statements_does_not_grow(desk: Desk, worker: Runtime) -> None:
    place, counts = f"/brands/{desk.world.brand_slug}/videos", []
    desk.get("cm", place)
    for more in (1, 3):
        for number in range(more):
            assert add(desk, b"\0\0\0\x18ftypmp42" + bytes(100 + number)).status_code == 303
        with recorded(desk.runtime) as statements:
            assert desk.get("cm", place).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
    all_due(worker)
