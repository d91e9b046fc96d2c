"""What every answer carries, what no method or path opens, and what a form can't be made to write."""

import dataclasses
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select, update
from structlog.testing import capture_logs
from support.desk import HTTPS, Desk
from support.somebody import PASSWORD, Somebody
from support.world import World
from werkzeug.test import TestResponse

from tenants.base import utcnow
from tenants.identities import Identity, SignIn
from tenants.members import Membership
from tests.architecture.access_table import TABLE, Open
from tests.architecture.test_matrix import snapshot
from tests.support.estate import Estate, build_estate
from unisson.app import create_app
from unisson.cli import commands
from unisson.config import Settings
from unisson.editorial.models import Content
from unisson.identity.ending import signed_out
from unisson.resources import PACKAGE
from unisson.runtime import Runtime

ODD = ("/no/such/page", "/.git/config", "/.env", "/static/", "/static/css/", "/static/../app.py", "/static/..%2fapp.py",
       "/%00", "/.well-known/security.txt", "/openapi.json", "/metrics", "/console", "/debug")  # fmt: skip
OUTSIDE = {"stripe.events", "notices.stopping"}
"""What another machine posts to: a signature, or the token in the address of a mail's one click (RFC 8058), opens it."""


@pytest.fixture(scope="module")
def estate(runtime: Runtime, worker: Runtime) -> Estate:
    return build_estate(runtime, worker, f"BORD-{uuid.uuid4().hex[:6]}")


@pytest.fixture(scope="module")
def served(runtime: Runtime, settings: Settings) -> Flask:
    """The application as it is served behind TLS, forms' tokens and all."""
    secure = dataclasses.replace(settings, base_url="https://localhost")
    return create_app(runtime=dataclasses.replace(runtime, settings=secure))


def paths(app: Flask, estate: Estate, method: str) -> Iterator[tuple[str, str]]:
    """Every route that takes `method`, as (endpoint, path)."""
    named = estate.own | {"agency": estate.world.slug, "filename": "css/app.css"}
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            values = {name: named.get(name, "x") for name in rule.arguments}
            yield rule.endpoint, str(app.url_map.bind("localhost").build(rule.endpoint, values))


def policy(answer: TestResponse) -> dict[str, str]:
    told = answer.headers["Content-Security-Policy"].split("; ")
    return {name: rest for name, _space, rest in (each.partition(" ") for each in told)}


def unhardened(answer: TestResponse) -> list[str]:
    """Return what an answer lacks of ASVS §3.4 and §4.1.1."""
    headers, lacks = answer.headers, []
    if "max-age=63072000; includeSubDomains" not in headers.get("Strict-Transport-Security", ""):
        lacks.append("transport")
    if headers.get("X-Content-Type-Options") != "nosniff":
        lacks.append("nosniff")
    if headers.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        lacks.append("referrer")
    said = policy(answer)
    if said.get("default-src") != "'none'" or said.get("frame-ancestors") != "'none'":
        lacks.append("policy")
    if "sandbox" not in said and (said.get("base-uri") != "'none'" or said.get("script-src", "'self'") != "'self'"):
        lacks.append("base or scripts")
    if re.search(r"unsafe|\*|https?:", answer.headers["Content-Security-Policy"].replace("blob:", "")):
        lacks.append("loose policy")
    kind = headers.get("Content-Type", "")
    if answer.data and (not kind or (re.match(r"text/|.*\+xml|.*/xml", kind) and "charset=utf-8" not in kind.lower())):
        lacks.append(f"type {kind!r}")
    if "Access-Control-Allow-Origin" in headers:
        lacks.append("cors")
    return lacks


@dataclasses.dataclass(frozen=True)
class Round:
    """What came of asking for everything once, as an owner and as a stranger, and which tables it wrote to."""

    owner: dict[str, TestResponse]
    stranger: dict[str, TestResponse]
    written: set[str]


PRINTED = {"approvals.proof_pdf", "calendars.month_pdf"}
"""Made by a process of their own, a second each: their own tests ask for them."""


@pytest.fixture(scope="module")
def round_(served: Flask, estate: Estate, settings: Settings) -> Round:
    """Every page is asked for once, for all tests of this file."""
    before = snapshot(settings, estate.world.agency_id)
    all_of = [*paths(served, estate, "GET"), *((odd, odd) for odd in ODD)]
    owner, stranger = estate.world.sign_in(served.test_client(), "owner"), served.test_client()
    mine = {name: owner.get(path, base_url=HTTPS, buffered=True) for name, path in all_of if name not in PRINTED}
    theirs = {
        name: stranger.get(path, base_url=HTTPS, buffered=True)
        for name, path in all_of
        if isinstance(TABLE.get(name, Open()), Open)
    }
    after = snapshot(settings, estate.world.agency_id)
    return Round(mine, theirs, {table for table, state in after.items() if before[table] != state})


