"""Connecting, testing, disconnecting; a secret is never shown, what is typed is kept, nobody else gets in."""

import uuid
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from tests.standins.pds import PASSWORD, StandInPds
from tests.support.campaign import approve_many, connect_bluesky
from tests.support.leaving import reaching
from tests.support.world import World
from unisson.publishing.models import Channel, Subscriber
from unisson.publishing.subscribers import read
from unisson.runtime import Runtime
from unisson.web.spreadsheets import harmless

HTTPS = "https://localhost"


@pytest.fixture
def desk(app, settings, pds, world: World) -> Iterator[FlaskClient]:
    """The community manager's browser, in a product that may reach the stand-in."""
    with reaching(app, settings, pds):
        yield world.sign_in(app.test_client(), "cm")


def channels(runtime: Runtime, world: World) -> list[Channel]:
    with runtime.database.agency(world.agency_id) as session:
        return list(session.scalars(select(Channel).order_by(Channel.created_at)))


def new(world: World, kind: str) -> str:
    return f"/{world.slug}/brands/{world.brand_slug}/channels/new?kind={kind}"


def typed(pds: StandInPds, **more: str) -> dict[str, str]:
    return {"service": pds.url, "handle": "@marque.test", "app_password": PASSWORD, **more}


def test_a_bluesky_account_is_verified_sealed_and_never_shown(desk, pds, runtime, world) -> None:
    answer = desk.post(new(world, "bluesky"), data=typed(pds), base_url=HTTPS)
    assert answer.status_code == 303
    made = channels(runtime, world)[-1]
    assert (made.kind, made.settings["handle"]) == ("bluesky", "marque.test")
    assert PASSWORD.encode() not in bytes(made.secret)
    assert runtime.vault.open(made.secret) == {"app_password": PASSWORD}
    page = desk.get(answer.headers["Location"], base_url=HTTPS)
    assert page.status_code == 200
    assert PASSWORD not in page.text


def test_a_wrong_password_keeps_the_rest_and_nothing_is_connected(desk, pds, runtime, world) -> None:
    answer = desk.post(new(world, "bluesky"), data=typed(pds, app_password="not-the-one"), base_url=HTTPS)
    assert answer.status_code == 422
    assert "@marque.test" in answer.text
    assert "not-the-one" not in answer.text
    assert len(channels(runtime, world)) == 1


@pytest.mark.parametrize(
    "service", ["https://169.254.169.254", "https://10.0.0.1", "https://[::1]:1", "ftp://x", "https://a:b@c.example"]
)
def test_no_address_of_the_inside_is_asked(client, runtime, world, service: str) -> None:
    world.sign_in(client, "cm")
    data = {"service": service, "handle": "m.test", "app_password": "x"}
    assert client.post(new(world, "bluesky"), data=data, base_url=HTTPS).status_code == 422
    assert len(channels(runtime, world)) == 1


def test_the_same_form_twice_connects_once(desk, pds, runtime, world) -> None:
    data = typed(pds, operation_id=str(uuid.uuid4()))
    for _ in range(2):
        assert desk.post(new(world, "bluesky"), data=data, base_url=HTTPS).status_code == 303
    assert len(channels(runtime, world)) == 2


def test_reconnecting_forgets_the_trouble(desk, pds, runtime, world) -> None:
    channel_id = connect_bluesky(runtime, world, pds.url, "marque.test", "stale")
    with runtime.database.agency(world.agency_id) as session:
        channel = session.get_one(Channel, (world.agency_id, channel_id))
        channel.faults, channel.trouble, channel.tokens = 7, "The channel could not be reached.", b"old"
        channel.paused_until = session.scalar(text("select clock_timestamp() + interval '1 hour'"))
    listed = desk.get(f"/{world.slug}/brands/{world.brand_slug}/channels", base_url=HTTPS)
    assert listed.status_code == 200
    wrong = desk.post(f"/{world.slug}/channels/{channel_id}/connection", data={}, base_url=HTTPS)
    assert wrong.status_code == 422
    right = desk.post(
        f"/{world.slug}/channels/{channel_id}/connection", data={"app_password": PASSWORD}, base_url=HTTPS
    )
    assert right.status_code == 303
    channel = next(each for each in channels(runtime, world) if each.id == channel_id)
    assert (channel.faults, channel.paused_until, channel.trouble, channel.tokens) == (0, None, None, None)


def test_disconnecting_keeps_what_waits_and_says_how_much(desk, pds, runtime, worker, world) -> None:
    channel_id = connect_bluesky(runtime, world, pds.url, "marque.test", PASSWORD)
    approve_many(runtime, world, [channel_id], 2, due_in=3600)
    _plan(worker)
    answer = desk.post(f"/{world.slug}/channels/{channel_id}/disconnection", base_url=HTTPS, follow_redirects=True)
    assert answer.status_code == 200
    with runtime.database.agency(world.agency_id) as session:
        states = session.execute(text("select state from app.publications where channel_id = :c"), {"c": channel_id})
        assert [row.state for row in states] == ["scheduled", "scheduled"]
    channel = next(each for each in channels(runtime, world) if each.id == channel_id)
    assert channel.disconnected_at is not None
    assert channel.secret is None


