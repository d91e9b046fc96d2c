"""Every route × method × person × whose id: nobody gets further than the table says, and nothing foreign shows.

The cases are made from the URL map; a route that nobody placed in the table fails here.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from werkzeug.routing import Rule

from tenants.access import Actor
from tenants.permissions import AgencyRole, BrandRole
from tests.architecture.access_table import TABLE, Decider, Member, Open, Own, Token
from tests.support.estate import Estate, build_estate, random_values
from tests.support.world import AGENCY_PEOPLE, BRAND_PEOPLE, PEOPLE, World
from unisson.config import Settings
from unisson.identity.browser import reserved_slugs
from unisson.runtime import Runtime
from unisson.web.guards import MEMBER, PUBLIC, SIGNED_IN, access_of

HTTPS = "https://localhost"
REFUSED = {403, 404}
GLOBAL_IDS = {"agency", "filename"}


@dataclass(frozen=True)
class Call:
    """One request of the matrix."""

    rule: Rule
    method: str
    path: str


def calls(app: Flask, agency: str, values: dict[str, str]) -> Iterator[Call]:
    """Every route of the application with these names in its path."""
    known = values | {"agency": agency, "filename": "css/app.css"}
    for rule in app.url_map.iter_rules():
        path = app.url_map.bind("localhost").build(rule.endpoint, {n: known[n] for n in rule.arguments if n in known})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Call(rule, method, path)


def send(app: Flask, call: Call, world: World | None, role: str | None):
    client = app.test_client()
    if world is not None and role is not None:
        world.sign_in(client, role)
    return client.open(call.path, method=call.method, base_url=HTTPS)


def agency_calls(app: Flask, agency: str, values: dict[str, str]) -> list[Call]:
    """The routes of an agency that want a member."""
    return [call for call in calls(app, agency, values) if isinstance(TABLE[call.rule.endpoint], Member | Decider)]


def names_something(call: Call) -> bool:
    """Whether the path names something besides the agency."""
    return bool(set(call.rule.arguments) - GLOBAL_IDS)


def snapshot(settings: Settings, agency_id: uuid.UUID) -> dict[str, object]:
    """Return a digest of every row of an agency, read past the policies."""
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        tables = connection.execute(
            text(
                "select table_name from information_schema.columns"
                " where table_schema = 'app' and column_name = 'agency_id'"
            )
        ).scalars()
        state = {
            table: connection.execute(
                text(
                    f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from app.{table} t where agency_id = :a"
                ),
                {"a": agency_id},
            ).one()
            for table in tables.all()
        }
    engine.dispose()
    return state


def test_every_route_has_its_place(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert routes - TABLE.keys() == set(), "place each new route in access_table.TABLE"
    assert TABLE.keys() - routes == set(), "these routes are gone"


def test_the_table_agrees_with_the_guards(app: Flask) -> None:
    wanted = {Open: PUBLIC, Own: SIGNED_IN, Member: MEMBER, Decider: MEMBER, Token: PUBLIC}
    for endpoint, place in TABLE.items():
        if endpoint != "static":
            assert access_of(app.view_functions[endpoint]) == wanted[type(place)], endpoint


def test_a_visitor_is_sent_to_the_door(app: Flask, here: Estate) -> None:
    for call in agency_calls(app, here.world.slug, here.own):
        answer = send(app, call, None, None)
        assert answer.status_code == 303, (call.method, call.path)
        assert answer.location.startswith("/sign-in"), call.path


def test_a_stranger_finds_nothing(app: Flask, settings: Settings, here: Estate, there: Estate, canary: str) -> None:
    """The owner of one agency, in the path of another one, with that one's real ids."""
    before = snapshot(settings, there.world.agency_id)
    for call in agency_calls(app, there.world.slug, there.own):
        answer = send(app, call, here.world, "owner")
        assert answer.status_code == 404, (call.method, call.path, answer.status_code)
        assert canary not in answer.get_data(as_text=True), call.path
    assert snapshot(settings, there.world.agency_id) == before


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("source", ["foreign", "random"])
def test_an_id_of_elsewhere_does_not_exist(
    app: Flask, settings: Settings, here: Estate, there: Estate, canary: str, role: str, source: str
) -> None:
    values = (there.own | {"brand": "no-such-brand"}) if source == "foreign" else random_values()
    before = snapshot(settings, there.world.agency_id)
    for call in agency_calls(app, here.world.slug, values):
        if not names_something(call):
            continue
        answer = send(app, call, here.world, role)
        assert answer.status_code in REFUSED, (call.method, call.path, answer.status_code)
        assert answer.status_code == 404 or not _may(here, role, call), (call.method, call.path)
        assert canary not in answer.get_data(as_text=True), call.path
    assert snapshot(settings, there.world.agency_id) == before


