"""The page that says how an agency is guarded: what it shows, to whom, and at what cost."""

from datetime import timedelta

from support.desk import Desk
from support.statements import recorded

from tenants.base import new_id, utcnow
from tenants.identities import Identity, SecondFactor, SignIn
from tenants.members import Membership
from unisson.api import tokens
from unisson.runtime import Runtime
from unisson.vault import new_token, token_hash


def test_it_shows_who_and_what_gets_in(desk: Desk) -> None:
    desk.speak_english()
    cm = desk.world.people["cm"]
    with desk.runtime.database.everywhere() as session:
        session.add(SecondFactor(id=new_id(), identity_id=cm.identity_id, secret=b"x", confirmed_at=utcnow()))
    with desk.session() as session:
        _token, secret = tokens.make(
            session, desk.actor("cm"), name="Entrance wall", scopes=["brands:read"], days=30, for_agency=False
        )
    desk.get("owner", "/activity.csv")
    html = desk.get("owner", "/settings/security").text
    assert "10 members sign in without a second step" in html
    assert "Entrance wall" in html
    assert secret not in html
    assert "Salle de presse" in html
    assert "took the activity out as a file" in html
    assert cm.email not in html
    for role in ("account_manager", "cm", "client_approver"):
        assert desk.get(role, "/settings/security").status_code == 403


def test_it_costs_the_same_however_many_there_are(desk: Desk, runtime: Runtime) -> None:
    desk.get("owner", "/settings/security")
    with recorded(runtime) as few:
        assert desk.get("owner", "/settings/security").status_code == 200
    with desk.session() as session:
        for number in range(20):
            identity = Identity(email=f"{new_token()}@example.org".lower(), name=f"Person {number}")
            session.add(identity)
            session.flush()
            session.add(
                SignIn(
                    identity_id=identity.id, token_hash=token_hash(new_token()), ip="", user_agent="",
                    expires_at=utcnow() + timedelta(days=1),
                )
            )  # fmt: skip
            session.add(
                Membership(identity_id=identity.id, email=identity.email, name=identity.name, joined_at=utcnow())
            )
    with recorded(runtime) as many:
        assert "Person 19" in desk.get("owner", "/settings/security").text
    assert len(few) == len(many)
