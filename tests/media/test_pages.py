"""Adding a picture and looking at it, through the web."""

import io
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from support.addresses import paths_in
from support.desk import Desk
from support.pictures import picture
from support.world import World

from unisson.media.models import Media
from unisson.runtime import Runtime

HTTPS = "https://localhost"
SEES = ("owner", "admin", "account_manager", "cm", "rp", "client_approver", "client_contact", "legal", "spokesperson")
WRITES = ("owner", "admin", "account_manager", "cm", "rp")


def upload(client: FlaskClient, world: World, *, htmx: bool = True, brand: str = "marque", **fields: object) -> object:
    data = {"picture": (io.BytesIO(picture()), "photo.jpg"), **fields}
    return client.post(
        f"/{world.slug}/brands/{brand}/media",
        base_url=HTTPS,
        data=data,
        content_type="multipart/form-data",
        headers={"HX-Request": "true"} if htmx else {},
    )


def added(client: FlaskClient, world: World) -> str:
    """Add a picture as the community manager; return its id."""
    answer = upload(world.sign_in(client, "cm"), world)
    assert answer.status_code == 200, answer.text
    return re.search(r'name="media_id" value="([0-9a-f-]{36})"', answer.text)[1]


def test_a_picture_comes_back_as_a_field_of_the_form(client: FlaskClient, world: World) -> None:
    media_id = added(client, world)
    answer = upload(client, world)
    assert len(paths_in(answer.text)) == 1
    assert 'name="alt"' in answer.text
    assert f'for="alt-{media_id}"' in answer.text


def test_without_javascript_one_goes_back_to_the_form(client: FlaskClient, world: World) -> None:
    world.sign_in(client, "cm")
    answer = upload(client, world, htmx=False, back=f"/{world.slug}/contents/new?x=1")
    assert answer.status_code == 303
    assert re.fullmatch(rf"/{world.slug}/contents/new\?x=1&media_id=[0-9a-f-]{{36}}", answer.headers["Location"])


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/a\r\nSet-Cookie: x"])
def test_nobody_is_sent_elsewhere(client: FlaskClient, world: World, back: str) -> None:
    world.sign_in(client, "cm")
    answer = upload(client, world, htmx=False, back=back)
    assert answer.status_code == 200
    assert "Location" not in answer.headers


def test_several_pictures_are_added_at_once(client: FlaskClient, world: World) -> None:
    world.sign_in(client, "cm")
    files = [(io.BytesIO(picture(size=(64, 40 + number))), f"{number}.jpg") for number in range(3)]
    answer = upload(client, world, picture=files)
    assert answer.text.count('name="media_id"') == 3


@pytest.mark.parametrize(("content", "name"), [(b"<svg/>", "a.svg"), (b"", ""), (b"<html>", "a.jpg")])
def test_a_refused_picture_leaves_nothing(
    client: FlaskClient, world: World, runtime: Runtime, content: bytes, name: str
) -> None:
    world.sign_in(client, "cm")
    assert upload(client, world, picture=(io.BytesIO(content), name)).status_code == 422
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalar(select(func.count()).select_from(Media)) == 0


def test_the_address_of_a_picture_leads_to_where_it_is_fetched_now(client: FlaskClient, world: World) -> None:
    answer = client.get(f"/{world.slug}/media/{added(client, world)}", base_url=HTTPS)
    assert answer.status_code == 302
    assert paths_in(answer.location) == [answer.location]
    assert client.get(answer.location, base_url=HTTPS).content_type == "image/jpeg"


def test_who_writes_for_the_brand_sees_the_picture_and_the_client_only_what_was_submitted(
    client: FlaskClient, world: World, desk: Desk
) -> None:
    path = f"/{world.slug}/media/{added(client, world)}"
    seen = {role: world.sign_in(client, role).get(path, base_url=HTTPS).status_code for role in world.people}
    assert {role for role, status in seen.items() if status == 302} == set(WRITES)
    assert seen["client_approver"] == seen["member"] == 404
    media_id = uuid.UUID(path.rpartition("/")[2])
    content_id = desk.write(pictures=((media_id, "Une place"),))
    assert desk.get("client_approver", f"/media/{media_id}").status_code == 404
    desk.submit(content_id)
    seen = {role: world.sign_in(client, role).get(path, base_url=HTTPS).status_code for role in world.people}
    assert {role for role, status in seen.items() if status == 302} == set(SEES)


def test_who_writes_adds_pictures(client: FlaskClient, world: World) -> None:
    answered = {role: upload(world.sign_in(client, role), world).status_code for role in world.people}
    assert {role for role, status in answered.items() if status == 200} == set(WRITES)
    assert upload(world.sign_in(client, "cm"), world, brand="autre").status_code == 404


def test_another_agency_s_picture_does_not_exist(
    client: FlaskClient, world: World, new_world: Callable[[], World]
) -> None:
    media_id, other = added(client, world), new_world()
    other.sign_in(client, "owner")
    assert client.get(f"/{other.slug}/media/{media_id}", base_url=HTTPS).status_code == 404
    assert client.get(f"/{world.slug}/media/{media_id}", base_url=HTTPS).status_code == 404


def test_a_store_that_is_away_is_said_in_a_sentence(
    client: FlaskClient, world: World, runtime: Runtime, data_dir: Path
) -> None:
    """The folder of this agency can't be made, since a file stands there."""
    store = Path(runtime.settings.storage_url.removeprefix("file://"))
    store.mkdir(parents=True, exist_ok=True)
    (store / str(world.agency_id)).write_text("in the way")
    answer = upload(world.sign_in(client, "cm"), world)
    assert answer.status_code == 503
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalar(select(func.count()).select_from(Media)) == 0
