"""A mock-up is written for and approved like any channel, and nothing of it leaves by any path until it is connected."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tenants.base import new_id
from tests.standins.pds import PASSWORD, StandInPds
from tests.support.campaign import Approved, approve_many
from tests.support.leaving import drain, hasten, reaching
from tests.support.world import World
from unisson.activity.models import Event
from unisson.editorial.models import Content
from unisson.publishing.models import Attempt, Channel, Publication
from unisson.runtime import Runtime
from unisson.topics.models import Topic

HTTPS = "https://localhost"
FREE = {"scheduled_at": None}
"""Of what a chain approved that leaves the date free."""


@pytest.fixture
def desk(app, settings, pds, world: World) -> Iterator[FlaskClient]:
    """The community manager's browser, in a product that may reach the stand-in."""
    with reaching(app, settings, pds):
        yield world.sign_in(app.test_client(), "cm")


@pytest.fixture
def mockup(runtime: Runtime, world: World) -> uuid.UUID:
    return planned(runtime, world)


def planned(runtime: Runtime, world: World, handle: str = "marque.test", name: str = "Le Bluesky") -> uuid.UUID:
    with runtime.database.agency(world.agency_id) as session:
        settings = {"handle": handle} if handle else {}
        channel = Channel(
            id=new_id(), brand_id=world.brand_id, kind="bluesky", name=name, mockup=True, settings=settings
        )
        session.add(channel)
        return channel.id


def connect(desk: FlaskClient, world: World, channel_id: uuid.UUID, pds: StandInPds, **more: str):
    data = {"service": pds.url, "handle": "@marque.test", "app_password": PASSWORD, **more}
    return desk.post(f"/{world.slug}/channels/{channel_id}/account", data=data, base_url=HTTPS)


def channel_of(runtime: Runtime, world: World, channel_id: uuid.UUID) -> Channel:
    with runtime.database.agency(world.agency_id) as session:
        return session.get_one(Channel, (world.agency_id, channel_id))


def stands(runtime: Runtime, world: World, approved: Approved) -> tuple[str, str, str | None, int]:
    """Return how the content and its one publication stand, why, and how many attempts there ever were."""
    with runtime.database.agency(world.agency_id) as session:
        row = session.scalars(select(Publication).where(Publication.content_id == approved.content_id)).one()
        state = session.get_one(Content, (world.agency_id, approved.content_id)).state
        tries = session.scalars(select(Attempt).where(Attempt.publication_id == row.id)).all()
        return state, row.state, row.reason, len(tries)


def put_due(worker: Runtime, world: World, approved: Approved, seconds: int) -> None:
    with worker.database.agency(world.agency_id) as session:
        session.execute(
            text(
                "update app.publications set due_at = clock_timestamp() + make_interval(secs => :s)"
                " where content_id = :c"
            ),
            {"s": seconds, "c": approved.content_id},
        )


def test_it_is_planned_with_its_limits_and_says_what_it_is(desk, runtime, world) -> None:
    new = f"/{world.slug}/brands/{world.brand_slug}/channels/new?kind=mockup"
    assert desk.get(new, base_url=HTTPS).status_code == 200
    answer = desk.post(new, data={"name": "Le Bluesky", "handle": " @Marque.Test "}, base_url=HTTPS)
    assert answer.status_code == 303
    with runtime.database.agency(world.agency_id) as session:
        made = session.scalars(select(Channel).where(Channel.mockup)).one()
        assert (made.kind, made.settings, made.secret) == ("bluesky", {"handle": "marque.test"}, None)
    page = desk.get(answer.headers["Location"], base_url=HTTPS).text
    assert "Maquette" in page
    again = desk.post(new, data={"name": "le bluesky", "handle": "autre.test"}, base_url=HTTPS)
    assert again.status_code == 422
    assert "autre.test" in again.text
    written = desk.get(f"/{world.slug}/brands/{world.brand_slug}/contents/new", base_url=HTTPS, follow_redirects=True)
    assert "ne partira pas" in written.text


@pytest.mark.parametrize(
    "typed", [{"name": "", "handle": "x"}, {"name": "x" * 121}, {"name": "x", "handle": "h" * 254}]
)
def test_what_cannot_be_kept_is_refused_with_what_was_typed(desk, runtime, world, typed) -> None:
    new = f"/{world.slug}/brands/{world.brand_slug}/channels/new?kind=mockup"
    answer = desk.post(new, data=typed, base_url=HTTPS)
    assert answer.status_code == 422
    assert all(value in answer.text for value in typed.values())
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalars(select(Channel).where(Channel.mockup)).all() == []


