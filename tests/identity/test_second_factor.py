"""The second step: a code counts once and about now, recovery codes once, and no way in goes round it."""

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support.desk import HTTPS, Desk, today
from support.somebody import Somebody, is_in, step
from support.world import World

from tenants.base import new_id
from tenants.errors import RefusedError
from tenants.identities import Identity, IdentityLetter, RecoveryCode, SecondFactor
from unisson.app import create_app
from unisson.identity import factors
from unisson.identity.passwords import keeper
from unisson.runtime import Runtime
from unisson.vault import Vault, token_hash

NOON = datetime(2027, 3, 1, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def somebody(app: Flask, runtime: Runtime, world: World) -> Somebody:
    return Somebody(app, runtime, world)


@pytest.fixture
def protected(somebody: Somebody) -> Somebody:
    client = somebody.browser()
    somebody.sign_in(client)
    somebody.codes = somebody.turn_on(client)
    return somebody


def test_it_is_asked_for_after_the_password_and_leads_on(protected: Somebody) -> None:
    client = protected.browser()
    wanted = f"/{protected.world.slug}/brands"
    assert protected.sign_in(client, wanted) == "/sign-in/second-step"
    assert not is_in(client)
    assert client.get("/sign-in/second-step", base_url=HTTPS).status_code == 200
    answer = step(client, f" {protected.code()[:3]} {protected.code()[3:]} ")
    assert (answer.status_code, answer.location) == (303, wanted)
    assert is_in(client)


def test_turning_it_on_signs_out_who_passed_by_the_password_alone(somebody: Somebody) -> None:
    old, client = somebody.browser(), somebody.browser()
    somebody.sign_in(old)
    somebody.sign_in(client)
    codes = somebody.turn_on(client)
    assert len(set(codes)) == 10
    assert is_in(client)
    assert not is_in(old)


def test_a_code_counts_once_even_for_two_at_once(protected: Somebody) -> None:
    code = protected.code()
    vault, database = protected.runtime.vault, protected.runtime.database

    def spend(_number: int) -> bool:
        try:
            with database.everywhere() as session:
                factors.check(session, protected.id, code, vault, keeper(protected.runtime.settings))
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(spend, range(4))) == [False, False, False, True]
    client = protected.browser()
    protected.sign_in(client)
    answer = step(client, code)
    assert answer.status_code == 422
    assert "used already" in answer.text


def spend(somebody: Somebody, session: Session, code: str) -> bool:
    runtime = somebody.runtime
    return factors.check(session, somebody.id, code, runtime.vault, keeper(runtime.settings))


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [(-1, ""), (0, ""), (1, ""), (-2, "minutes off"), (2, "minutes off"), (9, "minutes off"), (-40, "not right"), (40, "not right")],
)  # fmt: skip
def test_a_clock_half_a_minute_off_counts_and_one_that_is_minutes_off_is_told(
    somebody: Somebody, steps: int, sentence: str
) -> None:
    client = somebody.browser()
    with time_machine.travel(NOON, tick=False):
        somebody.secret = pyotp.random_base32()
        with somebody.runtime.database.everywhere() as session:
            session.add(
                SecondFactor(
                    id=somebody.id, identity_id=somebody.id, confirmed_at=NOON,
                    secret=somebody.runtime.vault.seal({"totp": somebody.secret}),
                )
            )  # fmt: skip
        code = pyotp.TOTP(somebody.secret).at(NOON + timedelta(seconds=30 * steps))
        with somebody.runtime.database.everywhere() as session:
            if not sentence:
                assert spend(somebody, session, code) is False
                return
            with pytest.raises(RefusedError) as refused:
                spend(somebody, session, code)
        with somebody.app.test_request_context(headers={"Accept-Language": "en"}):
            assert sentence in str(refused.value.sentence)
    assert not is_in(client)


def test_a_recovery_code_lets_in_once_and_is_told_by_mail(protected: Somebody) -> None:
    spare = protected.codes[0]
    for expected in (303, 422):
        client = protected.browser()
        protected.sign_in(client)
        assert step(client, spare.lower().replace("-", " ")).status_code == expected
        assert is_in(client) is (expected == 303)
    with protected.runtime.database.everywhere() as session:
        purposes = session.scalars(
            select(IdentityLetter.purpose).where(IdentityLetter.identity_id == protected.id).order_by("created_at")
        ).all()
    assert purposes == ["factor_on", "recovery_used"]