def test_every_answer_is_hardened_and_typed(round_: Round) -> None:
    for answers, least in ((round_.owner, 150), (round_.stranger, 40)):
        found = {name: unhardened(answer) for name, answer in answers.items()}
        assert {name: lacks for name, lacks in found.items() if lacks} == {}
        assert {name for name, answer in answers.items() if answer.status_code >= 500} == set()
        assert len(found) > least


def test_refusals_are_hardened_too(served: Flask, world: World) -> None:
    client = served.test_client()
    answers = (
        client.get("/sign-in", base_url="https://evil.example"),
        client.post("/sign-in", base_url=HTTPS),
        client.open("/sign-in", method="DELETE", base_url=HTTPS),
        client.post(
            "/sign-in", base_url=HTTPS, data=b"x" * 3_000_000, content_type="application/x-www-form-urlencoded"
        ),
    )
    assert [answer.status_code for answer in answers] == [400, 400, 405, 413]
    assert [unhardened(answer) for answer in answers] == [[], [], [], []]


def test_nothing_but_pages_and_assets_is_served(round_: Round) -> None:
    for answers in (round_.owner, round_.stranger):
        for path in ODD:
            # A first word may be an agency's: a stranger is led to the sign-in, and nobody to anything there.
            assert answers[path].status_code in {303, 308, 400, 404}, path
            assert "Index of" not in answers[path].text


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW"])
def test_no_route_answers_to_trace(served: Flask, estate: Estate, method: str) -> None:
    client = served.test_client()
    for path in ("/", "/sign-in", "/static/css/app.css", f"/{estate.world.slug}/calendar"):
        answer = client.open(path, method=method, base_url=HTTPS, headers={"X-Secret": "heard"})
        assert answer.status_code == 405
        assert "heard" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_every_form_wants_its_token(served: Flask, estate: Estate, method: str) -> None:
    client = estate.world.sign_in(served.test_client(), "owner")
    forms = [each for each in paths(served, estate, method) if each[0] not in OUTSIDE]
    taken = {
        endpoint: answer.status_code
        for endpoint, path in forms
        if (answer := client.open(path, method=method, base_url=HTTPS, data={"x": "y"})).status_code != 400
    }
    assert taken == {}
    assert method != "POST" or len(forms) > 100


READING = {"events", "unsealed", "content_openings", "approval_links", "presence"}
"""What reading may note: that somebody came in, opened a content or took a file out."""


def test_reading_changes_nothing(round_: Round) -> None:
    assert round_.written <= READING


def test_no_form_writes_what_it_does_not_ask(desk: Desk) -> None:
    """Columns beside those of the form: nothing of them is taken."""
    world, before = desk.world, desk.actor("member")
    extra = {
        "agency_role": "owner", "role": "owner", "email": "eve@evil.example", "email_verified_at": "2020-01-01",
        "identity_id": str(uuid.uuid4()), "agency_id": str(uuid.uuid4()), "id": str(uuid.uuid4()), "password_hash": "x",
        "state": "scheduled", "stages_done": "9", "author_id": str(world.people["owner"].membership_id),
    }  # fmt: skip
    answer = desk.browser("member").post(
        "/me", data={"name": "Neuf", "language": "en", "timezone": "Europe/Paris", **extra}, base_url=HTTPS
    )
    assert answer.status_code == 303
    with desk.session() as session:
        identity = session.get_one(Identity, world.people["member"].identity_id)
        assert (identity.name, identity.email) == ("Neuf", world.people["member"].email)
        assert identity.password_hash is None
    assert desk.actor("member").agency_role == before.agency_role
    written = desk.post(
        "cm", f"/brands/{world.brand_slug}/contents/new", {"kind": "post", "title": "Un", "body": "Deux", **extra}
    )
    assert written.status_code == 303
    with desk.session() as session:
        content = session.scalars(select(Content)).one()
        assert (content.state, content.stages_done) == ("draft", 0)
        assert (content.agency_id, content.author_id) == (world.agency_id, world.people["cm"].membership_id)
        assert session.scalar(select(func.count()).where(Membership.agency_role == "owner")) == 1