def test_what_comes_due_is_held_and_never_tried(publisher, runtime, worker, world, mockup, pds) -> None:
    (approved,) = approve_many(runtime, world, [mockup], 1)
    drain(publisher, worker, world)
    assert stands(runtime, world, approved) == ("held", "held", "mockup", 0)
    assert pds.effects.all() == []


def test_the_database_refuses_its_attempt_whoever_asks(publisher, runtime, worker, world, mockup) -> None:
    (approved,) = approve_many(runtime, world, [mockup], 1, due_in=3600)
    publisher.drain(5)
    put_due(worker, world, approved, -5)
    refused = []
    for setting in (
        "mockup = true",
        "mockup = false, connected_at = now()",
    ):
        with worker.database.agency(world.agency_id) as session:
            session.execute(text(f"update app.channels set {setting} where id = :c"), {"c": mockup})
        with pytest.raises(DBAPIError) as no, worker.database.agency(world.agency_id) as session:
            session.execute(
                text(
                    "insert into app.attempts (agency_id, id, publication_id, number, fence, digest, worker)"
                    " select agency_id, gen_random_uuid(), id, 1, 0, :d, 'x' from app.publications"
                    " where content_id = :c"
                ),
                {"d": approved.digest, "c": approved.content_id},
            )
        refused.append(no.value.orig.sqlstate)
    assert refused == ["UN023", "UN024"]


def test_a_mockup_can_hold_no_secret(runtime, worker, world, mockup) -> None:
    with pytest.raises(DBAPIError, match="ck_channels_mockup"), runtime.database.agency(world.agency_id) as session:
        session.execute(text("update app.channels set secret = 'x' where id = :c"), {"c": mockup})


def test_connected_it_keeps_what_is_planned_byte_by_byte(desk, publisher, runtime, worker, world, mockup, pds) -> None:
    (ahead,) = approve_many(runtime, world, [mockup], 1, due_in=3600)
    publisher.drain(5)
    answer = connect(desk, world, mockup, pds)
    assert answer.status_code == 303
    real = channel_of(runtime, world, mockup)
    assert (real.mockup, real.name, real.settings["handle"]) == (False, "Le Bluesky", "marque.test")
    assert runtime.vault.open(real.secret) == {"app_password": PASSWORD}
    with runtime.database.agency(world.agency_id) as session:
        content = session.get_one(Content, (world.agency_id, ahead.content_id))
        assert (content.state, content.revision_id, content.channel_kinds) == (
            "scheduled",
            ahead.revision_id,
            "bluesky",
        )
        session.execute(
            text("update app.channels set connected_at = connected_at - interval '1 hour' where id = :c"), {"c": mockup}
        )
    put_due(worker, world, ahead, -1)
    drain(publisher, worker, world)
    assert stands(runtime, world, ahead)[:2] == ("published", "published")
    assert len(pds.effects.all()) == 1


def test_what_is_past_due_waits_for_a_person_after_connecting(
    desk, publisher, runtime, worker, world, mockup, pds
) -> None:
    held, unplanned = approve_many(runtime, world, [mockup], 2)
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where item_id = :c"), {"c": unplanned.content_id})
    drain(publisher, worker, world)
    assert connect(desk, world, mockup, pds).status_code == 303
    with worker.database.agency(world.agency_id) as session:
        session.execute(
            text("insert into app.dispatch (kind, agency_id, item_id, queue, due_at)"
                 " values ('content', :a, :c, 'publishing', now())"),
            {"a": world.agency_id, "c": unplanned.content_id},
        )  # fmt: skip
    drain(publisher, worker, world)
    assert stands(runtime, world, held) == ("held", "held", "mockup", 0)
    assert stands(runtime, world, unplanned) == ("held", "held", "connected later", 0)
    assert pds.effects.all() == []
    with runtime.database.agency(world.agency_id) as session:
        wanted = select(Publication.id).where(Publication.content_id == held.content_id)
        publication_id = session.scalars(wanted).one()
    answer = desk.post(
        f"/{world.slug}/publications/{publication_id}/resolution", data={"choice": "again"}, base_url=HTTPS
    )
    assert answer.status_code == 303
    drain(publisher, worker, world)
    assert stands(runtime, world, held)[:2] == ("published", "published")
    assert len(pds.effects.all()) == 1


