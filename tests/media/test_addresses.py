"""The addresses of private files: what they open, for how long, and what they do without."""

import base64
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from support.addresses import addresses_in, digests_in, paths_in
from support.desk import HTTPS, Desk
from support.pictures import picture
from support.statements import recorded

from tenants.errors import NotFoundError
from unisson import logs
from unisson.media.addresses import MIMES, STEP, VIDEO_STEP, Address, last_second, read, signed
from unisson.runtime import Runtime

KEY = "k" * 32
NOW = 1_800_000_000
HERE = Address(uuid.uuid4(), "ab" * 32, "image/webp", NOW + 60)


def address_of(desk: Desk) -> tuple[str, str]:
    """The address at which the library shows a new picture, and the picture's digest."""
    _media_id, digest = desk.picture(picture())
    page = desk.get("cm", f"/brands/{desk.world.brand_slug}/media").text
    assert digests_in(desk.runtime.settings, page) == {digest}
    return paths_in(page)[0], digest


def fetched(app: Flask, path: str, **more: object):
    return app.test_client().get(path, base_url=HTTPS, **more)


@pytest.mark.parametrize("mime", MIMES)
def test_an_address_says_what_was_put_into_it(mime: str) -> None:
    address = HERE._replace(mime=mime)
    assert read(KEY, signed(KEY, address), NOW) == address
    assert read(KEY, signed(KEY, address), NOW, address.agency_id) == address


def test_an_address_is_good_for_a_while() -> None:
    token = signed(KEY, HERE)
    assert read(KEY, token, HERE.until - 0.1) == HERE
    for now in (HERE.until, HERE.until + 3600):
        with pytest.raises(NotFoundError):
            read(KEY, token, now)


def test_it_is_the_same_within_the_hour_and_good_for_one_at_least() -> None:
    for mime, step in (("image/png", STEP), ("video/mp4", VIDEO_STEP)):
        first = NOW // step * step
        assert last_second(first, mime) == last_second(first + step - 1, mime) == first + 2 * step
        assert last_second(first + step, mime) == first + 3 * step


def test_no_letter_of_an_address_may_change() -> None:
    token = signed(KEY, HERE)
    for place, letter in enumerate(token):
        for other in "A_z.":
            altered = token[:place] + other + token[place + 1 :]
            try:
                # The last letter of each half holds bits that say nothing: what it says must be the same then.
                assert read(KEY, altered, NOW) == HERE, (place, letter, other)
            except NotFoundError:
                continue
    for place in range(len(token)):
        with pytest.raises(NotFoundError):
            read(KEY, token[:place], NOW)


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.ö", "\x00", "x" * 5000, "A" * 71 + "." + "A" * 43])
def test_what_nobody_signed_is_none(token: str) -> None:
    with pytest.raises(NotFoundError):
        read(KEY, token, NOW)


def test_another_installation_s_or_agency_s_address_is_none() -> None:
    with pytest.raises(NotFoundError):
        read("l" * 32, signed(KEY, HERE), NOW)
    with pytest.raises(NotFoundError):
        read(KEY, signed(KEY, HERE), NOW, uuid.uuid4())


def test_what_is_signed_right_but_says_nothing_is_none() -> None:
    from unisson.media.addresses import _signer

    for told in (b"", b"short", bytes(52) + b"\xff\xff", HERE.agency_id.bytes + bytes(32) + b"\xff" + bytes(4)):
        with pytest.raises(NotFoundError):
            read(KEY, _signer(KEY).sign(base64.urlsafe_b64encode(told)).decode(), NOW)


def test_a_file_is_served_as_what_it_is_and_kept_in_its_reader_s_browser_only(desk: Desk) -> None:
    path, digest = address_of(desk)
    answer = fetched(desk.app, path)
    assert answer.status_code == 200
    assert answer.content_type == "image/jpeg"
    private, seconds, immutable = answer.headers["Cache-Control"].split(", ")
    assert (private, immutable) == ("private", "immutable")
    assert STEP - 60 < int(seconds.removeprefix("max-age=")) <= 2 * STEP
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert answer.headers["Content-Disposition"] == f'inline; filename="picture-{digest[:12]}.jpg"'
    again = fetched(desk.app, path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_no_cookie_is_read_or_set_and_the_database_is_not_asked(desk: Desk) -> None:
    path, _digest = address_of(desk)
    desk.get("cm", "/calendar")
    with recorded(desk.runtime) as statements:
        answers = [desk.browser("cm").get(path, base_url=HTTPS), fetched(desk.app, path)]
        answers.append(fetched(desk.app, path, headers={"Cookie": "__Host-unisson=forged; theme=dark"}))
    assert statements == []
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert "Vary" not in answer.headers
    assert len({answer.data for answer in answers}) == 1


def test_it_is_over_when_its_time_is(desk: Desk) -> None:
    path, _digest = address_of(desk)
    (address,) = addresses_in(desk.runtime.settings, path)
    with time_machine.travel(datetime.fromtimestamp(address.until - 2, UTC), tick=False):
        assert fetched(desk.app, path).status_code == 200
    with time_machine.travel(datetime.fromtimestamp(address.until, UTC), tick=False):
        answer = fetched(desk.app, path)
    assert answer.status_code == 404
    assert answer.data == b""
    assert answer.headers["Cache-Control"] == "no-store"


def test_bytes_that_are_not_there_are_not_found(desk: Desk) -> None:
    address = Address(desk.world.agency_id, "cd" * 32, "image/png", last_second(time.time(), "image/png"))
    assert fetched(desk.app, f"/media/{signed(desk.runtime.settings.secret_key, address)}").status_code == 404
    for token in ("x", "é", "a.b", "%00", "..", "x" * 4000):
        answer = fetched(desk.app, f"/media/{token}")
        assert answer.status_code == 404, token
        assert "Set-Cookie" not in answer.headers


def test_only_reading_is_offered_there(desk: Desk) -> None:
    path, _digest = address_of(desk)
    assert desk.app.test_client().post(path, base_url=HTTPS).status_code in {400, 405}
    head = desk.app.test_client().head(path, base_url=HTTPS)
    assert (head.status_code, head.data) == (200, b"")


def test_a_store_that_is_away_is_said_in_a_status(desk: Desk, runtime: Runtime) -> None:
    store = Path(runtime.settings.storage_url.removeprefix("file://"))
    address = Address(uuid.uuid4(), "ab" * 32, "image/png", last_second(time.time(), "image/png"))
    store.mkdir(parents=True, exist_ok=True)
    (store / str(address.agency_id)).write_text("a file stands where the folder should be")
    answer = fetched(desk.app, f"/media/{signed(runtime.settings.secret_key, address)}")
    assert answer.status_code == 503
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_log_holds_no_address(capsys: pytest.CaptureFixture[str], desk: Desk) -> None:
    path, _digest = address_of(desk)
    assert logs.without_token(path) == "/media/…"
    assert logs.without_token(f"/{desk.world.slug}/media/1/details") == f"/{desk.world.slug}/media/1/details"
    fetched(desk.app, path)
    told = capsys.readouterr()
    assert path.removeprefix("/media/") not in told.out + told.err
