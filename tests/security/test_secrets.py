"""How long, how random and how sealed what opens something is, and what a fault gives away."""

import base64
import smtplib
import time
import uuid
from datetime import timedelta

import pytest
from cryptography.fernet import InvalidToken
from flask import Flask
from sqlalchemy import select
from structlog.testing import capture_logs
from support.desk import HTTPS, Desk
from support.somebody import Somebody
from support.world import World

from tenants.base import utcnow
from tenants.errors import NotFoundError
from unisson.app import create_app
from unisson.config import SettingError, Settings
from unisson.live.tickets import Tickets
from unisson.mail_port import SmtpServer
from unisson.media import addresses
from unisson.notifications.models import Letter
from unisson.portal import codes
from unisson.portal.models import DeviceCode
from unisson.runtime import Runtime
from unisson.smtp import _sign_in
from unisson.vault import Vault, new_token, token_hash
from unisson.web.guards import public

KEY = "a secret key of more than thirty-two characters"


def test_tokens_are_256_random_bits() -> None:
    made = [new_token() for _ in range(500)]
    assert len(set(made)) == len(made)
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in made} == {32}
    assert len(token_hash(made[0])) == 32


def test_what_is_sealed_can_t_be_altered() -> None:
    sealed = Vault(KEY).seal({"password": "hunter2"})
    assert b"hunter2" not in base64.urlsafe_b64decode(sealed)
    raw = base64.urlsafe_b64decode(sealed)
    for place in range(len(raw)):
        altered = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(InvalidToken):
            Vault(KEY).open(base64.urlsafe_b64encode(altered))
    with pytest.raises(InvalidToken):
        Vault(KEY + "x").open(sealed)
    assert Vault(KEY).seal({"password": "hunter2"}) != sealed


def test_what_is_signed_for_one_thing_is_nothing_elsewhere(app: Flask) -> None:
    key = str(app.secret_key)
    ticket = Tickets(key).give(uuid.uuid4(), uuid.uuid4(), [])
    until = int(time.time()) + 100
    address = addresses.signed(key, addresses.Address(uuid.uuid4(), "a" * 64, "image/png", until))
    cookies = app.session_interface.get_signing_serializer(app)
    cookie = cookies.dumps({"_user_id": "x"})
    assert Tickets(key).read(ticket, time.time()) is not None
    assert addresses.read(key, address, time.time()).until == until
    for other in (address, cookie):
        assert Tickets(key).read(other, time.time()) is None
    for other in (ticket, cookie):
        with pytest.raises(NotFoundError):
            addresses.read(key, other, time.time())
    for other in (ticket, address):
        client = app.test_client()
        client.set_cookie("__Host-unisson", other, domain="localhost")
        assert client.get("/me", base_url=HTTPS).status_code == 303


def test_a_mailed_code_is_good_for_ten_minutes(desk: Desk) -> None:
    person = desk.world.people["client_approver"].membership_id
    with desk.session() as session, desk.app.app_context():
        _code, asked = codes.ask_for(session, person, desk.world.brand_id)
        letter = session.scalars(select(Letter).where(Letter.kind == "device_code")).one()
        digits = codes.mint(session, letter)
        code = session.scalars(select(DeviceCode)).one()
        assert code.expires_at is not None
        assert code.expires_at - utcnow() <= timedelta(minutes=10)
        assert len(digits) == 6
        code.expires_at = utcnow()
        assert codes.check(session, person, digits, asked) is codes.Outcome.OVER


def test_a_recovery_code_has_80_random_bits(app: Flask, runtime: Runtime, world: World) -> None:
    somebody = Somebody(app, runtime, world)
    client = somebody.browser()
    somebody.sign_in(client)
    made = [base64.b32decode(code.replace("-", "")) for code in somebody.turn_on(client)]
    assert [len(code) * 8 for code in made] == [80] * 10
    assert len(set(made)) == 10


def test_no_password_goes_to_a_mail_server_in_the_clear() -> None:
    with pytest.raises(smtplib.SMTPNotSupportedError, match="no encryption"):
        _sign_in(smtplib.SMTP(), SmtpServer("mail.example.org", 587, "user", "hunter2"))


def test_a_mailbox_elsewhere_wants_tls() -> None:
    with pytest.raises(SettingError, match="imaps://"):
        Settings.from_environ({"SECRET_KEY": KEY, "INBOUND_MAIL_URL": "imap://u:p@mail.example.org"})


def test_a_fault_shows_a_number_and_nothing_else(runtime: Runtime) -> None:
    app = create_app(runtime=runtime)

    @public
    def boom() -> str:
        password = "hunter2"
        raise LookupError(f"no row of {password} in app.identities")

    app.add_url_rule("/boom", view_func=boom)
    with capture_logs() as lines:
        answer = app.test_client().get("/boom", base_url=HTTPS)
    assert answer.status_code == 500
    (line,) = [each for each in lines if each["event"] == "request.failed"]
    assert line["reference"] in answer.text
    assert isinstance(line["exc_info"], LookupError)
    assert not any(word in answer.text for word in ("Traceback", "hunter2", "LookupError", "app.identities", ".py"))