def in_hours(hours: float) -> dict[str, str]:
    """Return what the form takes for a time that many hours ahead, on the brand's clock (Paris)."""
    moment = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(hours=hours)
    return {"choice": "later", "date": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M}"}


def resolution(runtime: Runtime, world: World, approved: Approved, channel_id: uuid.UUID) -> str:
    with runtime.database.agency(world.agency_id) as session:
        wanted = select(Publication.id).where(
            Publication.content_id == approved.content_id, Publication.channel_id == channel_id
        )
        return f"/{world.slug}/publications/{session.scalars(wanted).one()}/resolution"


def test_connected_what_was_held_is_given_another_time_and_leaves_then_once(
    desk, publisher, runtime, worker, world, mockup, pds
) -> None:
    (held,) = approve_many(runtime, world, [mockup], 1, beside=FREE)
    drain(publisher, worker, world)
    path = resolution(runtime, world, held, mockup)
    assert "later" not in desk.get(path.removesuffix("/resolution"), base_url=HTTPS).text
    assert desk.post(path, data=in_hours(2), base_url=HTTPS).status_code == 422
    assert connect(desk, world, mockup, pds).status_code == 303
    page = desk.get(path.removesuffix("/resolution"), base_url=HTTPS).text
    assert 'value="later"' in page
    assert "une maquette jusque-là" in page
    for wrong in ({"date": "", "time": ""}, in_hours(-2), {"date": "demain"}):
        answer = desk.post(path, data=in_hours(2) | wrong, base_url=HTTPS)
        assert answer.status_code == 422
    assert "demain" in answer.text
    assert desk.post(path, data=in_hours(2), base_url=HTTPS).status_code == 303
    assert desk.post(path, data=in_hours(3), base_url=HTTPS).status_code == 409
    drain(publisher, worker, world)
    assert stands(runtime, world, held) == ("scheduled", "scheduled", None, 0)
    with runtime.database.agency(world.agency_id) as session:
        content = session.get_one(Content, (world.agency_id, held.content_id))
        due_at = session.scalars(select(Publication.due_at).where(Publication.content_id == content.id)).one()
        assert (content.scheduled_at, content.revision_id) == (due_at, held.revision_id)
    put_due(worker, world, held, -1)
    with runtime.database.agency(world.agency_id) as session:
        session.execute(text("update app.channels set connected_at = connected_at - interval '1 hour'"))
    drain(publisher, worker, world)
    drain(publisher, worker, world)
    assert stands(runtime, world, held) == ("published", "published", None, 1)
    assert len(pds.effects.all()) == 1


def test_beside_what_is_out_the_content_keeps_its_date_and_cannot_be_changed(
    desk, publisher, runtime, worker, world, mockup, pds
) -> None:
    other = planned(runtime, world, "", "L’autre")
    (both,) = approve_many(runtime, world, [other, mockup], 1, beside=FREE)
    drain(publisher, worker, world)
    seen = {"choice": "live", "url": "https://bsky.app/profile/marque.test/post/1"}
    assert desk.post(resolution(runtime, world, both, other), data=seen, base_url=HTTPS).status_code == 303
    assert connect(desk, world, mockup, pds).status_code == 303
    before = date_of(runtime, world, both)
    assert desk.post(resolution(runtime, world, both, mockup), data=in_hours(2), base_url=HTTPS).status_code == 303
    drain(publisher, worker, world)
    with runtime.database.agency(world.agency_id) as session:
        assert session.get_one(Content, (world.agency_id, both.content_id)).state == "publishing"
    assert date_of(runtime, world, both) == before
    assert desk.get(f"/{world.slug}/contents/{both.content_id}/edit", base_url=HTTPS).status_code == 409
    assert pds.effects.all() == []


def date_of(runtime: Runtime, world: World, approved: Approved) -> datetime | None:
    with runtime.database.agency(world.agency_id) as session:
        return session.get_one(Content, (world.agency_id, approved.content_id)).scheduled_at


