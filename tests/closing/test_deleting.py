"""A brand is deleted thirty days after somebody typed its name: all of it, nothing else, and what must be provable stays."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from support.estate import build_estate
from support.pictures import noise, picture

from tenants.brands import Brand
from tenants.context import acting_for
from tenants.isolation import ERASER
from unisson.activity.models import Event
from unisson.closing import deleting
from unisson.closing.deleting import delete_due
from unisson.closing.models import BrandEnding, BrandRecord, KeptDecision
from unisson.closing.scope import held
from unisson.dispatching import claim
from unisson.media.reading import picture_key
from unisson.storage import storage_of


@pytest.fixture(autouse=True)
def empty_queue(worker):
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch"))


def end(desk, name="Marque", slug="marque", role="owner"):
    return desk.post(role, f"/brands/{slug}/ending", {"typed": name})


def pass_thirty_days(worker, agency_id, owner):
    """Have the brand's time be over, as the database sees it."""
    with owner.begin() as connection:
        connection.execute(text("select set_config('app.agency_id', :a, true)"), {"a": str(agency_id)})
        connection.execute(text("update app.brand_endings set ends_at = now() - interval '1 second'"))
    with worker.database.everywhere() as session:
        session.execute(
            text("update app.dispatch set due_at = now(), lease_until = null where kind = 'ending' and agency_id = :a"),
            {"a": agency_id},
        )


@pytest.fixture
def owner(settings):
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


def left(owner, agency_id, brand_id):
    """Return how many rows each table still has of the brand, read past the policies."""
    with owner.connect() as connection:
        counts = {}
        for each in held():
            wanted = select(text("count(*)")).select_from(each.table).where(each.clause)
            counts[each.table.name] = connection.execute(wanted, {"brand_id": brand_id}).scalar_one()
    return {name: count for name, count in counts.items() if count}


def test_all_of_it_goes_and_nothing_else(runtime, worker, owner, app):
    estate = build_estate(runtime, worker, f"CANARI-{uuid.uuid4().hex[:8]}")
    other = build_estate(runtime, worker, f"CANARI-{uuid.uuid4().hex[:8]}")
    world = estate.world
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch"))
    before = left(owner, world.agency_id, world.brand_id)
    assert len(before) > 35
    untouched = left(owner, world.agency_id, world.sibling_id), left(owner, other.world.agency_id, other.world.brand_id)
    browser = world.sign_in(app.test_client(), "owner")
    with runtime.database.agency(world.agency_id) as session:
        name = session.get_one(Brand, (world.agency_id, world.brand_id)).name
        joining = "update app.identity_providers set joining_brand_id = :b, joining_brand_role = 'cm'"
        pointing = session.execute(text(joining), {"b": world.brand_id}).rowcount
    answer = browser.post(
        f"/{world.slug}/brands/{world.brand_slug}/ending", data={"typed": name}, base_url="https://localhost"
    )
    assert answer.status_code == 303
    pass_thirty_days(worker, world.agency_id, owner)
    assert delete_due(worker) == 1
    assert left(owner, world.agency_id, world.brand_id) == {}
    assert untouched == (
        left(owner, world.agency_id, world.sibling_id), left(owner, other.world.agency_id, other.world.brand_id)
    )  # fmt: skip
    with runtime.database.agency(world.agency_id) as session:
        kept = session.get_one(BrandRecord, (world.agency_id, world.brand_id))
        verbs = set(session.scalars(select(Event.verb).where(Event.brand_id == world.brand_id)))
        without = session.scalar(text("select count(*) from app.identity_providers where joining_brand_id is null"))
    assert pointing == without > 0
    assert (kept.name, kept.leftovers) == (name, [])
    assert kept.erased_at is not None
    assert kept.rows > 30
    assert {"brand.archived", "brand.ending_asked", "brand.ending_begun", "brand.deleted"} <= verbs
    assert name in browser.get(f"/{world.slug}/activity", base_url="https://localhost").text


def test_who_approved_what_is_kept(desk, worker, owner):
    desk.speak_english()
    desk.in_state("scheduled", title="La saison ouvre")
    end(desk)
    pass_thirty_days(worker, desk.world.agency_id, owner)
    assert delete_due(worker) == 1
    with desk.session() as session:
        kept = session.scalars(select(KeptDecision).order_by(KeptDecision.decided_at)).all()
    people = {role: desk.world.people[role].membership_id for role in ("rp", "client_approver")}
    assert [(each.membership_id, each.role, each.verdict, each.title) for each in kept] == [
        (person_id, role, "approved", "La saison ouvre") for role, person_id in people.items()
    ]
    assert all(len(each.digest) == 64 for each in kept)
    page = desk.get("owner", "/archived-brands").text
    assert "asked for by Owner" in page
    sheet = desk.get("owner", f"/archived-brands/decisions/{desk.world.brand_id}.csv")
    assert kept[0].digest in sheet.text
    assert "Client Approver" in sheet.text


