"""The demonstration: built once, complete, approved like everything else, and every page of it opens."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, make_url, select, text
from support.world import World

from tenants.base import new_id, utcnow
from tenants.identities import DirectoryEntry, Dispatch
from unisson.config import Settings
from unisson.database import migrate
from unisson.demo.build import AGENCIES, cards, ensure_demo
from unisson.demo.script import PASSWORD, fr
from unisson.demo.stage import Stage
from unisson.editorial.models import Content, ContentState
from unisson.editorial.press import Press, faults_of
from unisson.identity.passwords import keeper, weakness
from unisson.media.models import Media
from unisson.newsroom.models import NewsroomEntry
from unisson.publishing.assembly import publisher, registry
from unisson.publishing.models import Channel, Publication
from unisson.runtime import Runtime, web_runtime, worker_runtime
from unisson.storage import storage_of
from unisson.topics.models import TopicFile

HTTPS = "https://localhost"


@contextmanager
def installation(settings: Settings, name: str) -> Iterator[Settings]:
    """An installation of its own, beside the tests' database, with nothing in it."""
    folder = Path(tempfile.mkdtemp(prefix="unisson-demo-"))
    base = make_url(settings.database_url)
    owner = create_engine(base.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name}"))
    made = Settings.from_environ(
        {
            "ENVIRONMENT": "test",
            "SECRET_KEY": settings.secret_key,
            "DATABASE_URL": base.set(database=name).render_as_string(hide_password=False),
            "VALKEY_URL": settings.valkey_url,
            "DATA_DIR": str(folder),
            "BASE_URL": "http://localhost",
        }
    )
    migrate(made)
    yield made
    with owner.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    owner.dispose()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def empty(settings: Settings) -> Iterator[Settings]:
    with installation(settings, "demo_test") as made:
        yield made


@pytest.fixture(scope="module")
def built(empty: Settings) -> Settings:
    assert ensure_demo(empty) == cards()
    return empty


@pytest.fixture(scope="module")
def web(built: Settings) -> Iterator[Runtime]:
    held = web_runtime(built)
    yield held
    held.database.engine.dispose()
    held.valkey.close()


@pytest.fixture(scope="module")
def demo_app(app: Flask, web: Runtime) -> Iterator[Flask]:
    """The application, in front of the demonstration's installation."""
    usual = app.extensions["unisson"]
    app.extensions["unisson"] = web
    app.extensions["unisson.directory"].clear()
    yield app
    app.extensions["unisson"] = usual
    app.extensions["unisson.directory"].clear()


def counts(settings: Settings) -> dict[str, int]:
    owner = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with owner.connect() as connection:
        tables = connection.execute(text("select tablename from pg_tables where schemaname = 'app'")).scalars().all()
        found = {name: connection.execute(text(f"select count(*) from app.{name}")).scalar_one() for name in tables}
    owner.dispose()
    return found


def agency_ids(web: Runtime) -> dict[str, object]:
    with web.database.everywhere() as session:
        return {row.slug: row.agency_id for row in session.scalars(select(DirectoryEntry))}


def everything(web: Runtime, model: type) -> list:
    found = []
    for agency_id in agency_ids(web).values():
        with web.database.agency(agency_id) as session:
            found += session.scalars(select(model)).all()
    return found


def test_a_second_start_changes_nothing(built: Settings) -> None:
    before = counts(built)
    assert ensure_demo(built) == cards()
    assert counts(built) == before


def test_a_start_that_was_cut_off_is_caught_up_with(settings: Settings) -> None:
    with installation(settings, "demo_cut_test") as cut:
        held = web_runtime(cut)
        kept = {"keeper": keeper(cut), "storage": storage_of(cut), "registry": registry(held)}
        with held.database.agency(new_id()) as session:
            Stage(session, AGENCIES[0], **kept).set()
        with suppress(ZeroDivisionError), held.database.agency(new_id()) as session:
            Stage(session, AGENCIES[1], **kept).set()
            raise ZeroDivisionError
        assert len(agency_ids(held)) == 1
        assert everything(held, Publication) == []
        assert ensure_demo(cut) == cards()
        assert len(agency_ids(held)) == 2
        done = everything(held, Content)
        assert sum(each.state == "published" for each in done) >= 8
        assert len({(each.brand_id, each.title) for each in done}) == len(done)
        held.database.engine.dispose()
        held.valkey.close()


def test_real_people_s_installation_is_left_alone(settings: Settings, world: World) -> None:
    assert ensure_demo(settings) == []


def test_every_state_can_be_seen(web: Runtime) -> None:
    states = {content.state for content in everything(web, Content)}
    assert states == {state.value for state in ContentState} - {"publishing"}
    assert {each.reason for each in everything(web, Publication) if each.state == "held"} == {"late", "unknown"}
    assert len(everything(web, NewsroomEntry)) >= 8
    assert len({brand.zone for agency in AGENCIES for brand in agency.brands}) == 3


