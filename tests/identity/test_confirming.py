"""Dangerous acts are asked twice of a sign-in that was not confirmed lately, and nothing typed is lost by that."""

import html
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from support.desk import HTTPS, Desk
from support.world import World

from tenants.base import utcnow
from tenants.identities import Identity, SecondFactor, SignIn
from tenants.members import Membership
from unisson.identity import accounts
from unisson.identity.passwords import keeper
from unisson.runtime import Runtime
from unisson.vault import token_hash

PASSWORD = "quatre bateaux rentrent au port 58"


class Office(Desk):
    """A desk whose owner has a password and left their browser open."""

    @property
    def owner(self) -> FlaskClient:
        return self.browser("owner")

    def settle_in(self) -> None:
        self.speak_english()
        with self.runtime.database.everywhere() as session:
            stored = keeper(self.runtime.settings).hash(PASSWORD)
            mine = Identity.id == self.world.people["owner"].identity_id
            session.execute(update(Identity).where(mine).values(password_hash=stored))

    def leave_open(self, minutes: float = 16) -> None:
        """Let the time pass since the owner has shown who they are."""
        with self.runtime.database.everywhere() as session:
            mine = SignIn.identity_id == self.world.people["owner"].identity_id
            session.execute(update(SignIn).where(mine).values(confirmed_at=utcnow() - timedelta(minutes=minutes)))

    def set_up_phone(self) -> pyotp.TOTP:
        secret, mine = pyotp.random_base32(), self.world.people["owner"].identity_id
        with self.runtime.database.everywhere() as session:
            sealed = self.runtime.vault.seal({"totp": secret})
            session.add(SecondFactor(id=mine, identity_id=mine, secret=sealed, confirmed_at=utcnow()))
        return pyotp.TOTP(secret)

    def role_of(self, who: str) -> str:
        with self.session() as session:
            wanted = select(Membership.agency_role).where(Membership.id == self.world.people[who].membership_id)
            return session.scalar(wanted)

    def promote(self, **more: str):
        """Send the form that makes a member an administrator."""
        path = f"/{self.world.slug}/team/{self.world.people['member'].membership_id}/role"
        return path, self.owner.post(path, data={"agency_role": "admin"} | more, base_url=HTTPS)


@pytest.fixture
def office(app: Flask, runtime: Runtime, world: World) -> Office:
    made = Office(app, runtime, world)
    made.settle_in()
    return made


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


def confirm(client: FlaskClient, to: str = "", **typed: str):
    data = {f"confirmation-{name}": value for name, value in typed.items()} | {"next": to}
    return client.post("/me/confirmation", data=data, base_url=HTTPS)


def test_a_sign_in_counts_as_confirmed_for_a_quarter_of_an_hour(office: Office) -> None:
    office.leave_open(14.5)
    assert office.promote()[1].status_code == 303
    assert office.role_of("member") == "admin"
    office.leave_open(15.1)
    assert office.owner.post("/me/second-factor", base_url=HTTPS).status_code == 403


def test_a_form_that_was_open_too_long_goes_on_with_what_was_typed(office: Office) -> None:
    office.leave_open()
    number = "7b7de0f2-7b5c-4d39-9d9f-3b6b3f0f3a51"
    path, asked = office.promote(operation_id=number, note='deux\nlignes "entre" <guillemets>')
    assert (asked.status_code, office.role_of("member")) == (403, "member")
    kept = hidden(asked.text)
    assert (kept["agency_role"], kept["operation_id"]) == ("admin", number)
    assert "&lt;guillemets&gt;</textarea>" in asked.text
    assert f'action="{path}"' in asked.text

    wrong = office.owner.post(path, data=kept | {"confirmation-present": "non"}, base_url=HTTPS)
    assert wrong.status_code == 422
    assert "That is not your present password." in wrong.text
    assert hidden(wrong.text)["agency_role"] == "admin"
    assert "non" not in hidden(wrong.text).values()
    assert office.role_of("member") == "member"

    data = hidden(wrong.text) | {"confirmation-present": PASSWORD}
    again = office.owner.post(path, data=data, base_url=HTTPS)
    assert (again.status_code, again.location) == (307, path)
    assert office.role_of("member") == "member"
    assert office.owner.post(path, data=data, base_url=HTTPS).status_code == 303
    assert office.role_of("member") == "admin"


def test_a_page_is_asked_for_before_it_is_shown(office: Office) -> None:
    office.leave_open()
    page = f"/{office.world.slug}/brands/marque/channels/new?kind=bluesky"
    assert office.owner.get(page.replace("bluesky", "email"), base_url=HTTPS).status_code == 200
    led = office.owner.get(page, base_url=HTTPS)
    assert led.status_code == 303
    asked = office.owner.get(led.location, base_url=HTTPS)
    assert hidden(asked.text)["next"] == page
    assert confirm(office.owner, page).status_code == 422
    assert confirm(office.owner, page, present="non").status_code == 422
    answer = confirm(office.owner, page, present=PASSWORD)
    assert (answer.status_code, answer.location) == (303, page)
    assert office.owner.get(page, base_url=HTTPS).status_code == 200


