"""What goes out, on the page: decisions first, one line a list, the same few statements however much there is."""

import time
import uuid

import pytest
from sqlalchemy import select, text

from tests.support.campaign import Approved, approve_many, forget_what_others_left
from tests.support.statements import recorded
from tests.support.world import World
from unisson.publishing.assembly import publisher
from unisson.publishing.models import Channel, Publication, Subscriber
from unisson.publishing.overview import Cursor
from unisson.publishing.reasons import CODES, explain
from unisson.runtime import Runtime

HTTPS = "https://localhost"


def page(client, world: World, rest: str = "/publications", **query: str):
    return client.get(f"/{world.slug}{rest}", query_string=query, base_url=HTTPS)


def of(runtime: Runtime, world: World, approved: Approved) -> Publication:
    with runtime.database.agency(world.agency_id) as session:
        return session.scalars(select(Publication).where(Publication.content_id == approved.content_id)).first()


@pytest.fixture
def held(runtime: Runtime, worker: Runtime, world: World) -> Approved:
    """One whose time passed an hour ago."""
    (approved,) = approve_many(runtime, world, [world.newsroom_id], 1, due_in=-3600)
    publisher(worker).drain(10)
    return approved


def test_an_empty_page_says_so(client, world) -> None:
    world.sign_in(client, "cm")
    assert page(client, world).status_code == 200


def test_the_statements_do_not_grow_with_the_rows(client, runtime, worker, world) -> None:
    world.sign_in(client, "cm")
    approve_many(runtime, world, [world.newsroom_id], 2)
    approve_many(runtime, world, [world.newsroom_id], 1, due_in=3600)
    publisher(worker).drain(10)
    page(client, world)
    with recorded(runtime) as few:
        assert page(client, world).status_code == 200
    approve_many(runtime, world, [world.newsroom_id], 35)
    approve_many(runtime, world, [world.newsroom_id], 15, due_in=3600)
    publisher(worker).drain(20)
    with recorded(runtime) as many:
        found = page(client, world)
    assert found.text.count("<tr>") > 40
    assert len(many) == len(few)
    assert "before=" in found.text


def test_pages_follow_each_other_without_gap_or_repeat(client, runtime, worker, world) -> None:
    world.sign_in(client, "cm")
    approve_many(runtime, world, [world.newsroom_id], 65, due_in=-60, spread=30)
    publisher(worker).drain(30)
    seen: list[str] = []
    cursor: dict[str, str] = {"state": "published"}
    for _ in range(4):
        body = page(client, world, **cursor).text
        seen += [part.split('"')[0] for part in body.split(f"/{world.slug}/publications/")[1:]]
        if "before=" not in body:
            break
        after = body.split("before=")[1].split("&")[0].split('"')[0]
        from urllib.parse import unquote

        cursor = {"state": "published", "before": unquote(after)}
    assert len(seen) == len(set(seen)) == 65


def send_all(runtime, worker, world) -> None:
    """Drain until all has left: on a busy machine one delivery may be tried again a few seconds later."""
    for _turn in range(10):
        publisher(worker).drain(20)
        with runtime.database.agency(world.agency_id) as session:
            if set(session.scalars(select(Publication.state))) == {"published"}:
                return
        time.sleep(1)


def test_a_list_is_one_line(client, runtime, worker, world) -> None:
    with runtime.database.agency(world.agency_id) as session:
        channel = Channel(brand_id=world.brand_id, kind="email", name="Presse", settings={"sender_name": "M"})
        session.add(channel)
        session.flush()
        session.add_all(Subscriber(channel_id=channel.id, email=f"p{n}@example.org") for n in range(5))
    forget_what_others_left(worker)
    approve_many(runtime, world, [channel.id], 1)
    send_all(runtime, worker, world)
    world.sign_in(client, "cm")
    found = page(client, world)
    assert found.text.count("<tr>") == 2
    assert "5" in found.text
    with runtime.database.agency(world.agency_id) as session:
        one = session.scalars(select(Publication.id)).first()
    assert "p3@example.org" in page(client, world, f"/publications/{one}").text
    world.sign_in(client, "client_approver")
    assert "p3@example.org" not in page(client, world, f"/publications/{one}").text


def test_the_alarm_sounds_for_what_should_have_left(client, runtime, world) -> None:
    world.sign_in(client, "owner")
    assert 'data-tone="danger"' not in page(client, world).text
    approve_many(runtime, world, [world.newsroom_id], 3, due_in=-120)
    assert 'data-tone="danger"' in page(client, world).text


