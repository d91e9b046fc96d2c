"""By the provider alone: a password opens everything but the agency that says so, and nobody locks everybody out."""

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sign_on.conftest import SignOn
from sqlalchemy import select, update
from support.desk import HTTPS
from support.statements import recorded
from support.world import World, build_world

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.identities import Identity, Seat
from tenants.members import Membership
from unisson.activity.models import Event

WHERE = "/settings/sign-on/requirement"


def keyholder(sign_on: SignOn, role: str = "owner") -> str:
    return str(sign_on.desk.world.people[role].membership_id)


def require(sign_on: SignOn, role: str = "owner", *keyholders: str):
    return sign_on.desk.post(role, WHERE, {"keyholders": list(keyholders or [keyholder(sign_on)])})


@pytest.fixture
def required(sign_on: SignOn) -> SignOn:
    """The agency lets its people in by the provider alone, and its owner by a password too."""
    for role in ("owner", "admin", "cm", "client_approver"):
        sign_on.give_password(role)
    assert require(sign_on).status_code == 303
    return sign_on


def opens(sign_on: SignOn, client: FlaskClient, path: str = "/brands") -> bool:
    answer = client.get(sign_on.desk.path(path), base_url=HTTPS)
    if answer.status_code == 303:
        assert answer.location.startswith(sign_on.path())
    return answer.status_code == 200


def elsewhere(sign_on: SignOn, role: str) -> World:
    """Another agency, where this person works too."""
    other = build_world(sign_on.desk.runtime, "Ailleurs")
    with sign_on.desk.runtime.database.agency(other.agency_id) as session:
        identity_id = sign_on.identity(role)
        session.add(
            Membership(identity_id=identity_id, email=f"{uuid.uuid4().hex}@x.org", name="X", joined_at=utcnow())
        )
        session.add(Seat(identity_id=identity_id, agency_id=other.agency_id))
    return other


def test_a_password_opens_the_others_and_not_this_one(required: SignOn) -> None:
    other = elsewhere(required, "cm")
    client = required.by_password("cm")
    assert not opens(required, client)
    assert client.get(f"/{other.slug}/brands", base_url=HTTPS).status_code == 200
    posted = client.post(required.desk.path("/team/invitations"), base_url=HTTPS)
    assert posted.location.startswith(required.path())
    fragment = client.get(required.desk.path("/brands"), base_url=HTTPS, headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert fragment.headers["HX-Redirect"].startswith(required.path())


def test_who_was_in_by_a_password_is_asked_with_the_next_page(required: SignOn) -> None:
    assert not opens(required, required.desk.browser("cm"))
    with required.desk.session() as session:
        came = session.scalars(select(Event.verb).where(Event.actor_id == uuid.UUID(keyholder(required, "cm")))).all()
        assert "person.signed_in" not in came


def test_the_way_in_is_to_link_once(required: SignOn) -> None:
    client = required.by_password("cm")
    page = client.get(required.path(), base_url=HTTPS).text
    assert "Link Le portail to my account" in page
    required.desk.browsers["cm"] = client
    required.link("cm")
    assert opens(required, client)
    fresh = required.desk.app.test_client()
    required.enter(fresh)
    assert opens(required, fresh)


def test_the_owner_who_holds_the_key_comes_in_when_the_provider_is_down(required: SignOn) -> None:
    client = required.by_password("owner")
    assert opens(required, client)
    assert client.post(required.desk.path(f"{WHERE}/removal"), base_url=HTTPS).status_code == 303
    assert opens(required, required.by_password("cm"))


def test_clients_are_not_concerned(required: SignOn) -> None:
    assert opens(required, required.by_password("client_approver"))


def test_support_that_the_agency_lets_in_comes_in(required: SignOn) -> None:
    with required.desk.session() as session:
        mine = update(Membership).where(Membership.identity_id == required.identity("cm"))
        session.execute(mine.values(agency_role="support", ends_at=utcnow() + timedelta(hours=1)))
    assert opens(required, required.by_password("cm"))


def test_nobody_requires_what_would_shut_everybody_out(sign_on: SignOn) -> None:
    answer = require(sign_on)
    assert answer.status_code == 422, "no owner has a password"
    assert "at least one owner" in answer.text
    for role in ("owner", "admin"):
        sign_on.give_password(role)
    for wrong in (keyholder(sign_on, "admin"), str(uuid.uuid4()), "x", ""):
        assert require(sign_on, "owner", wrong).status_code == 422
    answer = require(sign_on, "admin")
    assert answer.status_code == 422
    assert "Come in by the provider yourself" in answer.text
    sign_on.link("admin")
    assert require(sign_on, "admin").status_code == 303


def test_it_takes_a_provider_that_is_on(sign_on: SignOn) -> None:
    sign_on.give_password("owner")
    where = f"/settings/sign-on/{sign_on.provider_id}"
    assert sign_on.desk.post("owner", f"{where}/suspension").status_code == 303
    assert "Add a provider first" in require(sign_on).text


def test_the_last_provider_stays_while_it_is_required(required: SignOn) -> None:
    where = f"/settings/sign-on/{required.provider_id}"
    for act in ("suspension", "removal"):
        answer = required.desk.post("owner", f"{where}/{act}")
        assert answer.status_code == 422
        assert "by this provider alone" in answer.text
    assert required.desk.post("owner", f"{WHERE}/removal").status_code == 303
    assert required.desk.post("owner", f"{where}/removal").status_code == 303


def test_the_last_keyholder_stays_one(required: SignOn) -> None:
    cm = uuid.UUID(keyholder(required, "cm"))
    with required.desk.session() as session:  # a second owner, who holds no key
        session.execute(update(Membership).where(Membership.id == cm).values(agency_role="owner"))
    for act, about in (("role", {"agency_role": "admin"}), ("removal", {})):
        answer = required.desk.post("owner", f"/team/{keyholder(required)}/{act}", about)
        assert answer.status_code == 422, act
        assert "only owner who may always use their password" in answer.text
    assert require(required, "owner", keyholder(required), str(cm)).status_code == 303
    assert required.desk.post("owner", f"/team/{cm}/role", {"agency_role": "admin"}).status_code == 303
    with required.desk.session() as session:
        assert not session.get_one(Membership, (session.agency_id, cm)).breaks_glass


def test_it_is_asked_for_in_no_further_statement(required: SignOn) -> None:
    client = required.by_password("owner")
    client.get(required.desk.path("/brands"), base_url=HTTPS)
    with recorded(required.desk.runtime) as asked:
        client.get(required.desk.path("/brands"), base_url=HTTPS)
    count = len(asked)
    with required.desk.session() as session:
        session.execute(update(Agency).values(sign_on_from=None))
    with recorded(required.desk.runtime) as asked:
        client.get(required.desk.path("/brands"), base_url=HTTPS)
    assert len(asked) == count


def test_a_second_step_of_the_agency_is_asked_of_passwords_alone(required: SignOn) -> None:
    required.link("cm")
    with required.desk.session() as session:
        session.execute(update(Agency).values(second_step_from=utcnow()))
    client = required.desk.app.test_client()
    required.enter(client)
    assert opens(required, client)
    owner = required.by_password("owner").get(required.desk.path("/brands"), base_url=HTTPS)
    assert owner.location.startswith("/me/second-factor")


def test_who_has_no_password_confirms_by_coming_in_again(required: SignOn) -> None:
    required.link("admin")
    with required.desk.runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == required.identity("admin")).values(password_hash=None))
    client = required.desk.app.test_client()
    required.enter(client)
    assert client.get(required.desk.path("/settings/sign-on/new?kind=google"), base_url=HTTPS).status_code == 200