@pytest.mark.parametrize(
    "to", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "/no/such"]
)
def test_it_leads_to_pages_of_ours_alone(office: Office, to: str) -> None:
    assert confirm(office.owner, to, present=PASSWORD).location == "/me"


def test_the_token_changes_and_the_old_one_is_worth_nothing(office: Office) -> None:
    held = office.world.people["owner"].token
    office.leave_open()
    assert confirm(office.owner, present=PASSWORD).status_code == 303
    thief = office.world.sign_in(office.app.test_client(), "owner")
    assert thief.get("/me", base_url=HTTPS).status_code == 303
    assert office.owner.get("/me", base_url=HTTPS).status_code == 200
    with office.runtime.database.everywhere() as session:
        assert session.scalar(select(SignIn.id).where(SignIn.token_hash == token_hash(held))) is None


def test_a_code_of_the_phone_does_as_well_and_counts_once(office: Office) -> None:
    phone = office.set_up_phone()
    office.leave_open()
    code = phone.now()
    assert confirm(office.owner, code="000000").status_code == 422
    assert confirm(office.owner, code=code).status_code == 303
    office.leave_open()
    assert confirm(office.owner, code=code).status_code == 422
    assert confirm(office.owner, present=PASSWORD).status_code == 303


def test_who_has_no_phone_set_up_gets_nowhere_with_a_code(office: Office) -> None:
    office.leave_open()
    assert confirm(office.owner, code="123456").status_code == 422
    assert office.owner.post("/me/second-factor", base_url=HTTPS).status_code == 403


def test_who_has_neither_signs_in_again(office: Office) -> None:
    with office.runtime.database.everywhere() as session:
        session.execute(
            update(Identity).values(password_hash=None).where(Identity.email == office.world.people["owner"].email)
        )
    office.leave_open()
    led = office.owner.post("/me/second-factor", base_url=HTTPS)
    assert "neither a password" in led.text
    assert confirm(office.owner, present="").status_code == 422
    out = office.owner.post("/sign-out", data={"next": "/me/second-factor"}, base_url=HTTPS)
    assert out.location == "/sign-in?next=/me/second-factor"


def test_guessing_is_slowed_down(office: Office, new_browser) -> None:
    client = office.world.sign_in(new_browser(), "owner")
    statuses = [client.post("/me/confirmation", data={"confirmation-present": f"{n}"}).status_code for n in range(12)]
    assert (statuses[0], statuses[-1]) == (422, 429)


def test_htmx_and_files_are_led_to_the_page_and_change_nothing(office: Office) -> None:
    office.leave_open()
    path, settings = f"/{office.world.slug}/settings/second-step", f"/{office.world.slug}/settings"
    partial = office.owner.post(
        path, base_url=HTTPS, headers={"HX-Request": "true", "HX-Current-URL": f"{HTTPS}{settings}"}
    )
    assert (partial.status_code, partial.headers["HX-Redirect"]) == (403, f"/me/confirmation?next={settings}")
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example//x"}
    assert office.owner.post(path, base_url=HTTPS, headers=elsewhere).headers["HX-Redirect"].endswith("?next=/me")
    sent = office.owner.post(
        path, data={"file": (BytesIO(b"x"), "x.csv")}, base_url=HTTPS, headers={"Referer": HTTPS + settings}
    )
    assert (sent.status_code, sent.location) == (303, f"/me/confirmation?next={settings}")


def test_only_powerful_invitations_are_asked_twice(office: Office) -> None:
    office.leave_open()
    path = f"/{office.world.slug}/team/invitations"
    typed = {"email": "nova@example.org", "name": "Nova", "brand": "", "brand_role": "cm"}
    assert office.owner.post(path, data=typed | {"agency_role": "admin"}, base_url=HTTPS).status_code == 403
    assert office.owner.post(path, data=typed | {"agency_role": "account_manager"}, base_url=HTTPS).status_code == 303


def test_a_mailed_link_opened_while_signed_in_confirms_nothing(office: Office, letters: Any) -> None:
    """Whoever found the browser open may have had the mail sent to its owner."""
    owner = office.world.people["owner"]
    with office.runtime.database.everywhere() as session:
        accounts.write_to(session, owner.identity_id, "verification")
    office.leave_open()
    link = f"/verification/{letters.token(owner.email, 'verification')}"
    assert office.owner.post(link, base_url=HTTPS).location == "/"
    assert office.owner.get("/me", base_url=HTTPS).status_code == 200
    assert office.owner.post("/me/second-factor", base_url=HTTPS).status_code == 403
