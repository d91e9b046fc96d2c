"""The trail is sealed and only added to; what was changed behind the product's back is found; sign-ins and files show."""

import uuid
from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DatabaseError
from support.desk import Desk
from support.world import World

from tenants.identities import DirectoryEntry
from unisson.activity import seals, upkeep
from unisson.activity.models import Event, Seal, SealCheck, Unsealed
from unisson.activity.trail import record
from unisson.agency.trail_words import DONE
from unisson.config import Settings
from unisson.portal.models import ContentOpening
from unisson.runtime import Runtime
from unisson.trust.noticing import EXPORTS
from unisson.trust.verifying import verify_all


@pytest.fixture
def owner(settings: Settings) -> Iterator[Connection]:
    """Somebody who stands above the product: a superuser who takes the guards away."""
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.execute(text("set session_replication_role = replica"))
        yield connection
    engine.dispose()


FORGED = """
insert into app.events (agency_id, id, at, actor_name, verb, subject_kind, subject_id)
select agency_id, gen_random_uuid(), at, 'Forged', 'content.approved', 'content', id from app.events where id = :one
"""


def some_events(runtime: Runtime, world: World, count: int = 5) -> list[uuid.UUID]:
    with runtime.database.agency(world.agency_id) as session:
        for number in range(count):
            record(session, None, "content.edited", "content", uuid.uuid4(), by=f"Zoé {number}", number=number)
        session.flush()
        return list(session.scalars(select(Event.id).order_by(Event.at, Event.id)))


def sealed(worker: Runtime, world: World) -> int:
    with worker.database.agency(world.agency_id) as session:
        return seals.seal_some(session)


def faults(runtime: Runtime, world: World) -> list[str]:
    with runtime.database.agency(world.agency_id) as session:
        return seals.check(session).faults


def test_what_was_recorded_is_sealed_in_its_order_and_holds(runtime: Runtime, worker: Runtime, world: World) -> None:
    ids = some_events(runtime, world)
    assert sealed(worker, world) == 5
    assert sealed(worker, world) == 0
    some_events(runtime, world, 2)
    assert sealed(worker, world) == 2
    with runtime.database.agency(world.agency_id) as session:
        first, second = session.scalars(select(Seal).order_by(Seal.number))
        assert first.event_ids == ids
        assert (first.previous, second.previous) == (bytes(32), first.digest)
        found = seals.check(session)
        assert (found.seals, found.events, found.faults, found.digest) == (2, 7, [], second.digest)
        assert seals.check(session, after=1).faults == []


def test_a_transaction_that_ends_late_is_in_the_next_seal(runtime: Runtime, worker: Runtime, world: World) -> None:
    late = runtime.database.open_agency(world.agency_id)
    record(late, None, "content.edited", "content", uuid.uuid4(), by="Late")
    late.flush()
    some_events(runtime, world, 2)
    assert sealed(worker, world) == 2
    late.commit()
    late.close()
    assert sealed(worker, world) == 1
    assert faults(runtime, world) == []


def test_two_workers_at_once_seal_each_event_once(runtime: Runtime, worker: Runtime, world: World) -> None:
    some_events(runtime, world, 40)

    def go() -> None:
        upkeep._keep(worker, world.agency_id, float("inf"))

    threads = [Thread(target=go) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    go()
    with runtime.database.agency(world.agency_id) as session:
        assert seals.check(session).events == 40
    assert faults(runtime, world) == []


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("update app.events set verb = 'content.approved' where id = :one", "was changed"),
        ("update app.events set actor_name = 'Somebody else' where id = :one", "was changed"),
        ("update app.events set at = at + interval '1 minute' where id = :one", "was changed"),
        ("""update app.events set details = '{"number": 9}' where id = :one""", "was changed"),
        ("delete from app.events where id = :one", "is missing"),
        (FORGED, "wait to be"),
        ("delete from app.seals where number = 1 and agency_id = :agency", "seal 1 is missing"),
        (
            "update app.seals set event_ids = array(select e from unnest(event_ids) e order by e desc) where number = 1",
            "was changed",
        ),
        (
            "update app.seals set digest = sha256('x') where number = 1 and agency_id = :agency",
            "does not follow the one before",
        ),
    ],
    ids=["verb", "name", "time", "details", "deleted", "forged", "seal deleted", "order", "seal changed"],
)
def test_what_a_superuser_does_to_it_is_found(
    runtime: Runtime, worker: Runtime, world: World, owner: Connection, deed: str, said: str
) -> None:
    ids = some_events(runtime, world)
    sealed(worker, world)
    some_events(runtime, world, 1)
    sealed(worker, world)
    about = {"one": ids[2], "agency": world.agency_id}
    owner.execute(text(deed), {name: value for name, value in about.items() if f":{name}" in deed})
    owner.commit()
    assert any(said in fault for fault in faults(runtime, world)), faults(runtime, world)
    with worker.database.agency(world.agency_id) as session:
        upkeep.check_some(session)
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalars(select(SealCheck.fault)).one()
        told = seals.head(session)
    assert told is not None
    assert told.fault


def test_no_role_of_the_product_changes_or_deletes_a_line(
    runtime: Runtime, worker: Runtime, world: World, owner: Connection
) -> None:
    some_events(runtime, world)
    sealed(worker, world)
    for held in (runtime, worker):
        for deed in ("update app.events set verb = 'x'", "delete from app.events", "delete from app.seals",
                     "update app.seals set number = 9"):  # fmt: skip
            with pytest.raises(DatabaseError), held.database.agency(world.agency_id) as session:
                session.execute(text(deed))
    owner.execute(text("set session_replication_role = origin"))
    for deed in ("update app.events set verb = 'x'", "delete from app.seals", "truncate app.events"):
        with pytest.raises(DatabaseError, match="only added to"):
            owner.execute(text(deed))
        owner.rollback()


