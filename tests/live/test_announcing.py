"""What is announced, to whom nothing is, and that it is only said once it is durable."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from support.campaign import approve_many, forget_what_others_left
from support.desk import Desk, today

from tenants.base import Base
from tenants.members import Membership
from unisson import announcing, tables  # noqa: F401 - every table
from unisson.announcing import CHANNEL, Change, ValkeyAnnouncer
from unisson.approvals.models import Absence
from unisson.editorial.models import Content
from unisson.notifications.notices import tell
from unisson.publishing.assembly import publisher
from unisson.runtime import Runtime, connect_valkey

Heard = Callable[[], list[dict]]


@pytest.fixture
def heard(runtime: Runtime, desk: Desk) -> Iterator[Heard]:
    """What has been announced of the desk's agency since it was last asked."""
    with connect_valkey(runtime.settings.valkey_url).pubsub() as listening:
        listening.subscribe(f"{CHANNEL}{desk.world.agency_id}")

        def told() -> list[dict]:
            listening.ping()  # its answer comes after what was announced before
            found = []
            while (message := listening.get_message(timeout=60))["type"] != "pong":
                if message["type"] == "message":
                    found.append(json.loads(message["data"]))
            return found

        told()
        yield told


def test_the_tables_it_knows_are_there():
    known = announcing.OF_BRANDS | announcing.OF_THE_AGENCY | announcing.OF_MEMBERS | announcing.OF_ONE
    assert known <= {table.name for table in Base.metadata.tables.values()}


def test_a_write_is_announced_with_its_brand_and_content(desk: Desk, heard: Heard):
    content_id = desk.write()
    assert {"brands": [str(desk.world.brand_id)], "contents": [str(content_id)], "members": []} in heard()


def test_what_is_rolled_back_is_not_announced(runtime: Runtime, desk: Desk, heard: Heard):
    content_id = desk.write()
    heard()
    with runtime.database.open_agency(desk.world.agency_id) as session:
        session.get_one(Content, (desk.world.agency_id, content_id)).title = "Never kept"
        session.flush()
        session.rollback()
        assert heard() == []
        session.scalars(text("select 1")).all()
        session.commit()
    assert heard() == []


def test_reading_announces_nothing(runtime: Runtime, desk: Desk, heard: Heard):
    content_id = desk.write()
    heard()
    with runtime.database.agency(desk.world.agency_id) as session:
        session.get_one(Content, (desk.world.agency_id, content_id))
    desk.get("cm", f"/contents/{content_id}")
    assert heard() == []


def test_a_statement_over_many_rows_concerns_every_brand(runtime: Runtime, desk: Desk, heard: Heard):
    content_id = desk.write()
    heard()
    with runtime.database.agency(desk.world.agency_id) as session:
        session.execute(update(Content).where(Content.id == content_id).values(title="Otherwise"))
    assert [each["brands"] for each in heard()] == [None]


def test_absences_concern_every_brand_and_roles_their_person(runtime: Runtime, desk: Desk, heard: Heard):
    with runtime.database.agency(desk.world.agency_id) as session:
        member = session.query(Membership).limit(1).one()
        session.add(Absence(membership_id=member.id, starts_on=today(), ends_on=today() + timedelta(days=1)))
    assert [each["brands"] for each in heard()] == [None]
    with runtime.database.agency(desk.world.agency_id) as session:
        session.get_one(Membership, (desk.world.agency_id, member.id)).name = "Renamed"
    assert [each["members"] for each in heard()] == [[str(member.id)]]


def test_what_leaves_is_announced_by_the_publisher(worker: Runtime, desk: Desk, heard: Heard):
    forget_what_others_left(worker)
    approved = approve_many(desk.runtime, desk.world, [desk.world.newsroom_id], 2)
    heard()
    publisher(worker).drain(5.0)
    told = heard()
    assert told
    assert {name for each in told for name in each["contents"]} == {str(each.content_id) for each in approved}


def test_valkey_away_loses_an_announcement_and_nothing_else(desk: Desk):
    nowhere = ValkeyAnnouncer(connect_valkey("redis://127.0.0.1:1/0"))
    nowhere.announce(desk.world.agency_id, Change(everywhere=True))


def test_of_too_many_contents_only_the_brands_are_said():
    import uuid

    change = Change(contents={uuid.uuid4() for _ in range(announcing.MOST + 1)}, brands={uuid.uuid4()})
    told = json.loads(change.said())
    assert told["contents"] == []
    assert len(told["brands"]) == 1


def test_a_notice_is_announced_to_its_reader_once_it_is_durable(runtime: Runtime, desk: Desk, heard: Heard):
    content_id = desk.write()
    reader = desk.world.people["rp"].membership_id
    heard()
    with runtime.database.agency(desk.world.agency_id) as session:
        tell(session, reader, "missed", {"content_id": str(content_id)})
        assert heard() == []
    assert [each["readers"] for each in heard()] == [[str(reader)]]
    desk.post("rp", "/notices/reading")
    assert [each["readers"] for each in heard()] == [[str(reader)]]
    desk.post("rp", "/notices/reading")
    assert heard() == []