@pytest.mark.parametrize("role", BRAND_PEOPLE)
def test_another_brand_of_the_same_agency_does_not_exist_either(
    app: Flask, settings: Settings, here: Estate, role: str
) -> None:
    before = snapshot(settings, here.world.agency_id)
    for call in agency_calls(app, here.world.slug, here.sibling):
        place = TABLE[call.rule.endpoint]
        if not names_something(call) or (isinstance(place, Member) and not place.on_brand):
            continue
        if set(call.rule.arguments) & {"membership_id", "assignment_id"}:
            continue
        answer = send(app, call, here.world, role)
        assert answer.status_code == 404, (call.method, call.path, answer.status_code)
    assert _without_operations(snapshot(settings, here.world.agency_id)) == _without_operations(before)


@pytest.mark.parametrize("role", PEOPLE)
def test_the_role_map_is_the_law(app: Flask, runtime: Runtime, worker: Runtime, role: str) -> None:
    """On one's own brand: refused exactly where the role lacks the permission, and never a fault."""
    estate = build_estate(runtime, worker, f"CANARI-ROLE-{uuid.uuid4().hex[:8]}")
    ordered = sorted(agency_calls(app, estate.world.slug, estate.own), key=lambda call: call.method)
    for call in ordered:
        answer = send(app, call, estate.world, role)
        where = (role, call.method, call.path, answer.status_code)
        assert answer.status_code < 500, where
        if isinstance(TABLE[call.rule.endpoint], Decider):
            continue
        if _may(estate, role, call):
            if getattr(TABLE[call.rule.endpoint], "may_be_unseen", False):
                continue
            assert answer.status_code != 403, where
            assert call.method == "POST" or answer.status_code != 404, where
        else:
            assert answer.status_code in REFUSED, where


def test_tokens_open_nothing_in_another_agency(app: Flask, here: Estate, there: Estate, canary: str) -> None:
    for call in calls(app, here.world.slug, there.own | {"brand": here.own["brand"]}):
        place = TABLE[call.rule.endpoint]
        if isinstance(place, Open) and place.by_token and "agency" in call.rule.arguments:
            answer = send(app, call, None, None)
            assert answer.status_code in {404, 410}, (call.method, call.path, answer.status_code)
            assert canary not in answer.get_data(as_text=True)


def test_every_first_word_of_a_path_is_reserved(app: Flask) -> None:
    words = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()} - {"", "<agency>"}
    with app.test_request_context(base_url=HTTPS):
        assert words <= reserved_slugs()


def _may(estate: Estate, role: str, call: Call) -> bool:
    place = TABLE[call.rule.endpoint]
    if isinstance(place, Decider):
        return False
    assert isinstance(place, Member)
    if place.permission is None:
        return True
    world = estate.world
    actor = Actor(
        agency_id=world.agency_id,
        membership_id=world.people[role].membership_id,
        identity_id=world.people[role].identity_id,
        name=role,
        email="",
        agency_role=AGENCY_PEOPLE.get(role, AgencyRole.MEMBER),
        brand_roles={world.brand_id: frozenset({BrandRole(BRAND_PEOPLE[role])})} if role in BRAND_PEOPLE else {},
    )
    return actor.may(place.permission, world.brand_id if place.on_brand else None)


def _without_operations(state: dict[str, object]) -> dict[str, object]:
    return {table: value for table, value in state.items() if table != "operations"}