def test_the_command_says_what_it_finds(runtime: Runtime, worker: Runtime, world: World, owner: Connection) -> None:
    ids = some_events(runtime, world)
    sealed(worker, world)
    said: list[str] = []
    assert verify_all(runtime, world.slug, None, said.append)
    digest = said[0].rpartition(" ")[2]
    assert verify_all(runtime, world.slug, digest, said.append)
    assert not verify_all(runtime, world.slug, "0" * 64, said.append)
    assert not verify_all(runtime, world.slug, "no digest", said.append)
    assert not verify_all(runtime, "no-such-agency", None, said.append)
    owner.execute(text("delete from app.events where id = :one"), {"one": ids[0]})
    owner.commit()
    assert not verify_all(runtime, world.slug, None, said.append)
    assert f"event {ids[0]} of seal 1 is missing" in said[-1] or f"event {ids[0]} of seal 1 is missing" in said[-2]


def test_a_worker_seals_what_is_due_and_checks_at_night(runtime: Runtime, worker: Runtime, world: World) -> None:
    some_events(runtime, world)
    with worker.database.everywhere() as session:
        later = func.clock_timestamp() + text("interval '1 hour'")
        session.execute(update(DirectoryEntry).values(seal_at=later, night_at=later))
        past = func.clock_timestamp() - text("interval '1 hour'")
        session.execute(
            update(DirectoryEntry)
            .where(DirectoryEntry.agency_id == world.agency_id)
            .values(seal_at=past, night_at=past)
        )
    assert upkeep.seal_due(worker, 5) == 1
    assert upkeep.seal_due(worker, 5) == 0
    assert upkeep.night_due(worker) == 1
    assert upkeep.night_due(worker) == 0
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalar(select(func.count()).select_from(Unsealed)) == 0
        told = seals.head(session)
    assert told is not None
    assert (told.number, told.checked_through, told.fault, told.waiting) == (1, 1, "", 0)


def test_the_page_says_how_far_it_is_sealed(desk: Desk, worker: Runtime) -> None:
    desk.speak_english()
    desk.write()
    assert 'id="sealed"' not in desk.get("owner", "/activity").text
    sealed(worker, desk.world)
    html = desk.get("owner", "/activity").text
    assert "seal 1" in html
    assert "worked out anew every night" in html
    with worker.database.agency(desk.world.agency_id) as session:
        upkeep.check_some(session)
    assert "found whole, up to seal 1" in desk.get("owner", "/activity").text


def test_a_sign_in_shows_in_each_agency_the_person_comes_into(app: Flask, desk: Desk, new_world) -> None:
    there = new_world()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = desk.world.people["cm"].token, True
    for _ in range(3):
        assert client.get(f"/{desk.world.slug}/calendar", base_url="https://localhost").status_code == 200
    assert client.get(f"/{there.slug}/calendar", base_url="https://localhost").status_code == 404

    def signed_in(agency_id: uuid.UUID) -> list[uuid.UUID | None]:
        with desk.runtime.database.agency(agency_id) as session:
            return list(session.scalars(select(Event.actor_id).where(Event.verb == "person.signed_in")))

    assert signed_in(desk.world.agency_id) == [desk.world.people["cm"].membership_id]
    assert signed_in(there.agency_id) == []


def test_every_page_that_hands_a_file_of_data_out_is_noted(app: Flask) -> None:
    """Whoever adds one adds it to `EXPORTS`; a person's data and a whole brand are noted with words of their own.

    The file to begin an import with holds examples, nothing of the agency's.
    """
    endings = (".csv", ".xlsx", ".zip", ".pdf")
    files = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.endswith(endings) or "export" in rule.rule}
    reading = {each for each in files if any("GET" in (r.methods or ()) for r in app.url_map.iter_rules(each))}
    assert reading - EXPORTS.keys() == {
        "trust.person_data_file", "own.data_file", "closing.export_part", "imports.sample",
    }  # fmt: skip


def test_files_that_were_taken_out_show(app: Flask, desk: Desk) -> None:
    desk.speak_english()
    assert EXPORTS.keys() <= app.view_functions.keys()
    assert set(EXPORTS.values()) <= DONE.keys()
    assert desk.get("owner", "/activity.csv?about=content").status_code == 200
    assert desk.get("cm", "/calendar.csv").status_code == 200
    html = desk.get("owner", "/activity?about=export").text
    assert "took the activity out as a file" in html
    assert "took a calendar out as a file" in html


def test_who_opened_a_content_shows_once_an_hour_on_its_proof(desk: Desk) -> None:
    desk.speak_english()
    content_id = desk.write()
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    _link, token = desk.link(content_id)
    assert desk.get(None, f"/approve/{token}/contents/{content_id}").status_code == 200  # asks for a code first
    with desk.session() as session:
        assert session.scalars(select(ContentOpening)).all() == []
    desk.known(token)
    for _ in range(3):
        assert desk.get(None, f"/approve/{token}/contents/{content_id}").status_code == 200
    assert desk.get("owner", f"/portal/{desk.world.brand_slug}/contents/{content_id}").status_code in {200, 404}
    with desk.session() as session:
        seen = session.scalars(select(ContentOpening.membership_id)).all()
    assert set(seen) == {desk.world.people["client_approver"].membership_id}
    assert len(seen) <= 2  # an hour may have struck
    assert "Who had it before them" in desk.get("owner", f"/contents/{content_id}/proof").text
