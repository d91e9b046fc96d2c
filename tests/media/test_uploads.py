"""Many files at once: received in parts however often the connection breaks, made anew by a worker, each for itself."""

import base64
import io
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from support.desk import Desk
from support.pictures import noise, picture
from support.statements import recorded
from support.world import World
from werkzeug.test import TestResponse

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.identities import Dispatch
from unisson.media import intake, sandbox, uploads
from unisson.media.models import Media, Upload, UploadPart, UploadState
from unisson.media.preparing import prepare_due
from unisson.runtime import Runtime

TUS = {"Tus-Resumable": "1.0.0", "Accept": "application/json"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


def created(desk: Desk, size: int, name: str = "place.jpg", role: str = "cm", **headers: str) -> TestResponse:
    said = base64.b64encode(name.encode()).decode()
    given = {**TUS, "Upload-Length": str(size), "Upload-Metadata": f"filename {said},filetype aW1hZ2U=", **headers}
    return desk.post(role, f"/brands/{desk.world.brand_slug}/uploads", headers=given)


def begun(desk: Desk, size: int, name: str = "place.jpg") -> uuid.UUID:
    answer = created(desk, size, name)
    assert answer.status_code == 201, answer.text
    return uuid.UUID(answer.location.rpartition("/")[2])


def send(
    desk: Desk, upload_id: uuid.UUID, offset: int, content: bytes, role: str = "cm", **headers: str
) -> TestResponse:
    given = {**PART, "Upload-Offset": str(offset), **headers}
    return desk.browser(role).patch(desk.path(f"/uploads/{upload_id}"), data=content, headers=given)


def standing(desk: Desk, upload_id: uuid.UUID, role: str = "cm") -> TestResponse:
    return desk.browser(role).head(desk.path(f"/uploads/{upload_id}"), headers=TUS)


def sent(desk: Desk, content: bytes, name: str = "place.jpg") -> uuid.UUID:
    upload_id = begun(desk, len(content), name)
    assert send(desk, upload_id, 0, content).status_code == 204
    return upload_id


def plain(desk: Desk, *files: tuple[bytes, str]) -> TestResponse:
    data = {"picture": [(io.BytesIO(content), name) for content, name in files]}
    return desk.post("cm", f"/brands/{desk.world.brand_slug}/media", data, content_type="multipart/form-data")


def kept(desk: Desk, upload_id: uuid.UUID) -> Upload | None:
    with desk.session() as session:
        return session.get(Upload, (session.agency_id, upload_id))


def all_of(desk: Desk) -> dict[str, Upload]:
    with desk.session() as session:
        return {each.filename: each for each in session.scalars(select(Upload))}


def count(desk: Desk, table: type[Media] | type[UploadPart]) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def due(desk: Desk, worker: Runtime, upload_id: uuid.UUID) -> None:
    """Have its time come."""
    with worker.database.everywhere() as session:
        session.execute(
            update(Dispatch)
            .where(Dispatch.item_id == upload_id)
            .values(due_at=func.clock_timestamp(), lease_until=None)
        )


def all_due(worker: Runtime) -> None:
    while prepare_due(worker):
        pass


def test_a_file_comes_in_parts_and_becomes_a_picture(desk: Desk, worker: Runtime) -> None:
    content = noise("JPEG", size=(640, 480))
    upload_id = begun(desk, len(content))
    half = len(content) // 2
    answer = send(desk, upload_id, 0, content[:half])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(half))
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Upload-Expires"].endswith("GMT")
    answer = standing(desk, upload_id)
    assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == (str(half), str(len(content)))
    assert answer.headers["Cache-Control"] == "no-store"
    assert send(desk, upload_id, half, content[half:]).status_code == 204
    assert "Préparation en cours" in desk.get("cm", f"/brands/{desk.world.brand_slug}/uploads").text
    all_due(worker)
    upload = kept(desk, upload_id)
    assert upload is not None
    assert (upload.state, count(desk, Media), count(desk, UploadPart)) == (UploadState.ADDED, 1, 0)
    with desk.session() as session:
        media = session.get_one(Media, (session.agency_id, upload.media_id))
    assert (media.width, media.filename, media.uploaded_by) == (640, "place.jpg", desk.world.people["cm"].membership_id)
    assert f"/media/{media.id}/details" in desk.get("cm", f"/brands/{desk.world.brand_slug}/uploads").text


