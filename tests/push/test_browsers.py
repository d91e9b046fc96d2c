"""A browser is told of things for its person alone, while they are signed in there, and at a public address."""

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from push.conftest import known, number
from push.test_telling import of_identity, sign_in_again, tell
from sqlalchemy import select, text
from standins.push import PushService, StandInBrowser
from support.desk import HTTPS, Desk

from tenants.base import utcnow
from tenants.browsers import PushBrowser
from tenants.identities import SignIn
from unisson.identity import sign_ins
from unisson.identity.ending import signed_out
from unisson.kept_secret import new_push_key
from unisson.notifications.events import OF_ADMINISTRATORS, Event
from unisson.push.browsers import MOST
from unisson.runtime import Runtime
from unisson.settings_rules import BadValue, push_key
from unisson.trust import kinds, taking_out
from unisson.vault import Vault

Allow = Callable[..., StandInBrowser]
Post = Callable[[], int]
PAGE = "/notices/choices"


def refused(team: Desk, form: dict[str, str], sentence: str) -> None:
    answer = team.post("cm", "/notices/browsers", dict(form))
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert known(team) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/x", "https://10.0.0.8/x", "https://[::1]/x", "https://169.254.169.254/latest/meta-data",
        "https://localhost/x", "https://2130706433/x", "https://[::ffff:10.0.0.8]/x", "http://push.example/x",
        "https://1.1.1.1:8443/x", "https://user:pass@1.1.1.1/x",
    ],
)  # fmt: skip
def test_an_address_inside_is_refused(team: Desk, service: PushService, key: str, endpoint: str) -> None:
    refused(team, service.subscribe(key).form | {"endpoint": endpoint}, "at an address that is not public")


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": ""}, {"endpoint": "ftp://1.1.1.1/x"}, {"endpoint": "https://1.1.1.1/" + "x" * 2000},
        {"endpoint": "https://1.1.1.1/é"}, {"endpoint": "https://1.1.1.1/a b"}, {"auth": ""}, {"auth": "AAAA"},
        {"auth": "\0"}, {"p256dh": ""}, {"p256dh": "B" + "A" * 86}, {"p256dh": "x" * 87}, {"p256dh": "é"},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_what_is_no_subscription_is_refused(
    team: Desk, service: PushService, key: str, changes: dict[str, str]
) -> None:
    refused(team, service.subscribe(key).form | changes, "did not say how it can be told")


