"""At an agency's own name stand the pages of its clients, and nothing else of anybody's; at any other, nothing."""

import dataclasses
import re
import time
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event
from standins.names import StandInNames
from support.desk import Desk
from support.domains import add, at, fresh, verified
from support.estate import Estate, build_estate
from support.pictures import picture
from support.world import World

from unisson.app import create_app
from unisson.config import Settings
from unisson.media.addresses import Address, last_second, signed
from unisson.runtime import Runtime
from unisson.web.hosts import CLIENT_RULES


@pytest.fixture
def desk(asking: Flask, runtime: Runtime, world: World) -> Desk:
    return Desk(asking, runtime, world)


def test_a_personal_link_works_at_the_agency_s_name(desk: Desk, names: StandInNames) -> None:
    domain = verified(desk, names)
    _link, token = desk.link(desk.in_state("client_turn"))
    page = at(desk, domain.host, f"/{desk.world.slug}/approve/{token}")
    assert page.status_code == 200
    assert "http://localhost" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_only_the_agency_s_own_files_open_at_its_name(desk: Desk, names: StandInNames) -> None:
    host, key = verified(desk, names).host, desk.runtime.settings.secret_key
    _media_id, digest = desk.picture(picture())
    ours = Address(desk.world.agency_id, digest, "image/jpeg", last_second(time.time(), "image/png"))
    assert at(desk, host, f"/media/{signed(key, ours)}").mimetype == "image/jpeg"
    for foreign in (ours._replace(agency_id=uuid.uuid4()), ours._replace(until=1)):
        assert at(desk, host, f"/media/{signed(key, foreign)}").status_code == 404


@pytest.fixture
def estates(runtime: Runtime, worker: Runtime) -> list[Estate]:
    return [build_estate(runtime, worker, f"CANARI-{uuid.uuid4().hex[:8]}") for _each in range(2)]


def test_every_path_of_every_agency_at_every_verified_name(
    desk: Desk, names: StandInNames, estates: list[Estate]
) -> None:
    """At a verified name nothing answers but the pages of that agency's clients; signed in as its owner or not."""
    served: set[str] = set()
    for estate in estates:
        at_home = Desk(desk.app, desk.runtime, estate.world)
        host = verified(at_home, names).host
        for other in (estate, *(each for each in estates if each is not estate)):
            for rule, method, path in _paths(desk.app, other):
                for role in (None, "owner"):
                    client = desk.app.test_client()
                    if role:
                        estate.world.sign_in(client, role)
                    answer = at(desk, host, path, method, client)
                    allowed = rule == "/static/<path:filename>" or (other is estate and rule.startswith(CLIENT_RULES))
                    if allowed:
                        served.add(rule)
                        assert answer.status_code < 500, (host, method, path)
                    else:
                        assert answer.status_code == 404, (host, method, path, answer.status_code)
                        assert "CANARI" not in answer.text
                        assert "Set-Cookie" not in answer.headers or "_user_id" not in answer.headers["Set-Cookie"]
    assert served == {
        rule.rule for rule in desk.app.url_map.iter_rules() if rule.rule.startswith((*CLIENT_RULES, "/static"))
    }


def _paths(app: Flask, estate: Estate) -> Iterator[tuple[str, str, str]]:
    known = estate.own | {"agency": estate.world.slug, "filename": "css/base.css", "content_id": str(uuid.uuid4())}
    for rule in app.url_map.iter_rules():
        path = app.url_map.bind("localhost").build(rule.endpoint, {n: known[n] for n in rule.arguments if n in known})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.rule, method, path


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/health", "/dev/mail", "/nothing", "/domain-allowed?domain=localhost"]
)
def test_the_desk_itself_is_not_at_an_agency_s_name(desk: Desk, names: StandInNames, path: str) -> None:
    domain = verified(desk, names)
    answer = at(desk, domain.host, path)
    assert answer.status_code == 404
    assert "/sign-in" not in answer.text
    assert "Unisson" not in answer.text


HOSTS = [
    "evil.example",
    "{host}.evil.example",
    "x.{host}",
    "{host}.",
    "{host}@evil.example",
    "10.0.0.1",
    "[::1]",
    "-",
    "a" * 300 + ".fr",
]


@pytest.mark.parametrize("host", HOSTS)
def test_any_other_host_is_refused(desk: Desk, names: StandInNames, host: str) -> None:
    domain = verified(desk, names)
    asked = host.format(host=domain.host)
    for path in ("/sign-in", f"/newsroom/{desk.world.slug}/marque/"):
        answer = desk.app.test_client().get(path, base_url="https://localhost", headers={"Host": asked})
        assert answer.status_code == 400, asked