def test_what_is_sent_twice_or_out_of_order_is_not_taken(desk: Desk) -> None:
    content = picture()
    upload_id = begun(desk, len(content))
    assert send(desk, upload_id, 0, content[:100]).status_code == 204
    for offset in (0, 101):
        assert send(desk, upload_id, offset, content[100:200]).status_code == 409
    assert standing(desk, upload_id).headers["Upload-Offset"] == "100"
    assert send(desk, upload_id, 100, content).status_code == 413
    assert send(desk, upload_id, 100, content[100:]).status_code == 204
    assert send(desk, upload_id, len(content), b"").status_code == 409


def test_of_two_parts_at_the_same_place_one_is_taken(desk: Desk) -> None:
    """Two tabs, or a proxy that sends again."""
    content = noise("JPEG", size=(640, 480))
    upload_id = begun(desk, len(content))
    tabs = [desk.world.sign_in(desk.app.test_client(), "cm") for _ in range(4)]
    headers = {**PART, "Upload-Offset": "0"}

    def act(tab: FlaskClient) -> int:
        path = desk.path(f"/uploads/{upload_id}")
        return tab.patch(path, data=content[:50_000], headers=headers, base_url="https://localhost").status_code

    with ThreadPoolExecutor(len(tabs)) as pool:
        answered = sorted(pool.map(act, tabs))
    assert answered == [204, 409, 409, 409]
    assert standing(desk, upload_id).headers["Upload-Offset"] == "50000"


@pytest.mark.parametrize("length", ["", "-1", "1e3", "9" * 40, "éé", "²"])
def test_a_length_that_is_none_is_refused(desk: Desk, length: str) -> None:
    answer = created(desk, 1, **{"Upload-Length": length.encode().decode("latin-1")})
    assert (answer.status_code, answer.headers["Tus-Resumable"]) == (422, "1.0.0")


@pytest.mark.parametrize(
    ("name", "size", "status", "sentence"),
    [
        ("dessin.svg", 10, 422, intake.VECTOR),
        ("page.html", 10, 422, intake.WRONG_KIND),
        ("", 10, 422, intake.WRONG_KIND),
        ("a.jpg", 0, 422, uploads.PROBLEMS["nothing"]),
        ("a.jpg", intake.MOST_BYTES + 1, 413, intake.TOO_HEAVY),
    ],
)
def test_what_is_no_picture_is_refused_before_it_is_sent(
    desk: Desk, name: str, size: int, status: int, sentence: object
) -> None:
    answer = created(desk, size, name)
    with desk.app.test_request_context():
        assert (answer.status_code, answer.json["message"]) == (status, str(sentence))
    assert all_of(desk) == {}


@pytest.mark.parametrize("said", ["filename", "filename é", "filename !!!", "filename /w==", ","])
def test_a_name_that_can_t_be_read_is_no_fault(desk: Desk, said: str) -> None:
    answer = created(desk, 10, **{"Upload-Metadata": said.encode().decode("latin-1")})
    assert answer.status_code == 422


def test_other_protocols_and_large_parts_are_refused(desk: Desk) -> None:
    upload_id = begun(desk, 10_000_000)
    assert created(desk, 10, **{"Tus-Resumable": "0.2.2"}).status_code == 412
    assert send(desk, upload_id, 0, b"x", **{"Tus-Resumable": ""}).headers["Tus-Version"] == "1.0.0"
    assert send(desk, upload_id, 0, b"x", **{"Content-Type": "image/jpeg"}).status_code == 415
    assert send(desk, upload_id, 0, bytes(uploads.MOST_PART + 1)).status_code == 413
    assert send(desk, upload_id, 0, b"x", **{"Upload-Offset": "x"}).status_code == 422
    answer = desk.browser("cm").options(desk.path(f"/brands/{desk.world.brand_slug}/uploads"))
    assert (answer.status_code, answer.headers["Tus-Max-Size"]) == (204, str(intake.MOST_BYTES))
    assert standing(desk, upload_id).headers["Upload-Offset"] == "0"