def test_what_was_tried_keeps_the_date_that_it_may_stand_under(
    desk, publisher, runtime, worker, world, mockup, pds
) -> None:
    (tried,) = approve_many(runtime, world, [mockup], 1, beside=FREE)
    drain(publisher, worker, world)
    assert connect(desk, world, mockup, pds).status_code == 303
    with worker.database.agency(world.agency_id) as session:
        session.execute(text("update app.publications set attempts = 1 where content_id = :c"), {"c": tried.content_id})
    answer = desk.post(resolution(runtime, world, tried, mockup), data=in_hours(2), base_url=HTTPS)
    assert answer.status_code == 422
    assert stands(runtime, world, tried)[1] == "held"


def test_a_date_that_was_approved_is_not_changed_without_asking(
    desk, publisher, runtime, worker, world, mockup, pds
) -> None:
    (held,) = approve_many(runtime, world, [mockup], 1, beside={"scheduled_at": "2026-01-01T09:00:00+01:00"})
    drain(publisher, worker, world)
    assert connect(desk, world, mockup, pds).status_code == 303
    path = resolution(runtime, world, held, mockup)
    assert 'value="later"' not in desk.get(path.removesuffix("/resolution"), base_url=HTTPS).text
    answer = desk.post(path, data=in_hours(2), base_url=HTTPS)
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert stands(runtime, world, held)[1] == "held"


def test_a_date_that_was_approved_is_asked_for_again_in_one_step(
    desk, publisher, runtime, worker, world, mockup, pds
) -> None:
    (held,) = approve_many(runtime, world, [mockup], 1)
    drain(publisher, worker, world)
    path = resolution(runtime, world, held, mockup)
    assert connect(desk, world, mockup, pds).status_code == 303
    page = desk.get(path.removesuffix("/resolution"), base_url=HTTPS).text
    assert 'value="ask"' in page
    assert 'value="later"' not in page
    assert desk.post(path, data=in_hours(2), base_url=HTTPS).status_code == 422
    assert desk.post(path, data=in_hours(-2) | {"choice": "ask"}, base_url=HTTPS).status_code == 422
    assert stands(runtime, world, held) == ("held", "held", "mockup", 0)
    asked = desk.post(path, data=in_hours(2) | {"choice": "ask"}, base_url=HTTPS)
    assert asked.headers["Location"].endswith(f"/contents/{held.content_id}")
    assert stands(runtime, world, held)[:3] == ("in_review", "cancelled", "superseded")
    assert desk.post(path, data=in_hours(2) | {"choice": "ask"}, base_url=HTTPS).status_code == 409
    hasten(worker, world)
    drain(publisher, worker, world)
    with runtime.database.agency(world.agency_id) as session:
        content = session.get_one(Content, (world.agency_id, held.content_id))
        assert content.revision_id != held.revision_id
        assert content.scheduled_at > session.now()
    assert stands(runtime, world, held)[0] == "in_review"
    assert pds.effects.all() == []


def test_another_time_is_not_before_the_embargo(desk, publisher, runtime, worker, world, mockup, pds) -> None:
    (held,) = approve_many(runtime, world, [mockup], 1, beside=FREE)
    drain(publisher, worker, world)
    assert connect(desk, world, mockup, pds).status_code == 303
    put_under_embargo(runtime, world, held, hours=5)
    path = resolution(runtime, world, held, mockup)
    assert desk.post(path, data=in_hours(2), base_url=HTTPS).status_code == 422
    assert desk.post(path, data=in_hours(6), base_url=HTTPS).status_code == 303


def put_under_embargo(runtime: Runtime, world: World, approved: Approved, *, hours: int) -> None:
    with runtime.database.agency(world.agency_id) as session:
        until = session.now() + timedelta(hours=hours)
        topic = Topic(
            id=new_id(), brand_id=world.brand_id, title="Sous embargo", embargo_holds="everything", embargo_zone="UTC",
            embargo_until=until, embargo_wall_time=until.replace(tzinfo=None),
            created_by=session.get_one(Content, (world.agency_id, approved.content_id)).author_id,
        )  # fmt: skip
        session.add(topic)
        session.flush()
        session.execute(
            text("update app.contents set topic_id = :t, scheduled_at = :u where id = :c"),
            {"t": topic.id, "u": until, "c": approved.content_id},
        )