def test_new_codes_end_the_old_and_turning_off_forgets_them(protected: Somebody) -> None:
    client = protected.browser()
    protected.sign_in(client)
    step(client, protected.code())
    shown = client.post("/me/second-factor/codes", base_url=HTTPS).text
    fresh = re.findall(r"<li><code>([A-Z2-7-]+)</code>", shown)
    assert not set(fresh) & set(protected.codes)
    other = protected.browser()
    protected.sign_in(other)
    assert step(other, protected.codes[3]).status_code == 422
    assert step(other, fresh[3]).status_code == 303
    assert client.post("/me/second-factor/removal", base_url=HTTPS).status_code == 303
    assert protected.sign_in(protected.browser()) == "/"


def test_a_forgotten_password_does_not_go_round_it(protected: Somebody, letters) -> None:
    client = protected.browser()
    client.post("/password-reset", data={"email": protected.email}, base_url=HTTPS)
    token = letters.token(protected.email, "password_reset")
    answer = client.post(
        f"/password-reset/{token}", data={"password": "sept marins boivent du cidre 21"}, base_url=HTTPS
    )
    assert (answer.status_code, answer.location) == (303, "/sign-in/second-step")
    assert not is_in(client)
    assert step(client, protected.code()).status_code == 303
    assert is_in(client)


def test_the_second_step_alone_opens_nothing_and_does_not_wait_for_ever(protected: Somebody) -> None:
    stranger = protected.browser()
    assert stranger.get("/sign-in/second-step", base_url=HTTPS).location == "/sign-in"
    assert step(stranger, protected.code()).location == "/sign-in"
    client = protected.browser()
    protected.sign_in(client)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        assert step(client, "000000").location == "/sign-in"


def test_guessing_is_slowed_down(protected: Somebody) -> None:
    client = protected.browser()
    protected.sign_in(client)
    statuses = [step(client, f"{number:06}").status_code for number in range(12)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert not is_in(client)


def test_recovery_codes_are_kept_by_a_slow_hash_and_those_of_before_still_count(protected: Somebody) -> None:
    old = "AAAABBBBCCCCDDDD"
    with protected.runtime.database.everywhere() as session:
        mine = select(RecoveryCode).where(RecoveryCode.identity_id == protected.id)
        kept = session.scalars(mine).all()
        assert len({each.salt for each in kept}) == 1
        assert all(len(each.salt or b"") == 16 for each in kept)
        slow = keeper(protected.runtime.settings)
        assert {each.code_hash for each in kept} == {
            slow.digest(f"{protected.id}:{code.replace('-', '')}", bytes(kept[0].salt or b""))
            for code in protected.codes
        }
        before = token_hash(f"{protected.id}:{old}")
        session.add(RecoveryCode(id=new_id(), identity_id=protected.id, code_hash=before))
    for code in (old, protected.codes[3]):
        for expected in (303, 422):
            client = protected.browser()
            protected.sign_in(client)
            assert step(client, code).status_code == expected


def test_nothing_of_it_stands_in_the_database_as_it_is(protected: Somebody) -> None:
    with protected.runtime.database.everywhere() as session:
        factor = session.scalars(select(SecondFactor).where(SecondFactor.identity_id == protected.id)).one()
        assert protected.secret.encode() not in factor.secret
        rows = session.connection().exec_driver_sql("select r::text from app.recovery_codes r").scalars().all()
    assert not any(code.replace("-", "") in row for code in protected.codes for row in rows)


@pytest.mark.parametrize("code", ["", "x" * 41, "123", "éàü", "½23456", "<b>1</b>", "１２３４５６"])
def test_whatever_is_typed_is_refused_in_words(protected: Somebody, code: str) -> None:
    client = protected.browser()
    protected.sign_in(client)
    answer = step(client, code)
    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_a_set_up_that_was_left_is_over_and_two_clicks_begin_one(somebody: Somebody) -> None:
    client = somebody.browser()
    somebody.sign_in(client)
    database, vault = somebody.runtime.database, somebody.runtime.vault

    def begin(_number: int) -> None:
        with database.everywhere() as session:
            factors.begin(session, somebody.id, vault)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(begin, range(4)))
    with database.everywhere() as session:
        factor = session.scalars(select(SecondFactor).where(SecondFactor.identity_id == somebody.id)).one()
        secret = vault.open(factor.secret)["totp"]
        factor.created_at = datetime.now(UTC) - timedelta(minutes=16)
    assert secret not in client.get("/me/second-factor", base_url=HTTPS).text
    code = pyotp.TOTP(secret).now()
    late = client.post("/me/second-factor/confirmation", data={"code": code}, base_url=HTTPS)
    assert late.status_code == 422
    somebody.turn_on(client)