def test_nothing_is_overdue_and_nothing_reaches_outside(web: Runtime, built: Settings) -> None:
    outside = [each for each in everything(web, Channel) if each.kind == "bluesky"]
    assert all((each.mockup or each.disconnected_at is not None) and each.secret is None for each in outside)
    assert [each.name for each in outside if each.mockup] == ["Traversées du Lagon sur Bluesky"]
    owner = create_engine(make_url(built.database_url).set(drivername="postgresql+psycopg"))
    with owner.connect() as connection:
        kinds = connection.execute(
            text("select distinct ch.kind from app.publications p join app.channels ch on ch.id = p.channel_id"
                 " where p.state in ('scheduled', 'sending', 'unknown') and not ch.mockup")
        ).scalars()  # fmt: skip
        assert set(kinds) <= {"newsroom", "email"}
    owner.dispose()


def test_the_workers_plan_what_is_ahead_and_touch_nothing_of_the_past(web: Runtime, built: Settings) -> None:
    before = {each.id: each.state for each in everything(web, Publication)}
    held = worker_runtime(built)
    publisher(held).drain(20)
    after = {each.id: each.state for each in everything(web, Publication)}
    assert {key: after[key] for key in before} == before
    new = [state for key, state in after.items() if key not in before]
    assert new
    assert set(new) == {"scheduled"}
    with held.database.everywhere() as session:
        assert session.scalar(select(Dispatch.item_id).where(Dispatch.kind == "publication")) is not None
    held.database.engine.dispose()
    held.valkey.close()


def test_images_say_whom_to_credit_and_the_rights_of_one_end_soon(web: Runtime) -> None:
    images = everything(web, Media)
    assert images
    assert all(each.credit and each.rights_holder and each.alt_fr and each.alt_en and each.folder for each in images)
    ends = [each.rights_until for each in images if each.rights_until]
    assert min(ends) <= utcnow().date() + timedelta(days=30)
    assert min(ends) > utcnow().date() + timedelta(days=20)
    assert {each.mime for each in everything(web, TopicFile)} == {"text/plain", "text/csv"}


def test_the_password_would_be_taken(built: Settings) -> None:
    for card in cards():
        assert card.email.endswith(("@example.org", "@example.com"))
        assert weakness(PASSWORD, [card.name, card.email]) is None
    assert keeper(built).matches(keeper(built).hash(PASSWORD), PASSWORD)


def sign_in(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": email, "password": PASSWORD}, base_url=HTTPS)
    assert answer.status_code == 303, email
    return client


@pytest.mark.parametrize("card", cards(), ids=lambda card: card.email.split("@")[0])
def test_everybody_signs_in_and_opens_their_pages(demo_app: Flask, web: Runtime, card) -> None:
    client = sign_in(demo_app, card.email)
    slugs = [agency.slug for agency in AGENCIES if any(person.email == card.email for person in agency.people)]
    assert slugs
    opened = 0
    for slug in slugs:
        for path in ("calendar", "publications", "approvals", "brands", "team", "roles"):
            answer = client.get(f"/{slug}/{path}", base_url=HTTPS)
            assert answer.status_code in {200, 403}, (path, answer.status_code)
        assert client.get(f"/{slug}/calendar", base_url=HTTPS).status_code == 200
        with web.database.agency(agency_ids(web)[slug]) as session:
            contents = session.scalars(select(Content.id)).all()
            publications = session.scalars(select(Publication.id).limit(12)).all()
            channels = session.scalars(select(Channel.id)).all()
        paths = [
            *(f"contents/{each}" for each in contents),
            *(f"publications/{each}" for each in publications),
            *(f"channels/{each}" for each in channels),
        ]
        for path in paths:
            status = client.get(f"/{slug}/{path}", base_url=HTTPS).status_code
            assert status in {200, 403, 404}, (path, status)
            opened += status == 200
    assert opened


def test_the_newsrooms_are_public(demo_app: Flask) -> None:
    client = demo_app.test_client()
    for agency, brand in (("atelier-nord", "biscuiterie-trehoret"), ("studio-maree", "la-halle-aux-voiles")):
        answer = client.get(f"/newsroom/{agency}/{brand}/", base_url=HTTPS)
        assert answer.status_code == 200
    assert fr("L'atelier : « oui » !") == "L’atelier\u00a0: «\u00a0oui\u00a0»\u202f!"


def test_every_release_has_all_that_a_release_needs(web: Runtime) -> None:
    releases = [each for each in everything(web, Content) if each.kind == "press_release"]
    assert len(releases) >= 8
    assert [faults_of(each.kind, each.title, Press.of(each.press)) for each in releases] == [[]] * len(releases)
    assert {"quote" in each.risks for each in releases if each.press["quotes"]} == {True}
    assert sum(bool(each.press.get("quotes")) for each in everything(web, NewsroomEntry)) >= 4