def test_a_held_one_waits_first_and_is_sent_by_a_person(client, runtime, worker, world, held) -> None:
    world.sign_in(client, "cm")
    assert 'id="decide"' in page(client, world).text
    stopped = of(runtime, world, held)
    path = f"/publications/{stopped.id}"
    assert page(client, world, path).status_code == 200
    url = f"/{world.slug}{path}/resolution"
    assert client.post(url, data={}, base_url=HTTPS).status_code == 422
    refused = client.post(url, data={"choice": "live", "url": "ftp://typed"}, base_url=HTTPS)
    assert refused.status_code == 422
    assert "ftp://typed" in refused.text
    assert client.post(url, data={"choice": "again"}, base_url=HTTPS).status_code == 303
    publisher(worker).drain(10)
    assert of(runtime, world, held).state == "published"
    late = client.post(url, data={"choice": "give_up", "url": "kept"}, base_url=HTTPS)
    assert late.status_code == 409


@pytest.mark.parametrize(("choice", "state"), [("live", "published"), ("give_up", "cancelled")])
def test_what_a_person_decides_is_written(client, runtime, world, held, *, choice: str, state: str) -> None:
    world.sign_in(client, "rp")
    stopped = of(runtime, world, held)
    url = f"/{world.slug}/publications/{stopped.id}/resolution"
    data = {"choice": choice, "url": "https://example.org/seen"}
    assert client.post(url, data=data, base_url=HTTPS).status_code == 303
    assert of(runtime, world, held).state == state
    assert page(client, world, f"/publications/{stopped.id}").status_code == 200


def test_a_whole_list_is_decided_at_once(client, runtime, worker, world) -> None:
    with runtime.database.agency(world.agency_id) as session:
        channel = Channel(brand_id=world.brand_id, kind="email", name="Presse", settings={"sender_name": "M"})
        session.add(channel)
        session.flush()
        session.add_all(Subscriber(channel_id=channel.id, email=f"p{n}@example.org") for n in range(4))
    (approved,) = approve_many(runtime, world, [channel.id], 1, due_in=-3600)
    publisher(worker).drain(10)
    world.sign_in(client, "cm")
    url = f"/{world.slug}/publications/{of(runtime, world, approved).id}/resolution"
    assert client.post(url, data={"choice": "give_up", "everyone": "y"}, base_url=HTTPS).status_code == 303
    with runtime.database.agency(world.agency_id) as session:
        assert set(session.scalars(select(Publication.state))) == {"cancelled"}


@pytest.mark.parametrize(("role", "status"), [("client_contact", 403), ("expert", 403), ("member", 404)])
def test_who_may_not_decide(client, runtime, world, held, *, role: str, status: int) -> None:
    world.sign_in(client, role)
    url = f"/{world.slug}/publications/{of(runtime, world, held).id}/resolution"
    assert client.post(url, data={"choice": "give_up"}, base_url=HTTPS).status_code in {status, 404}
    assert of(runtime, world, held).state == "held"


def test_another_agency_s_publication_does_not_exist(client, runtime, world, new_world, held) -> None:
    other = new_world()
    other.sign_in(client, "owner")
    assert page(client, other, f"/publications/{of(runtime, world, held).id}").status_code == 404
    assert "Titre" not in page(client, other).text


def test_a_member_of_no_brand_sees_nothing(client, world, held) -> None:
    world.sign_in(client, "member")
    assert "Titre" not in page(client, world).text


def test_every_code_that_the_ledger_may_hold_is_explained(app) -> None:
    from pathlib import Path

    import unisson.publishing

    source = "".join(
        (Path(unisson.publishing.__file__).parent / f"{name}.py").read_text()
        for name in ("verdicts", "delivery", "planning", "resolution")
    )
    with app.app_context():
        for code, explanation in CODES.items():
            assert code in source
            assert str(explanation.happened)
        assert explain("The channel refused it.\n400 too long", "failed") is not None
        assert explain(None, "published") is None


def test_a_cursor_reads_what_it_wrote() -> None:
    from tenants.base import utcnow

    cursor = Cursor(utcnow(), uuid.uuid4(), uuid.uuid4())
    assert Cursor.parse(str(cursor)) == cursor
    assert Cursor.parse("nonsense_x_y") is Cursor.parse(None) is None


def test_text_is_never_markup(client, runtime, world, held) -> None:
    with runtime.database.agency(world.agency_id) as session:
        session.execute(text("update app.channels set name = '<script>alert(1)</script>'"))
    world.sign_in(client, "cm")
    assert "<script>alert(1)" not in page(client, world).text