def test_who_is_disabled_between_the_steps_does_not_come_in(protected: Somebody) -> None:
    client = protected.browser()
    protected.sign_in(client)
    with protected.runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == protected.id).values(disabled_at=NOON))
    assert step(client, protected.code()).location == "/sign-in"
    assert not is_in(client)


def ask(desk: Desk, since: str, role: str = "owner"):
    return desk.post(role, "/settings/second-step", {"since": since})


def has_one(desk: Desk, role: str) -> None:
    identity_id = desk.world.people[role].identity_id
    with desk.runtime.database.everywhere() as session:
        session.add(SecondFactor(id=identity_id, identity_id=identity_id, secret=b"x", confirmed_at=NOON))


def test_an_agency_asks_its_people_for_it_from_a_day_on(app: Flask, runtime: Runtime, world: World) -> None:
    desk = Desk(app, runtime, world)
    desk.speak_english()
    refused = ask(desk, str(today()))
    assert refused.status_code == 422
    assert "shut yourself out" in refused.text
    has_one(desk, "owner")
    for bad in ("2027-02-30", "demain", "0001-01-01"):
        assert ask(desk, bad).status_code == 422
    assert ask(desk, str(today()), "cm").status_code == 403
    assert ask(desk, str(today() + timedelta(days=1))).status_code == 303
    assert desk.get("cm", "/brands").status_code == 200  # there is time until then
    held = desk.get("cm", "/calendar?month=2027-01").headers["ETag"]
    assert ask(desk, str(today())).status_code == 303

    for answer in (
        desk.get("cm", "/brands"),
        desk.get("cm", "/calendar?month=2027-01", headers={"If-None-Match": held}),
        desk.post("cm", "/brands/marque/notes/new", {"title": "x"}),
    ):
        assert (answer.status_code, answer.location) == (303, f"/me/second-factor?asked={desk.world.slug}")
    partial = desk.get("cm", "/calendar?month=2027-01", headers={"HX-Request": "true"})
    assert partial.status_code == 403
    assert desk.get("owner", "/brands").status_code == 200
    assert desk.get("client_approver", "/approvals").status_code != 303 or "second" not in (
        desk.get("client_approver", "/approvals").location or ""
    )
    shown = desk.browser("cm").get(f"/me/second-factor?asked={desk.world.slug}", base_url=HTTPS)
    assert "Your agency asks for it" in shown.text
    has_one(desk, "cm")
    assert desk.get("cm", "/brands").status_code == 200
    assert ask(desk, "").status_code == 303
    assert desk.get("rp", "/brands").status_code == 200


def test_another_password_between_the_steps_ends_the_first(protected: Somebody) -> None:
    client = protected.browser()
    protected.sign_in(client)
    with protected.runtime.database.everywhere() as session:
        other = keeper(protected.runtime.settings).hash("sept marins boivent du cidre 21")
        session.execute(update(Identity).where(Identity.id == protected.id).values(password_hash=other))
    assert client.get("/sign-in/second-step", base_url=HTTPS).location == "/sign-in"
    assert step(client, protected.code()).location == "/sign-in"
    assert not is_in(client)


def test_under_another_secret_key_a_recovery_code_still_lets_in(protected: Somebody) -> None:
    """A server that lost its SECRET_KEY can't read the phones' secrets any more."""
    moved = create_app(runtime=dataclasses.replace(protected.runtime, vault=Vault("another-key-" + "0" * 32)))
    moved.config["WTF_CSRF_ENABLED"] = False
    protected.app = moved
    client = protected.browser()
    protected.sign_in(client)
    answer = step(client, protected.code())
    assert answer.status_code == 422
    assert "secrets under was changed" in answer.text
    assert step(client, protected.codes[0]).status_code == 303
    assert "Turn the codes off below" in client.get("/me/second-factor", base_url=HTTPS).text
    assert client.post("/me/second-factor/removal", base_url=HTTPS).status_code == 303
    protected.turn_on(client)


def test_a_set_up_begun_under_another_secret_key_is_begun_again(somebody: Somebody) -> None:
    client = somebody.browser()
    somebody.sign_in(client)
    with somebody.runtime.database.everywhere() as session:
        factors.begin(session, somebody.id, Vault("another-key-" + "0" * 32))
    assert client.get("/me/second-factor", base_url=HTTPS).status_code == 200
    assert client.post("/me/second-factor/confirmation", data={"code": "123456"}, base_url=HTTPS).status_code == 422
    somebody.turn_on(client)