def test_passwords_are_masked_and_their_managers_welcome(served: Flask, world: World) -> None:
    member = world.sign_in(served.test_client(), "cm")
    fields = []
    for client, path in ((served.test_client(), "/sign-in"), (served.test_client(), "/sign-up"), (member, "/me"),
                         (member, "/me/confirmation")):  # fmt: skip
        page = client.get(path, base_url=HTTPS).text
        fields += re.findall(r"<input[^>]*name=\"[^\"]*(?:password|present)\"[^>]*>", page)
        assert "onpaste" not in page
    assert len(fields) >= 4
    for each in fields:
        assert 'type="password"' in each
        assert re.search(r'autocomplete="(current|new)-password"', each)
        assert "maxlength" not in each or int(re.search(r'maxlength="(\d+)"', each)[1]) >= 64
    scripts = [path.read_text() for path in (PACKAGE / "static" / "js").rglob("*.js")]
    assert not [each for each in scripts if re.search(r"['\"]paste['\"]", each) and "password" in each]


def test_every_page_of_somebody_signed_in_lets_them_out(round_: Round) -> None:
    without = {
        name
        for name, answer in round_.owner.items()
        if answer.status_code == 200 and not isinstance(TABLE.get(name, Open()), Open) and is_page(answer)
        if 'action="/sign-out' not in answer.text
    }
    assert without == set()


def is_page(answer: TestResponse) -> bool:
    return answer.mimetype == "text/html" and "<!doctype" in answer.text[:20].lower()


def test_no_shared_cache_keeps_a_page_of_somebody(round_: Round) -> None:
    shared = {
        name: answer.headers.get("Cache-Control")
        for name, answer in round_.owner.items()
        if not isinstance(TABLE.get(name, Open()), Open)
        if not re.search(r"\b(?:private|no-store)\b", answer.headers.get("Cache-Control", ""))
    }
    assert shared == {}


def test_signing_out_has_the_browser_forget_its_pages(desk: Desk) -> None:
    answer = desk.browser("cm").post("/sign-out", base_url=HTTPS)
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert desk.browser("cm").get("/me", base_url=HTTPS).status_code == 303


def test_ending_sign_ins_asks_again_who_it_is(app: Flask, runtime: Runtime, world: World) -> None:
    somebody = Somebody(app, runtime, world)
    other, client = somebody.browser(), somebody.browser()
    somebody.sign_in(other)
    somebody.sign_in(client)
    with runtime.database.everywhere() as session:
        session.execute(
            update(SignIn)
            .where(SignIn.identity_id == somebody.id)
            .values(confirmed_at=utcnow() - timedelta(minutes=16))
        )
    assert client.get("/me/sessions").status_code == 200
    assert client.post("/me/sessions/revocation").status_code == 403
    assert other.get("/me").status_code == 200
    assert client.post("/me/sessions/revocation", data={"confirmation-present": PASSWORD}).status_code == 307
    assert client.post("/me/sessions/revocation").status_code == 303
    assert other.get("/me").status_code == 303


def test_a_forwarded_address_counts_by_the_proxies_that_are_there(runtime: Runtime, settings: Settings) -> None:
    """The client can write as many addresses as it likes in front of the one that the proxy adds."""

    def seen(proxies: int) -> str:
        told = dataclasses.replace(settings, trusted_proxies=proxies)
        app = create_app(runtime=dataclasses.replace(runtime, settings=told))
        app.config["WTF_CSRF_ENABLED"] = False
        headers = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7", "X-Real-IP": "198.51.100.9"}
        with capture_logs() as lines:
            app.test_client().post("/sign-in", data={"email": f"{uuid.uuid4()}@example.org", "password": "x"},
                                   headers=headers, base_url=HTTPS)  # fmt: skip
        return str(lines[-1]["ip"])

    assert [seen(0), seen(1)] == ["127.0.0.1", "203.0.113.7"]


def test_whoever_runs_the_server_signs_one_person_or_everybody_out(app: Flask, runtime: Runtime, world: World) -> None:
    def are_in() -> list[bool]:
        clients = [world.sign_in(app.test_client(), role) for role in ("cm", "rp")]
        return [client.get("/me", base_url=HTTPS).status_code == 200 for client in clients]

    assert signed_out(runtime, "nobody@example.org") is None
    assert are_in() == [True, True]
    assert signed_out(runtime, world.people["cm"].email.upper()) == 1
    assert are_in() == [False, True]
    assert (signed_out(runtime, None) or 0) >= 1
    assert are_in() == [False, False]
    for words in (["sign-out"], ["sign-out", "a@example.org", "--everybody"]):
        assert CliRunner().invoke(commands, words).exit_code == 2
