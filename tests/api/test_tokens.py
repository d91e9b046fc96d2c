"""Tokens: shown once, good for what they name, for their own agency, for what their owner sees, until they end."""

import re
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError
from support.desk import HTTPS, Desk
from support.statements import recorded
from support.world import World
from werkzeug.test import TestResponse

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.members import Membership
from tests.architecture.access_table import TABLE, Token
from tests.support.estate import build_estate
from unisson.api import tokens
from unisson.api.endpoints import ENDPOINTS
from unisson.api.models import ApiToken
from unisson.api.tokens import Scope
from unisson.runtime import Runtime
from unisson.vault import new_token, token_hash

ALL = [scope.value for scope in Scope]
PERIOD = "since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z"


def given(desk: Desk, role: str = "owner", scopes: list[str] | None = None, *, for_agency: bool = False) -> str:
    """A token of the person with this role, or of the agency."""
    with desk.session() as session:
        wanted = ALL if scopes is None else scopes
        return tokens.make(session, desk.actor(role), name="A wall", scopes=wanted, days=30, for_agency=for_agency)[1]


def ask(app: Flask, world: World, path: str, secret: str | None) -> TestResponse:
    """What a program gets, without any cookie."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return app.test_client().get(f"/{world.slug}/api/v1{path}", headers=headers, base_url=HTTPS)


def test_somebody_makes_one_sees_it_once_and_ends_it(app: Flask, desk: Desk) -> None:
    desk.speak_english()
    made = desk.post("cm", "/tokens", {"name": "Le mur", "scopes": ["brands:read"], "days": "30"})
    (secret,) = re.findall(r'id="secret">(unisson_[^<]+)<', made.text)
    assert [one["slug"] for one in ask(app, desk.world, "/brands", secret).get_json()["brands"]] == ["marque"]
    assert made.headers["Cache-Control"] == "no-store"
    listed = desk.get("cm", "/tokens").text
    assert "Le mur" in listed
    assert secret not in listed
    with desk.session() as session:
        kept = session.scalars(select(ApiToken)).one()
        assert kept.last_used_at is not None
        row = session.execute(text("select t::text from app.api_tokens t")).scalar_one()
    assert secret not in row
    assert desk.post("rp", f"/tokens/{kept.id}/revocation").status_code == 404
    assert desk.post("cm", f"/tokens/{kept.id}/revocation").status_code == 303
    assert ask(app, desk.world, "/brands", secret).status_code == 401
    assert "ended a token" in desk.get("owner", "/activity?about=token").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "", "scopes": ["brands:read"], "days": "30"}, "Say what the token is for"),
        ({"name": "x" * 101, "scopes": ["brands:read"], "days": "30"}, "Say what the token is for"),
        ({"name": "Le mur", "days": "30"}, "Choose at least one"),
        ({"name": "Le mur", "scopes": ["contents:write"], "days": "30"}, "Choose at least one"),
        ({"name": "Le mur", "scopes": ["brands:read"], "days": "9999"}, "Choose how long"),
        ({"name": "Le mur", "scopes": ["brands:read"], "days": "-1"}, "Choose how long"),
    ],
)
def test_bad_input_gets_a_sentence(desk: Desk, typed: dict[str, object], said: str) -> None:
    desk.speak_english()
    answer = desk.post("cm", "/tokens", typed)
    assert (answer.status_code, said in answer.text) == (422, True)
    with desk.session() as session:
        assert session.scalars(select(ApiToken)).all() == []


def test_the_agencys_own_is_for_who_changes_its_settings(app: Flask, desk: Desk) -> None:
    refused = desk.post("cm", "/tokens", {"name": "x", "scopes": ["brands:read"], "days": "30", "for_agency": "y"})
    assert refused.status_code == 403
    secret = given(desk, for_agency=True)
    assert len(ask(app, desk.world, "/brands", secret).get_json()["brands"]) == 2
    with desk.session() as session:  # it goes on when who made it leaves
        session.execute(
            update(Membership)
            .where(Membership.id == desk.world.people["owner"].membership_id)
            .values(removed_at=utcnow(), joined_at=None)
        )
    assert ask(app, desk.world, "/brands", secret).status_code == 200


def test_every_route_is_tried_by_who_may_not(app: Flask, runtime: Runtime, worker: Runtime, desk: Desk) -> None:
    """Route × token: none, forged, of another agency, over, ended, naming something else, of somebody who left."""
    canary = f"CANARI-{uuid.uuid4().hex[:8]}"
    estate = build_estate(runtime, worker, canary)
    there = Desk(app, runtime, estate.world)
    theirs, own = given(there), given(desk)
    ended, left = given(desk, "account_manager"), given(desk, "rp")
    manager, officer = (desk.world.people[role].membership_id for role in ("account_manager", "rp"))
    with desk.session() as session:
        session.execute(update(ApiToken).where(ApiToken.membership_id == manager).values(revoked_at=utcnow()))
        session.execute(update(Membership).where(Membership.id == officer).values(removed_at=utcnow()))
    routes = [name for name, place in TABLE.items() if isinstance(place, Token)]
    assert {f"api.{each.name}" for each in ENDPOINTS} == set(routes)
    for each in ENDPOINTS:
        path = each.path.replace("<brand>", estate.own["brand"]).replace("<uuid:content_id>", estate.own["content_id"])
        query = f"?{PERIOD}" if each.path == "/calendar" else ""
        others = given(desk, scopes=[scope for scope in ALL if scope != each.scope.value])
        for secret, status in (
            (None, 401), ("unisson_forged", 401), ("Basic", 401), (theirs, 401), (ended, 401), (left, 401),
            (others, 403),
        ):  # fmt: skip
            answer = ask(app, desk.world, path + query, secret)
            assert answer.status_code == status, (path, secret, answer.status_code)
            assert answer.mimetype == "application/problem+json"
            assert canary not in answer.text
        # A living token of this agency, and the ids of the other one.
        answer = ask(app, desk.world, path.replace(estate.own["brand"], "no-such-brand") + query, own)
        assert answer.status_code == (404 if "<" in each.path else 200)
        assert canary not in answer.text
        for verb in ("post", "put", "patch", "delete"):
            sent = getattr(app.test_client(), verb)(f"/{desk.world.slug}/api/v1{path}", base_url=HTTPS)
            assert sent.status_code in {400, 405}


def test_a_token_ends_on_its_day(app: Flask, desk: Desk) -> None:
    secret = tokens.PREFIX + new_token()
    about = {"name": "A wall", "scopes": ALL, "created_by": desk.world.people["owner"].membership_id}
    with desk.session() as session:
        session.add(ApiToken(token_hash=token_hash(secret), expires_at=utcnow() - timedelta(seconds=1), **about))
    assert ask(app, desk.world, "/brands", secret).status_code == 401
    with pytest.raises(ProgrammingError, match="permission denied"), desk.session() as session:  # nobody prolongs one
        session.execute(update(ApiToken).values(expires_at=utcnow() + timedelta(days=999)))


def test_it_reads_what_its_owner_sees(app: Flask, desk: Desk) -> None:
    draft, planned = desk.write(title="Un brouillon"), desk.write(title="Soumis")
    desk.submit(planned)
    cm, client = given(desk, "cm"), given(desk, "client_approver")
    brand = f"/brands/{desk.world.brand_slug}/contents"
    assert [one["id"] for one in ask(app, desk.world, brand, cm).get_json()["contents"]] == [str(draft), str(planned)]
    assert [one["id"] for one in ask(app, desk.world, brand, client).get_json()["contents"]] == [str(planned)]
    assert ask(app, desk.world, f"/contents/{draft}", cm).get_json()["text"].startswith("Samedi")
    assert ask(app, desk.world, f"/contents/{draft}", client).status_code == 404
    assert ask(app, desk.world, f"/brands/{desk.world.sibling_slug}/contents", cm).status_code == 404
    since, until = utcnow() - timedelta(days=1), utcnow() + timedelta(days=60)
    period = f"?since={since:%Y-%m-%dT%H:%M:%SZ}&until={until:%Y-%m-%dT%H:%M:%SZ}"
    told = ask(app, desk.world, f"/calendar{period}", client).get_json()
    assert ([one["id"] for one in told["entries"]], told["is_cut"]) == ([str(planned)], False)
    assert len(ask(app, desk.world, f"/calendar{period}&brand=marque", cm).get_json()["entries"]) == 2
    page = ask(app, desk.world, f"{brand}?limit=1", cm).get_json()
    assert page["next"] == str(draft)
    rest = ask(app, desk.world, f"{brand}?limit=1&after={page['next']}", cm).get_json()
    assert ([one["id"] for one in rest["contents"]], rest["next"]) == ([str(planned)], None)


@pytest.mark.parametrize(
    "path",
    [
        "/calendar", "/calendar?since=2027-01-01&until=2027-02-01", "/calendar?since=x&until=y",
        "/calendar?since=2027-02-01T00:00:00Z&until=2027-01-01T00:00:00Z",
        "/calendar?since=2027-01-01T00:00:00Z&until=2028-01-01T00:00:00Z",
        "/calendar?since=9999-12-31T23:59:59Z&until=9999-12-31T23:59:59Z",
        "/brands?limt=3", "/brands/marque/contents?limit=0", "/brands/marque/contents?limit=1000000000",
        "/brands/marque/contents?after=nothing", "/brands/marque/contents?limit=%D9%A3",
    ],
)  # fmt: skip
def test_what_can_t_be_read_is_said(app: Flask, desk: Desk, path: str) -> None:
    answer = ask(app, desk.world, path, given(desk))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.get_json()["detail"]


def test_an_agency_that_asks_for_a_second_step_asks_it_of_tokens_too(app: Flask, desk: Desk) -> None:
    mine, agencys = given(desk, "cm"), given(desk, for_agency=True)
    with desk.session() as session:
        session.execute(update(Agency).values(second_step_from=utcnow() - timedelta(days=1)))
    assert ask(app, desk.world, "/brands", mine).status_code == 403
    assert ask(app, desk.world, "/brands", agencys).status_code == 200


def test_it_costs_the_same_however_much_there_is(app: Flask, desk: Desk, runtime: Runtime) -> None:
    secret, path = given(desk, "cm"), f"/brands/{desk.world.brand_slug}/contents"
    desk.write()
    ask(app, desk.world, path, secret)
    with recorded(runtime) as few:
        ask(app, desk.world, path, secret)
    for _ in range(5):
        desk.write()
    with recorded(runtime) as many:
        assert len(ask(app, desk.world, path, secret).get_json()["contents"]) == 6
    assert len(few) == len(many)


def test_a_program_that_asks_too_often_is_told_to_wait(app: Flask, desk: Desk) -> None:
    secret = given(desk)
    answers = {ask(app, desk.world, "/brands", secret).status_code for _ in range(301)}
    assert answers == {200, 429}
    told = ask(app, desk.world, "/brands", secret)
    assert (told.status_code, told.mimetype) == (429, "application/problem+json")
    assert int(told.headers["Retry-After"]) >= 1