def test_an_upload_is_its_sender_s_alone(desk: Desk, new_world: Callable[[], World]) -> None:
    upload_id = begun(desk, 10)
    for role in ("rp", "owner", "client_approver"):
        assert standing(desk, upload_id, role).status_code == 404
        assert send(desk, upload_id, 0, b"x", role).status_code == 404
    assert {role for role in ("cm", "rp", "client_approver", "expert") if created(desk, 10, role=role).status_code == 201} == {"cm", "rp"}  # fmt: skip
    other = new_world()
    stranger = other.sign_in(desk.app.test_client(), "owner")
    assert (
        stranger.head(f"/{other.slug}/uploads/{upload_id}", headers=TUS, base_url="https://localhost").status_code
        == 404
    )


def test_a_file_the_brand_has_already_is_said_to_be_there(desk: Desk, worker: Runtime) -> None:
    desk.speak_english()
    media_id, _digest = desk.picture(picture(), "première.jpg")
    upload_id = sent(desk, picture(), "encore.jpg")
    all_due(worker)
    upload = kept(desk, upload_id)
    assert upload is not None
    assert (upload.state, upload.media_id, count(desk, Media)) == (UploadState.KNOWN, media_id, 1)
    page = desk.get("cm", f"/brands/{desk.world.brand_slug}/media").text
    assert "Already in the library" in page
    assert f"/media/{media_id}/details" in page


def test_without_scripts_each_file_stands_for_itself(desk: Desk, worker: Runtime) -> None:
    desk.speak_english()
    answer = plain(
        desk,
        (picture(), "bonne.jpg"),
        (b"<svg/>", "dessin.svg"),
        (b"\xff\xd8\xff<script>", "abimée.jpg"),
        (b"", "vide.png"),
        (picture("PNG", size=(10_000, 4_001), mode="1"), "grande.png"),
    )
    assert answer.status_code == 303
    all_due(worker)
    found = {name: (each.state, each.problem) for name, each in all_of(desk).items()}
    assert found == {
        "bonne.jpg": ("added", ""),
        "dessin.svg": ("refused", "vector"),
        "abimée.jpg": ("refused", "unreadable"),
        "vide.png": ("refused", "nothing"),
        "grande.png": ("refused", "too_many_pixels"),
    }
    page = desk.get("cm", f"/brands/{desk.world.brand_slug}/media").text
    assert page.count('data-state="refused"') == 4
    assert "SVG drawings can carry programs" in page
    assert count(desk, UploadPart) == 0


def test_a_form_without_files_or_with_too_many_is_refused(desk: Desk) -> None:
    assert plain(desk).status_code == 422
    assert plain(desk, *[(picture(), f"{n}.jpg") for n in range(51)]).status_code == 422
    assert all_of(desk) == {}


def test_nobody_fills_the_database_with_halves(desk: Desk) -> None:
    with desk.session() as session:
        who = {"brand_id": desk.world.brand_id, "membership_id": desk.world.people["cm"].membership_id}
        session.add_all([Upload(filename="a.jpg", size=9, **who) for _ in range(uploads.MOST_UNDER_WAY)])
    assert created(desk, 10).status_code == 429


def test_who_stops_leaves_nothing(desk: Desk, worker: Runtime) -> None:
    half, whole = begun(desk, 100), sent(desk, picture())
    send(desk, half, 0, b"x" * 50)
    parts = count(desk, UploadPart)

    def stopped(upload_id: uuid.UUID, role: str = "cm") -> int:
        return desk.browser(role).delete(desk.path(f"/uploads/{upload_id}"), headers=TUS).status_code

    assert stopped(half, "rp") == 404
    assert [stopped(half), stopped(half), stopped(whole)] == [204, 404, 409]
    assert count(desk, UploadPart) == parts - 1
    with worker.database.everywhere() as session:
        assert session.scalar(select(Dispatch.item_id).where(Dispatch.item_id == half)) is None