def test_the_newsroom_stays(client, runtime, world) -> None:
    world.sign_in(client, "cm")
    path = f"/{world.slug}/channels/{world.newsroom_id}"
    assert f"/newsroom/{world.slug}/{world.brand_slug}/" in client.get(path, base_url=HTTPS).text
    assert client.post(f"{path}/disconnection", base_url=HTTPS).status_code == 422
    assert client.post(f"{path}/test", base_url=HTTPS).status_code == 303


@pytest.mark.parametrize(
    ("role", "status"),
    [("cm", 200), ("account_manager", 200), ("rp", 403), ("client_approver", 403), ("member", 404)],
)
def test_who_may_connect(client, world, role: str, status: int) -> None:
    world.sign_in(client, role)
    for path in (f"brands/{world.brand_slug}/channels", f"channels/{world.newsroom_id}"):
        assert client.get(f"/{world.slug}/{path}", base_url=HTTPS).status_code == status


def test_another_agency_s_channel_does_not_exist(client, world, new_world) -> None:
    other = new_world()
    world.sign_in(client, "owner")
    for path, method in (("", "get"), ("/test", "post"), ("/connection", "post"), ("/disconnection", "post")):
        url = f"/{world.slug}/channels/{other.newsroom_id}{path}"
        assert getattr(client, method)(url, base_url=HTTPS).status_code == 404


def test_a_list_takes_all_rows_or_none(client, runtime, world) -> None:
    world.sign_in(client, "cm")
    data = {"name": "Presse", "sender_name": "Marque", "recipients": "ann@example.org\nnot an address\n"}
    refused = client.post(new(world, "email"), data=data, base_url=HTTPS)
    assert refused.status_code == 422
    assert "not an address" in refused.text
    assert len(channels(runtime, world)) == 1
    data["recipients"] = "e-mail;nom\nANN@example.org;Ann\nBo <bo@example.org>\nann@example.org;\n"
    assert client.post(new(world, "email"), data=data, base_url=HTTPS).status_code == 303
    with runtime.database.agency(world.agency_id) as session:
        found = session.execute(select(Subscriber.email, Subscriber.name).order_by(Subscriber.email)).all()
    assert [tuple(row) for row in found] == [("ann@example.org", "Ann"), ("bo@example.org", "Bo")]


def test_people_come_from_a_file_leave_and_are_exported_harmless(client, runtime, world) -> None:
    world.sign_in(client, "cm")
    client.post(new(world, "email"), data={"name": "Presse", "sender_name": "M"}, base_url=HTTPS)
    path = f"/{world.slug}/channels/{channels(runtime, world)[-1].id}"
    from io import BytesIO

    sheet = BytesIO("Courriel;Nom\nzoé@example.org;x\n".encode("cp1252"))
    bad = client.post(f"{path}/people", data={"recipients": "", "file": (sheet, "a.csv")}, base_url=HTTPS)
    assert bad.status_code == 422
    sheet = BytesIO(b'Courriel,Nom\nzoe@example.org,"=cmd|x"\n')
    good = client.post(f"{path}/people", data={"recipients": "", "file": (sheet, "a.csv")}, base_url=HTTPS)
    assert good.status_code == 303
    exported = client.get(f"{path}/people.csv", base_url=HTTPS)
    assert "'=cmd|x" in exported.text
    with runtime.database.agency(world.agency_id) as session:
        (person,) = session.scalars(select(Subscriber)).all()
    assert client.post(f"{path}/people/{person.id}/removal", base_url=HTTPS).status_code == 303
    again = client.post(f"{path}/people", data={"recipients": "zoe@example.org"}, base_url=HTTPS, follow_redirects=True)
    assert again.status_code == 200
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalars(select(Subscriber.unsubscribed_at)).one() is not None
    client.post(f"{path}/people/{person.id}/return", base_url=HTTPS)
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalars(select(Subscriber.unsubscribed_at)).one() is None


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


def test_rows_are_read_as_people_write_them() -> None:
    found = read('a@example.org, b@example.org\n\nDoe, Jo;jo@example.org\n"Ray, Man" <ray@example.org>\n')
    assert [each.email for each in found.entries] == [
        "a@example.org", "b@example.org", "jo@example.org", "ray@example.org"
    ]  # fmt: skip
    assert found.faults == []


def _plan(worker: Runtime) -> None:
    from unisson.publishing.assembly import publisher

    publisher(worker).drain(10)