def test_forwarded_hosts_count_for_nothing_without_a_proxy(desk: Desk, names: StandInNames) -> None:
    domain = verified(desk, names)
    page = desk.app.test_client().get(
        "/sign-in",
        base_url="https://localhost",
        headers={"X-Forwarded-Host": domain.host, "Forwarded": f"host={domain.host}"},
    )
    assert page.status_code == 200


def test_the_product_s_own_pages_ask_nothing_about_hosts(desk: Desk) -> None:
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    desk.get("owner", "/brands")
    event.listen(desk.runtime.database.engine, "before_cursor_execute", note)
    desk.get("owner", "/brands")
    event.remove(desk.runtime.database.engine, "before_cursor_execute", note)
    assert asked
    assert not [each for each in asked if "trusted_hosts" in each]


def test_a_tls_server_is_told_which_names_are_ours(desk: Desk, names: StandInNames) -> None:
    domain = verified(desk, names)
    waiting = add(desk, fresh())

    def answer(host: str) -> int:
        return (
            desk.app.test_client()
            .get("/domain-allowed", query_string={"domain": host}, base_url="https://localhost")
            .status_code
        )

    assert answer(domain.host) == 200
    assert answer(domain.host.upper()) == 200
    assert answer("localhost") == 200
    for other in (waiting.host, "evil.example", "", "127.0.0.1", "x" * 5000, "é.fr", "a..fr"):
        assert answer(other) == 404


def test_transport_security_at_an_agency_s_name_is_for_that_name(
    runtime: Runtime, settings: Settings, desk: Desk, names: StandInNames
) -> None:
    domain = verified(desk, names)
    secure = dataclasses.replace(settings, base_url="https://localhost")
    app = create_app(runtime=dataclasses.replace(runtime, settings=secure))
    there = app.test_client().get(f"/newsroom/{desk.world.slug}/marque/", base_url=f"https://{domain.host}")
    here = app.test_client().get("/sign-in", base_url="https://localhost")
    assert there.headers["Strict-Transport-Security"] == "max-age=2592000"
    assert "includeSubDomains" in here.headers["Strict-Transport-Security"]


def test_a_newsroom_has_one_home_by_whichever_name_one_comes(desk: Desk, names: StandInNames) -> None:
    path = f"/newsroom/{desk.world.slug}/marque/"
    assert f'<link rel="canonical" href="http://localhost{path}">' in at(desk, "localhost", path).text
    domain = verified(desk, names)
    for host in ("localhost", domain.host):
        page = at(desk, host, path).text
        assert f'<link rel="canonical" href="https://{domain.host}{path}">' in page
        assert f'href="https://{domain.host}{path}feed.atom"' in page


def test_a_name_behind_a_proxy_and_in_capitals_is_the_same_name(
    desk: Desk, names: StandInNames, runtime: Runtime
) -> None:
    domain = verified(desk, names)
    path = f"/newsroom/{desk.world.slug}/marque/"
    assert at(desk, domain.host.upper(), path).status_code == 200
    assert at(desk, f"{domain.host}:8443", path).status_code == 200
    behind = create_app(
        runtime=dataclasses.replace(runtime, settings=dataclasses.replace(runtime.settings, trusted_proxies=1))
    )
    answers = [
        behind.test_client().get(path, base_url="http://localhost", headers={"X-Forwarded-Host": host}).status_code
        for host in (domain.host, "evil.example")
    ]
    assert answers == [200, 400]


def test_forms_of_a_personal_link_work_at_the_agency_s_name(desk: Desk, names: StandInNames) -> None:
    domain = verified(desk, names)
    _link, token = desk.link(desk.in_state("client_turn"))
    path = f"/{desk.world.slug}/approve/{token}"
    desk.app.config["WTF_CSRF_ENABLED"] = True
    client = desk.app.test_client()
    page = at(desk, domain.host, path, client=client)
    assert page.headers["Set-Cookie"].startswith("__Host-unisson=")
    target = re.search(rf'action="({re.escape(path)}/[a-z-]+)"', page.text)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert target is not None
    form = hidden | {"typed_name": "Camille Client"}
    answer = client.post(target[1], data=form, base_url=f"https://{domain.host}", buffered=True)
    assert answer.status_code == 303
    assert answer.location.startswith(f"/{desk.world.slug}/approve/")
    refused = client.post(target[1], data={"typed_name": "x"}, base_url=f"https://{domain.host}", buffered=True)
    assert refused.status_code == 400
