"""Markup in every column that a person fills, shown on every page to everybody: text everywhere, alive nowhere."""

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from support.letters import forget_what_others_wrote
from support.xss import live_markup

from tests.support.estate import Estate, build_estate
from tests.support.world import PEOPLE
from unisson.config import Settings
from unisson.devmail.box import Mailbox
from unisson.runtime import Runtime
from workers import mail
from workers.held import hold

HTTPS = "https://localhost"
EVIL = "'\"><img src=x onerror=alert(1)><svg onload=alert(2)></textarea></title><script>alert(3)</script>\u202e{{7*7}}"
TYPED = (
    ("agencies", "name"), ("brands", "name"), ("memberships", "name"), ("contents", "title"), ("contents", "body"),
    ("channels", "name"), ("subscribers", "name"), ("media", "filename"), ("illustrations", "alt"),
    ("newsroom_entries", "title"), ("newsroom_entries", "text"), ("approval_policies", "name"),
)  # fmt: skip
"""What people write, where it is kept."""
PRESS = (
    "jsonb_build_object('standfirst', :evil, 'boilerplate', :evil,"
    " 'quotes', jsonb_build_array(jsonb_build_object('text', :evil, 'name', :evil, 'role', :evil)),"
    " 'contact', jsonb_build_object('name', :evil, 'email', :evil, 'phone', :evil))"
)
ALSO = f" || jsonb_build_object('press', {PRESS})"
FROZEN = (
    (
        "revisions",
        "payload",
        "jsonb_set(jsonb_set(payload, '{title}', to_jsonb(:evil)), '{brand,name}', to_jsonb(:evil))" + ALSO,
    ),
    *((table, "press", PRESS) for table in ("contents", "brands", "newsroom_entries")),
    ("channels", "settings", "jsonb_build_object('sender_name', :evil, 'handle', :evil)"),
)


@pytest.fixture(scope="module")
def evil(runtime: Runtime, worker: Runtime, settings: Settings) -> Estate:
    """An agency where everything that was typed is markup; written past the rules of the database, as nobody could."""
    estate = build_estate(runtime, worker, f"MAL-{uuid.uuid4().hex[:6]}")
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("set session_replication_role = replica"))
        values = {"evil": EVIL, "agency": estate.world.agency_id}
        for table, column in TYPED:
            connection.execute(text(f"update app.{table} set {column} = :evil where agency_id = :agency"), values)
        for table, column, expression in FROZEN:
            made = expression.replace(":evil", "cast(:evil as text)")
            connection.execute(text(f"update app.{table} set {column} = {made} where agency_id = :agency"), values)
        for person in estate.world.people.values():
            connection.execute(
                text("update app.identities set name = :evil where id = :id"), {"evil": EVIL, "id": person.identity_id}
            )
        connection.execute(
            text("update app.directory set name = :evil where agency_id = :agency"),
            values,
        )
    engine.dispose()
    return estate


def strange(page: str) -> list[str]:
    """What lives in a page beside its own forms and a mail's own styles."""
    return [each for each in live_markup(page) if each != "form" and not each.endswith("style")]


def _pages(app: Flask, estate: Estate) -> Iterator[str]:
    values = estate.own | {"agency": estate.world.slug, "filename": "css/app.css"}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            named = {name: values.get(name, "x") for name in rule.arguments}
            yield str(app.url_map.bind("localhost").build(rule.endpoint, named))
    for query in ("?kind=email", "?kind=bluesky"):
        yield f"/{estate.world.slug}/brands/{estate.world.brand_slug}/channels/new{query}"
    yield f"/{estate.world.slug}/publications?state=scheduled"
    yield f"/{estate.world.slug}/calendar?brand={estate.world.brand_slug}"


@pytest.mark.parametrize("role", [*PEOPLE, None])
def test_no_page_comes_alive(app: Flask, evil: Estate, role: str | None) -> None:
    client = app.test_client()
    if role:
        evil.world.sign_in(client, role)
    found, shown = {}, 0
    for path in _pages(app, evil):
        answer = client.get(path, base_url=HTTPS)
        assert answer.status_code < 500, path
        assert "\n" not in "".join(answer.headers.values()), path
        if answer.mimetype != "text/html":
            continue
        page = answer.get_data(as_text=True)
        shown += "onerror=alert(1)" in page
        found |= {path: strange(page)} if strange(page) else {}
    assert not found
    assert shown, "nothing of it was shown: this test looks at nothing"


def test_no_letter_comes_alive_nor_grows_a_header(app: Flask, evil: Estate, runtime: Runtime, worker: Runtime) -> None:
    from unisson.agency import invitations
    from unisson.notifications.letters import write
    from unisson.portal import codes

    world = evil.world
    forget_what_others_wrote(worker)
    with runtime.database.agency(world.agency_id) as session:
        owner = world.people["owner"].membership_id
        invitations.issue(session, world.people["member"].membership_id, owner)
        client = world.people["client_approver"].membership_id
        for kind in ("to_decide", "portal_link"):
            write(session, client, kind, {"brand_id": str(world.brand_id)})
        codes.ask_for(session, client, world.brand_id)
    hold(worker)
    mail.send_due()
    kept = [each for each in Mailbox(worker.settings.data_dir).newest(10_000) if world.people["member"].email in str(each.header("To"))
            or world.people["client_approver"].email in str(each.header("To"))]  # fmt: skip
    assert kept
    for each in kept:
        assert not strange(each.text("html")), each.header("Subject")
        assert "\n" not in each.header("Subject")
        for path in (f"/dev/mail/{each.key}", "/dev/mail"):
            assert not strange(app.test_client().get(path, base_url=HTTPS).text.replace("<iframe", "<x-frame"))