def test_the_address_and_the_keys_are_secrets(
    team: Desk, allow: Allow, service: PushService, post: Post, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = allow()
    tell(team, team.write())
    service.plan.then("503", "400", call="message")
    for _try in range(3):
        post()
    with team.session() as session:
        kept = [
            str(row)
            for table in ("push_browsers", "push_posts", "notices", "events")
            for row in session.execute(text(f"select t::text from app.{table} t"))
        ]
    written = [*kept, team.get("cm", PAGE).get_data(as_text=True), *capfd.readouterr()]
    for secret in ("s3cr3t", browser.keys.given["auth"], browser.keys.given["p256dh"]):
        assert not [each for each in written if secret in each]


def test_a_browser_moves_to_whoever_lets_it_in_and_never_tells_the_former(team: Desk, allow: Allow, post: Post) -> None:
    browser = allow("cm")
    tell(team, team.write(title="Du premier"))
    allow("rp", browser)
    assert known(team) == []
    tell(team, team.write(title="Encore"))
    tell(team, team.write(title="Du second"), "rp")
    post()
    assert ["Du second" in each["body"] for each in browser.shown] == [True]


def test_letting_in_twice_is_one_browser(team: Desk, service: PushService, key: str, allow: Allow, post: Post) -> None:
    browser = allow()
    allow("cm", browser)
    other = allow("cm", service.subscribe(key))
    assert len(known(team)) == 1
    tell(team, team.write())
    assert post() == 1
    assert (len(browser.shown), len(other.shown)) == (0, 1)


def test_one_browser_too_many_is_refused(team: Desk, service: PushService, key: str, allow: Allow) -> None:
    for _each in range(MOST):
        allow()
        team.browsers["cm"] = sign_in_again(team)
    answer = team.post("cm", "/notices/browsers", dict(service.subscribe(key).form))
    assert answer.status_code == 422
    assert f"At most {MOST} browsers can be told" in answer.get_data(as_text=True)
    assert len(known(team)) == MOST


def sign_out(team: Desk) -> None:
    assert team.browser("cm").post("/sign-out", base_url=HTTPS).status_code in {302, 303}


def revoke(team: Desk) -> None:
    whose = team.world.people["cm"].identity_id
    with team.runtime.database.everywhere() as session:
        (one,) = session.scalars(select(SignIn.id).where(SignIn.identity_id == whose))
        assert sign_ins.end_one(session, whose, one)


def reset_the_password(team: Desk) -> None:
    with team.runtime.database.everywhere() as session:
        sign_ins.end_all(session, team.world.people["cm"].identity_id)


def sign_everybody_out(team: Desk) -> None:
    signed_out(team.runtime, None)


@pytest.mark.parametrize("end", [sign_out, revoke, reset_the_password, sign_everybody_out])
def test_a_browser_that_is_signed_out_is_told_nothing_any_more(
    team: Desk, service: PushService, allow: Allow, post: Post, end: Callable[[Desk], None]
) -> None:
    allow()
    tell(team, team.write())
    end(team)
    assert known(team) == []
    post()
    assert service.asked == 0


def test_who_signs_in_again_in_the_same_browser_is_told_as_before(team: Desk, allow: Allow) -> None:
    allow()
    before = known(team)[0]
    person = team.world.people["cm"]
    with team.runtime.database.everywhere() as session:
        session.execute(text("update app.sign_ins set last_seen_at = now() - interval '2 days'"))
        token = sign_ins.start(session, person.identity_id, "::1", "test")
        sign_ins.carry(session, person.token, token)
        sign_ins.end(session, person.token)
        stranger = sign_ins.start(session, team.world.people["rp"].identity_id, "::1", "test")
        sign_ins.carry(session, token, stranger)
    (after,) = known(team)
    assert after.id == before.id
    assert after.sign_in_id != before.sign_in_id
    assert known(team, "rp") == []


def test_a_browser_is_tried_and_removed_by_its_person_alone(team: Desk, service: PushService, allow: Allow) -> None:
    browser = allow()
    where = f"/notices/browsers/{number(team)}"
    for role in ("rp", "owner"):
        assert team.post(role, f"{where}/try").status_code == 404
        assert team.post(role, f"{where}/removal").status_code == 404
    assert team.post("cm", f"{where}/try").status_code == 303
    assert browser.shown[0]["body"] == "This browser tells you what concerns you."
    service.plan.then("503", "302", call="message")
    for _each in range(2):
        answer = team.post("cm", f"{where}/try")
        assert answer.status_code == 422
        assert "did not take the message" in answer.get_data(as_text=True)
    assert team.post("cm", f"{where}/removal").status_code == 303
    assert known(team) == []


def test_trying_a_browser_that_is_gone_says_so_and_forgets_it(team: Desk, service: PushService, allow: Allow) -> None:
    allow()
    service.plan.then("410", call="message")
    assert team.post("cm", f"/notices/browsers/{number(team)}/try").status_code == 303
    assert known(team) == []
    assert "takes nothing any more" in team.get("cm", PAGE).get_data(as_text=True)


def test_a_browser_whose_address_changed_is_told_there(
    team: Desk, service: PushService, key: str, allow: Allow, post: Post
) -> None:
    old, new = allow(), service.subscribe(key)
    client = team.browser("cm")
    told = client.get("/push/key", base_url=HTTPS).get_json()
    assert told["key"] == key
    answer = client.post("/push/renewal", data=dict(new.form), base_url=HTTPS, headers={"X-CSRFToken": told["token"]})
    assert answer.status_code == 204
    tell(team, team.write())
    assert post() == 1
    assert (len(old.shown), len(new.shown)) == (0, 1)
    stranger = team.browser("rp").post("/push/renewal", data=dict(new.form), base_url=HTTPS)
    assert stranger.status_code == 404
    assert known(team, "rp") == []
    assert team.app.test_client().get("/push/key", base_url=HTTPS).status_code == 303


def test_the_worker_stands_above_all_pages_and_is_never_kept(team: Desk) -> None:
    answer = team.app.test_client().get("/push-worker.js", base_url=HTTPS)
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    body = answer.get_data(as_text=True)
    assert "caches" not in body
    assert '"fetch"' not in body


def test_the_page_asks_about_browsers_and_keeps_what_is_chosen(team: Desk, allow: Allow) -> None:
    allow()
    page = team.get("cm", PAGE).get_data(as_text=True)
    assert 'name="browser_trouble" type="checkbox" value="y"' in page
    assert 'checked id="browser_trouble"' in page
    assert 'checked id="browser_approved"' not in page
    mails = {f"mail_{event}": "at_once" for event in ALL}
    assert team.post("cm", PAGE, mails | {"browser_approved": "y"}).status_code == 303
    page = team.get("cm", PAGE).get_data(as_text=True)
    assert 'checked id="browser_approved"' in page
    assert 'checked id="browser_trouble"' not in page


ALL = tuple(event.value for event in Event if event not in OF_ADMINISTRATORS)


def test_an_installation_without_a_key_says_so_and_leaves_what_was_chosen(desk: Desk, runtime: Runtime) -> None:
    desk.speak_english()
    page = desk.get("cm", PAGE).get_data(as_text=True)
    assert "This installation tells no browsers" in page
    assert "browser_trouble" not in page
    mails = {f"mail_{event}": "never" for event in ALL}
    assert desk.post("cm", PAGE, mails).status_code == 303
    with desk.session() as session:
        kept = session.execute(text("select event from app.notice_choices where browser")).scalars().all()
    assert {"trouble", "to_decide"} <= set(kept)
    assert "approved" not in kept
    answer = desk.post("cm", "/notices/browsers", {"endpoint": "https://1.1.1.1/x"})
    assert answer.status_code == 422
    assert desk.browser("cm").get("/push/key", base_url=HTTPS).status_code == 404


def test_a_person_takes_their_browsers_out_and_has_them_erased(team: Desk, allow: Allow, post: Post) -> None:
    allow()
    tell(team, team.write())
    assert post() == 1
    whose = team.world.people["cm"].identity_id
    with team.runtime.database.everywhere() as session:
        taken = taking_out.of_account(session, team.runtime.database, whose)
    (told,) = json.loads(zipfile.ZipFile(taken).read("browsers_with_notifications.json"))
    assert set(told) == {"user_agent", "created_at", "told_at"}
    assert told["told_at"]
    with team.session() as session:
        session.execute(text("delete from app.notices"))
        assert session.scalar(text("select count(*) from app.push_posts")) == 0


def test_what_is_over_is_swept(team: Desk, worker: Runtime, allow: Allow) -> None:
    allow()
    over = next(each.over for each in kinds.KINDS if each.table == "push_browsers")
    swept = text(f"delete from app.push_browsers k where {over}")
    whose = team.world.people["cm"].identity_id
    for days, is_kept in ((29, True), (31, False)):
        of_identity(team, SignIn, expires_at=utcnow() - timedelta(days=days))
        with worker.database.everywhere() as session:
            session.execute(swept)
            found = session.scalar(select(PushBrowser.id).where(PushBrowser.identity_id == whose))
            assert (found is not None) is is_kept


def test_a_key_is_one_of_the_curve() -> None:
    made = new_push_key()
    assert push_key(made) == push_key(f"{made}=") == made
    assert push_key("") == ""
    for wrong in ("x", "A" * 43, "_" * 43, "é" * 43, made[:-1], made + "A"):
        with pytest.raises(BadValue, match="unisson push-key"):
            push_key(wrong)


def test_what_was_sealed_under_another_key_is_let_go(
    team: Desk, service: PushService, allow: Allow, post: Post
) -> None:
    allow()
    tell(team, team.write())
    with team.runtime.database.everywhere() as session:
        foreign = Vault("another key" * 4).seal({"endpoint": "x", "p256dh": "x", "auth": "x"})
        session.execute(text("update app.push_browsers set sealed = :s"), {"s": foreign})
    assert post() == 1
    assert (service.asked, known(team)) == (0, [])
    allow()
    with team.runtime.database.everywhere() as session:
        session.execute(text("update app.push_browsers set sealed = :s"), {"s": foreign})
    assert team.post("cm", f"/notices/browsers/{number(team)}/try").status_code == 303
    assert known(team) == []
