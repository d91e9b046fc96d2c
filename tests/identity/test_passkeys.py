"""Passkeys: one is both steps of a sign-in, and nothing but the right answer to this very question opens anything."""

import dataclasses
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from support.desk import HTTPS, Desk, today
from support.somebody import Somebody, is_in, step
from support.world import World
from werkzeug.test import TestResponse

from tenants.base import utcnow
from tenants.identities import Identity, Passkey, RecoveryCode, SignIn
from tests.standins.passkeys import IS_SYNCED, MAY_BE_SYNCED, PRESENT, VERIFIED, Device, bytes_of
from unisson.app import create_app
from unisson.identity.passkeys import Site, site_of
from unisson.runtime import Runtime, connect_valkey

JSON = {"Accept": "application/json"}
EN = {"Accept-Language": "en"}


class Holder(Somebody):
    """A person whose device holds a passkey."""

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self.device = Device()

    def add(self, client: FlaskClient, name: str = "Téléphone", device: Device | None = None) -> TestResponse:
        """Register a passkey through the pages."""
        asked = ask(client, "/me/passkeys/challenge")
        made = (device or self.device).make(asked)
        return client.post("/me/passkeys", data={"passkey": made, "name": name}, base_url=HTTPS)

    def enter(self, client: FlaskClient, to: str = "", **lies: Any) -> TestResponse:
        """Sign in by the passkey alone."""
        answer = self.device.answer(ask(client, "/sign-in/passkey/challenge"), **lies)
        return client.post("/sign-in/passkey", data={"passkey": answer, "next": to}, base_url=HTTPS, headers=EN)

    def kept(self) -> list[Passkey]:
        with self.runtime.database.everywhere() as session:
            return list(session.scalars(select(Passkey).where(Passkey.identity_id == self.id).order_by("created_at")))

    def leave_open(self) -> None:
        with self.runtime.database.everywhere() as session:
            long_ago = {"confirmed_at": utcnow() - timedelta(minutes=20)}
            session.execute(update(SignIn).where(SignIn.identity_id == self.id).values(long_ago))


