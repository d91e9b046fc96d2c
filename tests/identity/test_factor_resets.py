"""A lost phone: the agency asks, the person is told and waits a day, and nobody gets round the person by it."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update
from support.desk import HTTPS, Desk
from support.somebody import PASSWORD, Somebody, is_in, step
from support.world import World

from tenants.base import utcnow
from tenants.identities import FactorReset, IdentityLetter, Seat, SignIn
from tenants.members import Membership
from unisson.activity.models import Event
from unisson.cli import commands
from unisson.identity import rescue
from unisson.notifications.composing import compose_identity
from unisson.runtime import Runtime


class Shut(Somebody):
    """Somebody who set up the second step and lost their phone; the desk of their agency."""

    def __init__(self, app: Flask, runtime: Runtime, world: World, role: str = "cm") -> None:
        super().__init__(app, runtime, world, role)
        self.role, self.desk = role, Desk(app, runtime, world)
        self.desk.speak_english()
        self.phone_browser = self.browser()
        self.sign_in(self.phone_browser)
        self.codes = self.turn_on(self.phone_browser)

    def asked(self, by: str = "admin"):
        """Have somebody of the agency ask for the removal."""
        return self.desk.post(by, f"/team/{self.world.people[self.role].membership_id}/second-step-reset", {})

    def told(self, by: str = "admin") -> str:
        """Return the page that somebody who asked is led to."""
        assert self.asked(by).status_code == 303
        return self.desk.get(by, f"/team/{self.world.people[self.role].membership_id}").text

    def wait(self, hours: float) -> None:
        with self.runtime.database.everywhere() as session:
            ago = timedelta(hours=hours)
            session.execute(
                update(FactorReset)
                .where(FactorReset.identity_id == self.id)
                .values(opens_at=FactorReset.opens_at - ago, expires_at=FactorReset.expires_at - ago)
            )

    def carry_out(self, token: str, password: str = PASSWORD):
        return self.browser().post(
            f"/second-step-reset/{token}",
            data={"password": password},
            base_url=HTTPS,
            headers={"Accept-Language": "en"},
        )

    def trail(self) -> list[tuple[str, str]]:
        with self.desk.session() as session:
            wanted = select(Event.verb, Event.actor_name).where(Event.verb.like("person.second_step%"))
            return [(row.verb, row.actor_name) for row in session.execute(wanted.order_by(Event.at))]


@pytest.fixture
def shut(app: Flask, runtime: Runtime, world: World) -> Shut:
    return Shut(app, runtime, world)


def test_the_person_removes_it_a_day_later_by_link_and_password(shut: Shut, letters) -> None:
    assert shut.asked().status_code == 303
    assert shut.letters()[-1] == "factor_reset"
    token = letters.token(shut.email, "factor_reset")
    early = shut.browser().get(f"/second-step-reset/{token}", base_url=HTTPS, headers={"Accept-Language": "en"})
    assert "Come back at" in early.text
    assert shut.carry_out(token).status_code == 422
    assert is_in(shut.phone_browser)
    shut.wait(24.1)
    page = shut.browser().get(f"/second-step-reset/{token}", base_url=HTTPS).text
    assert 'type="password"' in page
    wrong = shut.carry_out(token, "non")
    assert wrong.status_code == 422
    assert "do not go together" in wrong.text
    assert shut.sign_in(shut.browser()) == "/sign-in/second-step"

    done = shut.carry_out(token)
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert not is_in(shut.phone_browser)
    assert shut.sign_in(shut.browser()) == "/"
    assert shut.letters()[-1] == "factor_gone"
    assert shut.carry_out(token).status_code == 410
    assert shut.trail() == [("person.second_step_reset_asked", "Admin"), ("person.second_step_reset", "Cm")]


@pytest.mark.parametrize("by", ["a code", "a recovery code", "the button"])
def test_whoever_still_has_it_stops_it(shut: Shut, letters, by: str) -> None:
    shut.asked()
    token = letters.token(shut.email, "factor_reset")
    shut.wait(25)
    client = shut.phone_browser
    if by == "the button":
        assert "Keep my second step" in client.get("/me/second-factor", base_url=HTTPS).text
        assert client.post("/me/second-factor/reset/withdrawal", base_url=HTTPS).status_code == 303
        assert client.post("/me/second-factor/reset/withdrawal", base_url=HTTPS).status_code == 404
    else:
        client = shut.browser()
        shut.sign_in(client)
        assert step(client, shut.code() if by == "a code" else shut.codes[0]).status_code == 303
    assert shut.carry_out(token).status_code == 410
    assert shut.sign_in(shut.browser()) == "/sign-in/second-step"
    assert shut.trail()[-1] == ("person.second_step_kept", "Cm")
    assert shut.asked().status_code == 303  # it can be asked for again


def test_not_while_the_sign_in_opens_another_agency(shut: Shut, letters, new_world: Callable[..., World]) -> None:
    other = new_world()
    with shut.runtime.database.everywhere() as session:
        session.add(Seat(identity_id=shut.id, agency_id=other.agency_id))
    assert "opens more than this agency" in shut.told()
    assert shut.letters()[-1] == "factor_on"
    with shut.runtime.database.everywhere() as session:
        session.delete(session.get_one(Seat, (shut.id, other.agency_id)))
    shut.asked()
    token = letters.token(shut.email, "factor_reset")
    shut.wait(25)
    with shut.runtime.database.everywhere() as session:
        session.add(Seat(identity_id=shut.id, agency_id=other.agency_id))  # since it was asked for
    assert shut.carry_out(token).status_code == 422
    assert shut.sign_in(shut.browser()) == "/sign-in/second-step"


def test_who_may_ask_and_for_whom(app: Flask, runtime: Runtime, world: World, shut: Shut) -> None:
    assert shut.asked("account_manager").status_code == 403
    assert shut.asked("rp").status_code == 403
    owner = Shut(app, runtime, world, "owner")
    assert "Only an owner" in owner.told("admin")
    path = f"/{world.slug}/team/{world.people['owner'].membership_id}/second-step-reset"
    own = owner.phone_browser.post(path, base_url=HTTPS, follow_redirects=True)
    assert "Your own second step" in own.text
    rp = f"/team/{world.people['rp'].membership_id}"
    assert shut.desk.post("admin", f"{rp}/second-step-reset", {}).status_code == 303
    assert "has no second step" in shut.desk.get("admin", rp).text
    assert shut.desk.post("admin", f"/team/{uuid.uuid4()}/second-step-reset", {}).status_code == 404
    assert shut.asked("admin").status_code == 303
    assert shut.letters()[-1] == "factor_reset"
    page = shut.told("admin")
    assert "asked for already" in page
    assert "Admin asked for its removal on" in page
    assert "second-step-reset" not in page
    assert "second-step-reset" not in shut.desk.get("admin", rp).text
    assert shut.letters().count("factor_reset") == 1


def test_the_agency_is_asked_again_who_it_is(shut: Shut) -> None:
    with shut.runtime.database.everywhere() as session:
        session.execute(
            update(SignIn)
            .where(SignIn.identity_id == shut.world.people["admin"].identity_id)
            .values(confirmed_at=utcnow() - timedelta(minutes=20))
        )
    assert shut.asked().status_code == 403
    assert shut.trail() == []


def test_after_a_week_it_is_over(shut: Shut, letters) -> None:
    shut.asked()
    token = letters.token(shut.email, "factor_reset")
    shut.wait(24 * 7 + 1)
    assert shut.carry_out(token).status_code == 410
    assert "Have it removed" in shut.desk.get("admin", f"/team/{shut.world.people['cm'].membership_id}").text
    assert shut.asked().status_code == 303


def test_who_left_the_agency_is_not_asked_for(shut: Shut) -> None:
    with shut.desk.session() as session:
        session.execute(update(Membership).where(Membership.identity_id == shut.id).values(removed_at=utcnow()))
    assert shut.asked().status_code == 404


def test_the_mail_says_who_asked_when_it_opens_and_how_to_stop_it(shut: Shut, worker: Runtime) -> None:
    shut.asked()
    with worker.database.everywhere() as session:
        letter = session.scalars(
            select(IdentityLetter).where(
                IdentityLetter.identity_id == shut.id, IdentityLetter.purpose == "factor_reset"
            )
        ).one()
        ready = compose_identity(session, letter, "https://unisson.example")
        said = str(ready)
        session.rollback()
    assert "Admin of Agence" in said
    assert "Sign in as always" in said
    assert "https://unisson.example/second-step-reset/" in said


def test_whoever_runs_the_server_can(shut: Shut) -> None:
    assert rescue.remove(shut.runtime.settings, f" {shut.email.upper()} ")
    assert not rescue.remove(shut.runtime.settings, shut.email)
    assert not rescue.remove(shut.runtime.settings, "nobody@example.org")
    assert not is_in(shut.phone_browser)
    assert shut.sign_in(shut.browser()) == "/"
    assert shut.letters()[-1] == "factor_gone"
    assert "EMAIL" in CliRunner().invoke(commands, ["remove-second-step", "--help"]).output