def test_nobody_sends_it_by_hand_but_it_can_be_noted_as_out(
    desk, publisher, runtime, worker, world, mockup, pds
) -> None:
    (approved,) = approve_many(runtime, world, [mockup], 1)
    drain(publisher, worker, world)
    with runtime.database.agency(world.agency_id) as session:
        where = select(Publication.id).where(Publication.content_id == approved.content_id)
        path = f"/{world.slug}/publications/{session.scalars(where).one()}/resolution"
    assert desk.post(path, data={"choice": "again"}, base_url=HTTPS).status_code == 422
    assert desk.post(path, data={"choice": "live", "url": "nowhere"}, base_url=HTTPS).status_code == 422
    hasten(worker, world)
    drain(publisher, worker, world)
    assert stands(runtime, world, approved) == ("held", "held", "mockup", 0)
    seen = {"choice": "live", "url": "https://bsky.app/profile/marque.test/post/1"}
    assert desk.post(path, data=seen, base_url=HTTPS).status_code == 303
    drain(publisher, worker, world)
    assert stands(runtime, world, approved) == ("published", "published", None, 0)
    with runtime.database.agency(world.agency_id) as session:
        assert session.get_one(Content, (world.agency_id, approved.content_id)).channel_kinds == "bluesky"


def test_another_account_than_planned_is_asked_about(desk, runtime, world, mockup, pds) -> None:
    answer = connect(desk, world, mockup, pds, handle="autre.test")
    assert answer.status_code == 422
    assert "autre.test" in answer.text
    assert PASSWORD not in answer.text
    assert channel_of(runtime, world, mockup).mockup
    assert connect(desk, world, mockup, pds, handle="autre.test", instead="y").status_code == 303
    assert channel_of(runtime, world, mockup).settings["handle"] == "autre.test"
    assert connect(desk, world, mockup, pds).status_code == 409


def test_a_wrong_password_leaves_the_mockup_as_it_was(desk, runtime, world, mockup, pds) -> None:
    answer = connect(desk, world, mockup, pds, app_password="not-the-one")
    assert answer.status_code == 422
    assert "not-the-one" not in answer.text
    found = channel_of(runtime, world, mockup)
    assert (found.mockup, found.settings, found.secret) == (True, {"handle": "marque.test"}, None)


def test_its_account_is_not_connected_beside_it(desk, runtime, world, mockup, pds) -> None:
    new = f"/{world.slug}/brands/{world.brand_slug}/channels/new?kind=bluesky"
    data = {"service": pds.url, "handle": "marque.test", "app_password": PASSWORD}
    assert desk.post(new, data=data, base_url=HTTPS).status_code == 422
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalars(select(Channel.name).where(Channel.kind == "bluesky")).all() == ["Le Bluesky"]


def test_disconnected_it_goes_on_as_a_mockup_of_the_same_account(
    desk, publisher, runtime, worker, world, mockup, pds
) -> None:
    assert connect(desk, world, mockup, pds).status_code == 303
    with runtime.database.agency(world.agency_id) as session:
        session.execute(text("update app.channels set connected_at = null where id = :c"), {"c": mockup})
    (out,) = approve_many(runtime, world, [mockup], 1)
    drain(publisher, worker, world)
    assert stands(runtime, world, out)[0] == "published"
    one = f"/{world.slug}/channels/{mockup}"
    assert desk.post(f"{one}/mockup", base_url=HTTPS).status_code == 422
    assert desk.post(f"{one}/disconnection", base_url=HTTPS).status_code == 303
    assert desk.post(f"{one}/mockup", base_url=HTTPS).status_code == 303
    assert channel_of(runtime, world, mockup).mockup
    assert desk.post(f"{one}/test", base_url=HTTPS).status_code == 409
    assert desk.post(f"{one}/disconnection", base_url=HTTPS).status_code == 409
    # What left as one account must not be looked up, or sent again, as another one.
    assert connect(desk, world, mockup, pds, handle="autre.test", instead="y").status_code == 422
    assert connect(desk, world, mockup, pds).status_code == 303
    with runtime.database.agency(world.agency_id) as session:
        told = select(Event.verb).where(Event.subject_id == mockup).order_by(Event.at, Event.id)
        assert session.scalars(told).all() == [
            "channel.connected", "channel.disconnected", "channel.emptied", "channel.connected",
        ]  # fmt: skip