def ask(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.post(path, base_url=HTTPS, headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.fixture
def holder(app: Flask, runtime: Runtime, world: World) -> Holder:
    """Somebody whose only second factor is a passkey."""
    made = Holder(app, runtime, world)
    client = made.browser()
    made.sign_in(client)
    shown = made.add(client)
    made.codes = re.findall(r"<li><code>([A-Z2-7-]+)</code>", shown.text)
    return made


def test_the_first_one_comes_with_recovery_codes_and_signs_the_others_out(
    app: Flask, runtime: Runtime, world: World
) -> None:
    somebody = Holder(app, runtime, world)
    old, client = somebody.browser(), somebody.browser()
    somebody.sign_in(old)
    somebody.sign_in(client)
    asked = ask(client, "/me/passkeys/challenge")
    assert asked["authenticatorSelection"] == {
        "residentKey": "required", "requireResidentKey": True, "userVerification": "required"
    }  # fmt: skip
    assert (asked["rp"]["id"], asked["attestation"]) == ("localhost", "none")
    assert "Téléphone" not in client.get("/me/second-factor", base_url=HTTPS).text
    shown = somebody.add(client)
    assert len(re.findall(r"<li><code>", shown.text)) == 10
    assert (is_in(old), is_in(client)) == (False, True)
    again = somebody.add(client, "Clé USB", Device(counts=False, flags=PRESENT | VERIFIED | MAY_BE_SYNCED | IS_SYNCED))
    assert again.status_code == 303  # one has them already
    page = client.get("/me/second-factor", base_url=HTTPS).text
    assert "Téléphone" in page
    assert "Clé USB" in page
    assert [(key.is_synced, key.transports) for key in somebody.kept()] == [
        (False, ["internal", "hybrid"]), (True, ["internal", "hybrid"])
    ]  # fmt: skip
    assert somebody.letters() == ["passkey_added", "passkey_added"]


def test_it_lets_in_alone_and_leads_on(holder: Holder) -> None:
    client, wanted = holder.browser(), f"/{holder.world.slug}/brands"
    answer = holder.enter(client, wanted)
    assert (answer.status_code, answer.location) == (303, wanted)
    assert is_in(client)
    assert holder.kept()[0].last_used_at is not None
    assert holder.kept()[0].sign_count == 1
    other = holder.browser()
    assert holder.enter(other, "https://elsewhere.example/").location == "/"
    assert is_in(other)


def test_after_the_password_it_is_the_second_step(holder: Holder) -> None:
    client = holder.browser()
    assert holder.sign_in(client, "/me") == "/sign-in/second-step"
    assert not is_in(client)
    asked = ask(client, "/sign-in/second-step/challenge")
    assert [bytes_of(each["id"]) for each in asked["allowCredentials"]] == list(holder.device.keys)
    answer = client.post("/sign-in/second-step", data={"passkey": holder.device.answer(asked)}, base_url=HTTPS)
    assert (answer.status_code, answer.location) == (303, "/me")
    assert is_in(client)


def test_without_the_device_a_recovery_code_does_once(holder: Holder) -> None:
    for expected in (303, 422):
        client = holder.browser()
        holder.sign_in(client)
        assert step(client, "123456").status_code == 422  # no phone makes codes
        assert step(client, holder.codes[0]).status_code == expected


def test_it_confirms_who_one_is(holder: Holder) -> None:
    client = holder.browser()
    holder.enter(client)
    holder.leave_open()
    refused = client.post(
        "/me/passkeys/challenge", base_url=HTTPS, headers=JSON | {"Referer": f"{HTTPS}/me/second-factor"}
    )
    assert refused.status_code == 403
    assert refused.json["confirmation"] == "/me/confirmation?next=/me/second-factor"
    answer = holder.device.answer(ask(client, "/me/confirmation/challenge"))
    sent = {"confirmation-passkey": answer, "next": "/me"}
    assert client.post("/me/confirmation", data=sent, base_url=HTTPS).status_code == 303
    assert client.get("/me/passkeys/new", base_url=HTTPS).status_code == 200
    holder.leave_open()
    assert client.post("/me/confirmation", data=sent, base_url=HTTPS).status_code == 422  # the same answer again


LIES = {
    "another origin": {"origin": "https://localhost.example"},
    "another port": {"origin": "http://localhost:8000"},
    "made for another site": {"rp_id": "example"},
    "the user not verified": {"flags": PRESENT},
    "nobody present": {"flags": VERIFIED},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_wrong_answer_lets_nobody_in(holder: Holder, lie: str) -> None:
    client = holder.browser()
    holder.device = dataclasses.replace(holder.device, **LIES[lie])
    answer = holder.enter(client)
    assert answer.status_code == 422
    assert "This passkey was not accepted" in answer.text
    assert not is_in(client)


@pytest.mark.parametrize("lie", LIES)
def test_a_wrong_answer_registers_nothing(holder: Holder, lie: str) -> None:
    client = holder.browser()
    holder.enter(client)
    assert holder.add(client, device=Device(**LIES[lie])).status_code == 422
    assert len(holder.kept()) == 1


def test_a_question_is_answered_once_in_its_own_browser_and_for_its_own_purpose(holder: Holder) -> None:
    client, thief = holder.browser(), holder.browser()
    answer = holder.device.answer(ask(client, "/sign-in/passkey/challenge"))
    sent = {"passkey": answer}
    assert thief.post("/sign-in/passkey", data=sent, base_url=HTTPS).status_code == 422
    ask(thief, "/sign-in/passkey/challenge")
    assert thief.post("/sign-in/passkey", data=sent, base_url=HTTPS).status_code == 422
    assert client.post("/sign-in/passkey", data=sent, base_url=HTTPS).status_code == 303
    client.post("/sign-out", base_url=HTTPS)
    late = client.post("/sign-in/passkey", data=sent, base_url=HTTPS, headers=EN)
    assert late.status_code == 422
    assert "took too long" in late.text
    assert (is_in(client), is_in(thief)) == (False, False)

    holder.enter(client)
    question = ask(client, "/me/confirmation/challenge")
    ask(client, "/me/passkeys/challenge")
    made = Device().make(question | {"user": {"id": "AAAA"}})
    assert client.post("/me/passkeys", data={"passkey": made, "name": "x"}, base_url=HTTPS).status_code == 422


def test_a_question_is_kept_for_five_minutes(holder: Holder) -> None:
    client = holder.browser()
    before = set(holder.runtime.valkey.keys("unisson:passkeys:*"))
    answer = holder.device.answer(ask(client, "/sign-in/passkey/challenge"))
    (kept,) = set(holder.runtime.valkey.keys("unisson:passkeys:*")) - before
    assert 290 < holder.runtime.valkey.ttl(kept) <= 300
    holder.runtime.valkey.delete(kept)  # as if they had passed
    assert client.post("/sign-in/passkey", data={"passkey": answer}, base_url=HTTPS).status_code == 422


def test_another_person_s_passkey_is_no_second_step_and_confirms_nothing(holder: Holder, runtime: Runtime) -> None:
    other = Holder(holder.app, runtime, holder.world, "rp")
    theirs = other.browser()
    other.sign_in(theirs)
    other.add(theirs)
    client = holder.browser()
    holder.sign_in(client)
    question = ask(client, "/sign-in/second-step/challenge") | {"allowCredentials": []}
    answer = {"passkey": other.device.answer(question)}
    assert client.post("/sign-in/second-step", data=answer, base_url=HTTPS).status_code == 422
    assert not is_in(client)

    holder.enter(client)
    holder.leave_open()
    question = ask(client, "/me/confirmation/challenge") | {"allowCredentials": []}
    answer = {"confirmation-passkey": other.device.answer(question)}
    assert client.post("/me/confirmation", data=answer, base_url=HTTPS).status_code == 422
    mine, handle = next(iter(holder.device.keys)), next(iter(other.device.handles.values()))
    assert holder.enter(holder.browser(), number=mine, handle=handle).status_code == 422
    removal = f"/me/passkeys/{holder.kept()[0].id}/removal"
    assert theirs.post(removal, base_url=HTTPS).status_code == 404
    assert len(holder.kept()) == 1


def test_a_removed_one_opens_nothing_and_the_last_one_turns_the_second_step_off(holder: Holder) -> None:
    client, second = holder.browser(), Device()
    holder.enter(client)
    holder.add(client, "Clé USB", second)
    first, usb = holder.kept()
    assert client.post(f"/me/passkeys/{first.id}/removal", base_url=HTTPS).status_code == 303
    assert holder.enter(holder.browser()).status_code == 422
    assert holder.sign_in(holder.browser()) == "/sign-in/second-step"
    assert client.post(f"/me/passkeys/{usb.id}/removal", base_url=HTTPS).status_code == 303
    assert holder.sign_in(holder.browser()) == "/"
    assert holder.letters() == ["passkey_added", "passkey_added", "passkey_removed", "factor_off"]
    with holder.runtime.database.everywhere() as session:
        assert session.scalars(select(RecoveryCode).where(RecoveryCode.identity_id == holder.id)).all() == []


def test_who_is_disabled_does_not_come_in(holder: Holder) -> None:
    with holder.runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == holder.id).values(disabled_at=utcnow()))
    assert holder.enter(holder.browser()).status_code == 422


def test_a_copy_is_noticed_stopped_and_told(holder: Holder) -> None:
    copy = dataclasses.replace(holder.device, uses=dict(holder.device.uses))
    holder.enter(holder.browser())
    holder.device, own = copy, holder.device
    client = holder.browser()
    refused = holder.enter(client)
    assert refused.status_code == 422
    assert "as if there were a copy" in refused.text
    assert not is_in(client)
    holder.device = own
    assert holder.enter(holder.browser()).status_code == 422  # nobody can tell any more which one is whose
    assert holder.letters()[-1] == "passkey_copied"
    assert holder.sign_in(client) == "/sign-in/second-step"  # the password alone is not enough for that
    assert "Type one of your recovery codes." in client.get("/sign-in/second-step", base_url=HTTPS, headers=EN).text
    assert step(client, holder.codes[0]).status_code == 303
    assert "Stopped: there seems" in client.get("/me/second-factor", base_url=HTTPS).text
    assert client.post(f"/me/passkeys/{holder.kept()[0].id}/removal", base_url=HTTPS).status_code == 303
    assert holder.sign_in(holder.browser()) == "/"


def test_a_forged_count_stops_nothing(holder: Holder) -> None:
    """Who has no key can't have somebody's passkey stopped."""
    client, number = holder.browser(), next(iter(holder.device.keys))
    holder.enter(holder.browser())
    forger = Device(keys={number: Device().keys.get(number) or _another_key()}, uses={number: -1})
    forger.handles = holder.device.handles
    answer = forger.answer(ask(client, "/sign-in/passkey/challenge"))
    assert client.post("/sign-in/passkey", data={"passkey": answer}, base_url=HTTPS).status_code == 422
    assert holder.kept()[0].copied_at is None
    assert holder.enter(client).status_code == 303


def _another_key() -> Any:
    device = Device()
    device.make({"user": {"id": "AAAA"}, "challenge": "AAAA"})
    return next(iter(device.keys.values()))


def test_a_device_that_does_not_count_is_no_copy(app: Flask, runtime: Runtime, world: World) -> None:
    somebody = Holder(app, runtime, world)
    somebody.device = Device(counts=False)
    client = somebody.browser()
    somebody.sign_in(client)
    somebody.add(client)
    assert [somebody.enter(somebody.browser()).status_code for _ in range(3)] == [303, 303, 303]


JUNK = [
    "", "null", "[]", "{}", "{", "[" * 19_000, "x" * 30_000, '{"id": 1}', '{"id":"a","rawId":"é","type":"public-key"}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"AA","signature":"AA","userHandle":"A"}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"n5-fn5-f"}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":[]}', '"\\ud800"', "\x00", '{"id":"\\u0000","rawId":"AA"}',
]  # fmt: skip


def test_whatever_is_sent_is_refused_in_words(holder: Holder) -> None:
    client, inside = holder.browser(), holder.browser()
    holder.enter(inside)
    for junk in JUNK:
        ask(client, "/sign-in/passkey/challenge")
        refused = client.post("/sign-in/passkey", data={"passkey": junk}, base_url=HTTPS)
        assert refused.status_code == 422, junk[:80]
        ask(inside, "/me/passkeys/challenge")
        refused = inside.post("/me/passkeys", data={"passkey": junk, "name": "x"}, base_url=HTTPS)
        assert refused.status_code == 422, junk[:80]
    assert inside.post("/me/passkeys", data={"passkey": "{}", "name": ""}, base_url=HTTPS).status_code == 422
    right = json.loads(holder.device.answer(ask(client, "/sign-in/passkey/challenge")))
    for part in right["response"]:
        broken = right | {"response": right["response"] | {part: "AAAA"}}
        assert client.post("/sign-in/passkey", data={"passkey": json.dumps(broken)}, base_url=HTTPS).status_code == 422
    assert not is_in(client)
    assert len(holder.kept()) == 1


def test_there_are_twenty_at_most_and_one_is_kept_once(holder: Holder) -> None:
    client = holder.browser()
    holder.enter(client)
    with holder.runtime.database.everywhere() as session:
        session.add_all(
            Passkey(identity_id=holder.id, credential_id=bytes([n]) * 9 + holder.id.bytes, public_key=b"x", sign_count=0,
                    transports=[], name=f"{n}", is_synced=False)
            for n in range(18)
        )  # fmt: skip
    device = Device()
    asked = ask(client, "/me/passkeys/challenge")
    made = device.make(asked)
    assert client.post("/me/passkeys", data={"passkey": made, "name": "20"}, base_url=HTTPS).status_code == 303
    assert holder.add(client, device=Device()).status_code == 422
    assert len(holder.kept()) == 20


def test_an_agency_that_asks_for_a_second_step_takes_a_passkey(app: Flask, runtime: Runtime, world: World) -> None:
    desk, owner = Desk(app, runtime, world), Holder(app, runtime, world, "owner")
    desk.speak_english()
    client = owner.browser()
    owner.sign_in(client)
    owner.add(client)
    asked = client.post(f"/{world.slug}/settings/second-step", data={"since": str(today())}, base_url=HTTPS)
    assert asked.status_code == 303
    assert client.get(f"/{world.slug}/brands", base_url=HTTPS).status_code == 200
    assert desk.get("cm", "/brands").status_code == 303
    assert "1 member has one." in client.get(f"/{world.slug}/settings", base_url=HTTPS).text
    with runtime.database.everywhere() as session:
        session.execute(update(Passkey).where(Passkey.identity_id == owner.id).values(copied_at=utcnow()))
    assert client.get(f"/{world.slug}/brands", base_url=HTTPS).status_code == 303


def test_while_valkey_is_away_the_password_still_lets_in(runtime: Runtime, world: World) -> None:
    alone = create_app(runtime=dataclasses.replace(runtime, valkey=connect_valkey("redis://127.0.0.1:1/0")))
    alone.config["WTF_CSRF_ENABLED"] = False
    somebody = Holder(alone, runtime, world)
    client = somebody.browser()
    refused = client.post("/sign-in/passkey/challenge", base_url=HTTPS, headers=JSON | EN)
    assert refused.status_code == 422
    assert refused.json["message"].startswith("Passkeys can't be used")
    assert somebody.sign_in(client) == "/"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://unisson.example", Site("unisson.example", "https://unisson.example")),
        ("https://Unisson.example:8443", Site("unisson.example", "https://Unisson.example:8443")),
        ("http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000", None),
        ("http://[::1]:8000", None),
    ],
)
def test_passkeys_are_of_the_product_s_own_address(address: str, expected: Site | None) -> None:
    assert site_of(address) == expected