def test_pictures_that_others_show_stay(desk, worker, owner, runtime):
    shared, alone, storage = noise("JPEG", (300, 200)), picture("JPEG", (80, 60)), storage_of(runtime.settings)
    _media_id, both = desk.picture(shared)
    _media_id, mine = desk.picture(alone)
    with desk.session() as session:
        session.execute(
            text(
                "insert into app.media (agency_id, id, brand_id, uploaded_by, digest, filename, mime, size, width, height)"
                " select agency_id, uuidv7(), :other, uploaded_by, digest, filename, mime, size, width, height"
                " from app.media where digest = :d"
            ),
            {"other": desk.world.sibling_id, "d": both},
        )
    end(desk)
    pass_thirty_days(worker, desk.world.agency_id, owner)
    assert delete_due(worker) == 1
    with acting_for(desk.world.agency_id):
        assert storage.exists(*picture_key(both))
        assert not storage.exists(*picture_key(mine))


@pytest.mark.parametrize("typed", ["", "marque", "Marque ?", "Autre marque"])
def test_another_name_deletes_nothing(desk, typed):
    desk.speak_english()
    answer = end(desk, typed)
    assert answer.status_code == 422
    assert "Type the name of the brand exactly" in answer.text
    assert desk.get("owner", "/brands/marque").status_code == 200


def test_only_owners_and_administrators_delete(desk):
    assert end(desk, role="account_manager").status_code == 403
    desk.post("account_manager", "/brands/marque/archive")
    assert desk.post("account_manager", "/archived-brands/marque/ending", {"typed": "Marque"}).status_code == 403
    assert desk.post("admin", "/archived-brands/marque/ending", {"typed": "Marque"}).status_code == 303


def test_until_then_it_can_be_taken_back(desk, worker, owner):
    desk.speak_english()
    content_id = desk.in_state("scheduled")
    assert end(desk).status_code == 303
    with desk.session() as session:
        ending = session.scalars(select(BrandEnding)).one()
        assert timedelta(days=29) < ending.ends_at - ending.asked_at < timedelta(days=31)
    assert end(desk).status_code == 404
    assert delete_due(worker) == 0
    assert "To be deleted on" in desk.get("owner", "/archived-brands").text
    assert desk.post("account_manager", "/archived-brands/marque/return").status_code == 303
    assert desk.content(content_id).state == "scheduled"
    pass_thirty_days(worker, desk.world.agency_id, owner)
    assert delete_due(worker) == 0
    assert desk.get("owner", "/brands/marque").status_code == 200


def test_a_claim_before_its_time_deletes_nothing(desk, worker):
    end(desk)
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where kind = 'ending'"))
    assert delete_due(worker) == 1
    with desk.session() as session:
        assert session.scalars(select(BrandRecord)).all() == []
        assert session.get(Brand, (desk.world.agency_id, desk.world.brand_id)) is not None


def test_once_begun_it_is_not_taken_back_and_whoever_comes_next_goes_on(desk, worker, owner):
    desk.speak_english()
    desk.in_state("scheduled")
    end(desk)
    pass_thirty_days(worker, desk.world.agency_id, owner)
    with worker.database.everywhere() as session:
        (claimed,) = claim(session, "endings", limit=1, worker="a test", lease=60)
    assert deleting.begin(worker, claimed)
    answer = desk.post("owner", "/archived-brands/marque/return")
    assert (answer.status_code, "its thirty days are over" in answer.text) == (422, True)
    pass_thirty_days(worker, desk.world.agency_id, owner)
    assert delete_due(worker) == 1
    assert left(owner, desk.world.agency_id, desk.world.brand_id) == {}


def test_the_database_itself_refuses_before_its_time(desk, worker, owner):
    desk.in_state("scheduled")
    refusals = {
        "delete from app.decisions": "UN021",
        "delete from app.events": "42501",
        "update app.decisions set verdict = 'held'": "42501",
        "delete from app.memberships": "42501",
    }
    for statement, code in refusals.items():
        assert refused(worker, desk.world.agency_id, f"set local role {ERASER}", statement) == code, statement
    for runtime in (worker, desk.runtime):
        assert refused(runtime, desk.world.agency_id, "delete from app.decisions") == "42501"
    assert refused(desk.runtime, desk.world.agency_id, f"set local role {ERASER}") == "42501"


def refused(runtime, agency_id, *statements):
    """Return with which code the database refuses the last of the statements."""

    def say_all():
        with runtime.database.agency(agency_id) as session:
            for statement in statements:
                session.execute(text(statement))

    with pytest.raises(DatabaseError) as refusal:
        say_all()
    return refusal.value.orig.sqlstate


def test_thousands_of_rows_go_in_chunks(desk, worker, owner):
    with desk.session() as session:
        session.execute(
            text(
                "insert into app.contents (agency_id, id, brand_id, author_id, title, body, zone)"
                " select :a, uuidv7(), :b, :m, 'n ' || n, '', 'UTC' from generate_series(1, :n) n"
            ),
            {
                "a": desk.world.agency_id, "b": desk.world.brand_id, "n": 2 * deleting.CHUNK + 1,
                "m": desk.world.people["cm"].membership_id,
            },
        )  # fmt: skip
    end(desk)
    pass_thirty_days(worker, desk.world.agency_id, owner)
    assert delete_due(worker) == 1
    assert left(owner, desk.world.agency_id, desk.world.brand_id) == {}