def test_what_is_left_halfway_is_swept_after_a_day(desk: Desk, worker: Runtime) -> None:
    upload_id = begun(desk, 100)
    assert send(desk, upload_id, 0, b"x" * 50).status_code == 204
    with worker.database.everywhere() as session:
        at = session.scalar(select(Dispatch.due_at).where(Dispatch.item_id == upload_id))
    assert timedelta(hours=23) < at - utcnow() <= timedelta(days=1)
    due(desk, worker, upload_id)
    all_due(worker)
    assert kept(desk, upload_id) is None
    assert count(desk, UploadPart) == 0
    assert standing(desk, upload_id).status_code == 404


def test_what_became_of_a_file_is_forgotten_and_the_picture_stays(desk: Desk, worker: Runtime) -> None:
    upload_id = sent(desk, picture())
    all_due(worker)
    due(desk, worker, upload_id)
    all_due(worker)
    assert kept(desk, upload_id) is None
    assert count(desk, Media) == 1


def test_a_store_that_is_away_is_waited_for(desk: Desk, worker: Runtime) -> None:
    store = Path(desk.runtime.settings.storage_url.removeprefix("file://"))
    store.mkdir(parents=True, exist_ok=True)
    in_the_way = store / str(desk.world.agency_id)
    in_the_way.write_text("a file stands where the folder should be")
    upload_id = sent(desk, picture())
    all_due(worker)
    waiting = kept(desk, upload_id)
    assert waiting is not None
    assert (waiting.state, waiting.tries, count(desk, Media)) == (UploadState.PREPARING, 0, 0)
    listed = desk.get("cm", f"/brands/{desk.world.brand_slug}/uploads", headers={"HX-Request": "true"}).text
    assert "data-late" in listed
    assert "comes into the library by itself" in listed or "rejoindra d’elle-même" in listed
    in_the_way.unlink()
    due(desk, worker, upload_id)
    all_due(worker)
    added = kept(desk, upload_id)
    assert added is not None
    assert (added.state, added.problem) == (UploadState.ADDED, "")


def test_a_picture_that_takes_its_worker_with_it_is_given_up(desk: Desk, worker: Runtime) -> None:
    upload_id = sent(desk, picture())
    with desk.session() as session:
        session.execute(update(Upload).values(tries=3))
    all_due(worker)
    upload = kept(desk, upload_id)
    assert upload is not None
    assert (upload.state, upload.problem, count(desk, Media)) == (UploadState.REFUSED, "unreadable", 0)


def test_an_archived_brand_takes_nothing_more(desk: Desk, worker: Runtime) -> None:
    upload_id, half = sent(desk, picture()), begun(desk, 10)
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))
    all_due(worker)
    assert kept(desk, upload_id).problem == "archived"
    assert send(desk, half, 0, b"x").status_code in {404, 410}


def test_the_worker_s_claim_that_passed_on_leaves_no_second_word(desk: Desk, worker: Runtime) -> None:
    """Two workers had it: the one that comes late neither writes nor sweeps."""
    from unisson.dispatching import claim
    from unisson.media import preparing

    upload_id = sent(desk, picture())
    with worker.database.everywhere() as session:
        (late,) = [
            each for each in claim(session, "media", limit=50, worker="late", lease=60) if each.item_id == upload_id
        ]
    due(desk, worker, upload_id)
    all_due(worker)
    preparing._attend(worker, late)
    assert kept(desk, upload_id).state == UploadState.ADDED


def test_the_list_is_read_in_as_many_statements_however_long(desk: Desk) -> None:
    counts = []
    desk.get("cm", f"/brands/{desk.world.brand_slug}/uploads")
    for more in (1, 8):
        plain(desk, *[(picture(), f"{more}-{n}.jpg") for n in range(more)])
        with recorded(desk.runtime) as statements:
            assert desk.get("cm", f"/brands/{desk.world.brand_slug}/uploads").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_every_reason_has_its_sentence(app: object) -> None:
    assert uploads.PROBLEMS["unreadable"] is sandbox.UNREADABLE
    for name, sentence in uploads.PROBLEMS.items():
        assert uploads.problem_of(intake.RefusedError(sentence)) == name
