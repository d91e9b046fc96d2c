"""Who adds a picture, and who looks at it, through the web."""

import io
import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from support.addresses import paths_in
from support.desk import Desk
from support.pictures import picture
from support.world import World

HTTPS = "https://localhost"
SEES = ("owner", "admin", "account_manager", "cm", "rp", "client_approver", "client_contact", "legal", "spokesperson")
WRITES = ("owner", "admin", "account_manager", "cm", "rp")


def upload(client: FlaskClient, world: World, *, brand: str = "marque", **fields: object) -> object:
    data = {"picture": (io.BytesIO(picture()), "photo.jpg"), **fields}
    return client.post(
        f"/{world.slug}/brands/{brand}/media", base_url=HTTPS, data=data, content_type="multipart/form-data"
    )


@pytest.fixture
def added(client: FlaskClient, desk: Desk) -> str:
    """A picture of the brand, and its community manager in front of the browser: its id."""
    desk.world.sign_in(client, "cm")
    return str(desk.picture(picture())[0])


def test_the_address_of_a_picture_leads_to_where_it_is_fetched_now(
    client: FlaskClient, world: World, added: str
) -> None:
    answer = client.get(f"/{world.slug}/media/{added}", base_url=HTTPS)
    assert answer.status_code == 302
    assert paths_in(answer.location) == [answer.location]
    assert client.get(answer.location, base_url=HTTPS).content_type == "image/jpeg"


def test_who_writes_for_the_brand_sees_the_picture_and_the_client_only_what_was_submitted(
    client: FlaskClient, world: World, desk: Desk, added: str
) -> None:
    path = f"/{world.slug}/media/{added}"
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
    assert {role for role, status in answered.items() if status == 303} == set(WRITES)
    assert upload(world.sign_in(client, "cm"), world, brand="autre").status_code == 404


def test_another_agency_s_picture_does_not_exist(
    client: FlaskClient, world: World, new_world: Callable[[], World], added: str
) -> None:
    media_id, other = added, new_world()
    other.sign_in(client, "owner")
    assert client.get(f"/{other.slug}/media/{media_id}", base_url=HTTPS).status_code == 404
    assert client.get(f"/{world.slug}/media/{media_id}", base_url=HTTPS).status_code == 404
