"""What the log says of those who come in and of those who are refused, and in which shape."""

import json
import subprocess
import sys
import uuid
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs
from support.browser import Browser
from support.desk import Desk
from support.somebody import PASSWORD, Somebody

from unisson.app import create_app
from unisson.web.limits import mark


def events(lines: list[dict]) -> list[str]:
    return [line["event"] for line in lines]


def test_coming_in_and_out_is_logged_with_who_where_and_how(app, runtime, world) -> None:
    somebody = Somebody(app, runtime, world)
    client = somebody.browser()
    with capture_logs() as lines:
        assert client.post("/sign-in", data={"email": somebody.email, "password": "no"}).status_code == 422
        somebody.sign_in(client)
        client.post("/me/confirmation", data={"confirmation-present": "no"})
        client.post("/me/password", data={"present": "no", "password": "gadoue-Lapin-74-orage"})
        client.post("/sign-out")
    assert events(lines) == [
        "sign_in.refused",
        "sign_in.done",
        "confirmation.refused",
        "password.refused",
        "sign_in.ended",
    ]
    refused, done = lines[:2]
    with app.app_context():
        assert refused["account"] == mark(somebody.email)
    assert (refused["ip"], refused["rule"], refused["log_level"]) == (client.address, "/sign-in", "warning")
    assert (done["person"], done["ip"], done["rule"]) == (str(somebody.id), client.address, "/sign-in")
    assert not any(word in str(lines) for word in (somebody.email, PASSWORD, "gadoue"))


def test_the_second_step_is_logged(app, runtime, world) -> None:
    somebody = Somebody(app, runtime, world)
    first = somebody.browser()
    somebody.sign_in(first)
    somebody.turn_on(first)
    client = somebody.browser()
    with capture_logs() as lines:
        somebody.sign_in(client)
        client.post("/sign-in/second-step", data={"code": "000000"})
        assert client.post("/sign-in/second-step", data={"code": somebody.code()}).status_code == 303
    assert [(line["event"], line["rule"]) for line in lines] == [
        ("second_step.refused", "/sign-in/second-step"),
        ("sign_in.done", "/sign-in/second-step"),
    ]
    assert lines[0]["of"] == str(somebody.id)


def test_who_may_not_is_logged(desk: Desk) -> None:
    with capture_logs() as lines:
        assert desk.get("cm", "/activity").status_code == 403
    (line,) = lines
    assert (line["event"], line["rule"], line["method"]) == ("access.refused", "/<agency>/activity", "GET")
    assert line["person"] == str(desk.world.people["cm"].identity_id)


def test_asking_for_what_is_not_theirs_is_logged_and_a_stranger_s_mistakes_are_not(desk: Desk, client) -> None:
    there = desk.path(f"/contents/{uuid.uuid4()}")
    with capture_logs() as lines:
        assert desk.get("cm", f"/contents/{uuid.uuid4()}").status_code == 404
        assert client.get("/wp-login.php", base_url="https://localhost").status_code in {404, 308}
        assert client.get(f"/nobody-here{there}", base_url="https://localhost").status_code == 404
        link = desk.path("/approve/typed-or-forged-token")
        assert client.get(link, base_url="https://localhost").status_code in {404, 410}
    found = [line for line in lines if line["event"] == "access.not_found"]
    assert found[0]["person"] == str(desk.world.people["cm"].identity_id)
    assert (found[0]["method"], found[0]["log_level"]) == ("GET", "warning")
    assert "<" in found[0]["rule"]
    assert not any(word in str(lines) for word in ("wp-login", "nobody-here", "typed-or-forged", there))
    assert all("person" in line or "/<agency>/" in line["rule"] for line in found)


def test_programs_without_a_token_that_counts_are_logged(client, world) -> None:
    path, shown = f"/{world.slug}/api/v1/brands", {"Authorization": "Bearer unisson_forged-by-somebody"}
    with capture_logs() as lines:
        assert client.get(path, base_url="https://localhost", headers=shown).status_code == 401
        assert client.get(path, base_url="https://localhost").status_code == 401
    assert events(lines) == ["token.refused", "token.refused"]
    assert lines[0]["rule"] == "/<agency>/api/v1/brands"
    assert "forged-by-somebody" not in str(lines)


def test_who_comes_back_from_a_provider_in_vain_is_logged(client, world) -> None:
    with capture_logs() as lines:
        answer = client.get(f"/{world.slug}/sign-on/{world.agency_id}/return?state=x", base_url="https://localhost")
    assert answer.status_code == 422
    assert events(lines) == ["sign_on.refused"]


def test_forged_forms_and_too_many_tries_are_logged(runtime, world) -> None:
    app = create_app(runtime=runtime)
    client = Browser(app, app.response_class, use_cookies=True)
    with capture_logs() as lines:
        assert client.post("/sign-in", data={}).status_code == 400
        app.config["WTF_CSRF_ENABLED"] = False
        for _try in range(11):
            answer = client.post("/sign-in", data={"email": world.people["rp"].email, "password": ""})
    assert answer.status_code == 429
    assert events(lines) == ["form.refused", "tries.spent"]
    assert (lines[1]["purpose"], lines[1]["ip"]) == ("sign-in", client.address)


SCRIPT = """
import logging, uuid, structlog
from tenants.context import acting_for
from unisson import logs
from unisson.config import Settings
logs.configure(Settings.from_environ({
    "ENVIRONMENT": "production", "BASE_URL": "https://desk.example.org", "SECRET_KEY": "s" * 40,
    "DATABASE_URL": "postgresql://o@db.example.org/u?sslmode=require", "VALKEY_URL": "rediss://c.example.org:6379/0",
    "MAIL_URL": "smtps://m.example.org", "MAIL_FROM": "Unisson <desk@example.org>"}))
with acting_for(uuid.UUID(int=7)):
    structlog.get_logger("ours").warning("one", why="x\\r\\n{\\"event\\": \\"forged\\"}\\u2028\\x1b[2J",
        path="/a/approve/s3cret/contents/1")
logging.getLogger("theirs").warning("two %s", "y\\n{\\"event\\": \\"forged\\"}")
try:
    secret = "hunter2"
    raise ValueError("three")
except ValueError:
    structlog.get_logger("ours").exception("fault")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict]:
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in ran.stderr.split("\n") if line]


def test_a_line_is_one_json_object_whatever_stands_in_it(lines: list[dict]) -> None:
    assert [line["event"] for line in lines] == ["one", 'two y\n{"event": "forged"}', "fault"]
    assert lines[0]["why"].startswith("x\r\n")
    assert all({"timestamp", "level"} <= line.keys() for line in lines)
    assert lines[1]["logger"] == "theirs"


def test_a_line_says_when_in_utc_and_of_which_agency(lines: list[dict]) -> None:
    assert all(datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0) for line in lines)
    assert lines[0]["agency"] == "00000000-0000-0000-0000-000000000007"


def test_a_line_holds_no_link_s_secret_and_no_frame_s_variables(lines: list[dict]) -> None:
    assert lines[0]["path"] == "/a/approve/…/contents/1"
    assert "ValueError: three" in lines[2]["exception"]
    assert "hunter2" not in str(lines[2]).replace('secret = "hunter2"', "")
