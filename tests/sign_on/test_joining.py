"""Becoming a member by the provider: a new person, with a verified address of a domain that the agency holds."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sign_on.conftest import PASSWORD, SignOn
from sqlalchemy import select, update
from standins.names import StandInNames
from standins.oidc import StandInProvider
from support.desk import HTTPS, Desk
from support.letters import forget_what_others_wrote
from support.world import build_world

from tenants.base import utcnow
from tenants.domains import ClaimedMailDomain, MailDomain
from tenants.errors import RefusedError
from tenants.identities import Identity, IdentityLink, Seat
from tenants.members import BrandAssignment, Membership
from unisson.activity.models import Event
from unisson.agency.claims import record_name, record_text
from unisson.devmail.box import Mailbox
from unisson.notifications.post import send_due
from unisson.sign_on.exchange import Counterpart, Vouched, _is_verified
from unisson.sign_on.joining import join
from unisson.sign_on.providers import provider


def fresh() -> str:
    return f"agence-{uuid.uuid4().hex[:12]}.fr"


def row_of(desk: Desk, domain: str) -> MailDomain:
    with desk.session() as session:
        return session.scalars(select(MailDomain).where(MailDomain.domain == domain)).one()


def add(desk: Desk, domain: str) -> MailDomain:
    assert desk.post("owner", "/settings/sign-on/domains", {"domain": domain}).status_code == 303
    return row_of(desk, domain)


def verify(desk: Desk, row: MailDomain):
    return desk.post("owner", f"/settings/sign-on/domains/{row.id}/verification")


def held(desk: Desk, names: StandInNames) -> str:
    """A domain that the agency has shown to be its own."""
    row = add(desk, fresh())
    names.texts[record_name(row.domain)] = ["v=spf1 -all", record_text(row)]
    assert verify(desk, row).status_code == 303
    return row.domain


def letting_join(sign_on: SignOn, **more: object):
    about = {"joining": "y", "role": "member", "brand": str(sign_on.desk.world.brand_id), "brand_role": "cm", **more}
    return sign_on.desk.post("admin", f"/settings/sign-on/{sign_on.provider_id}/joining", about)


@pytest.fixture
def open_door(sign_on: SignOn, names: StandInNames) -> SignOn:
    """People may join; somebody new stands at the provider's door."""
    domain = held(sign_on.desk, names)
    assert letting_join(sign_on).status_code == 303
    sign_on.idp.email, sign_on.idp.email_verified = f"ada-{uuid.uuid4().hex[:8]}@{domain}", True
    return sign_on


def member(sign_on: SignOn) -> Membership | None:
    with sign_on.desk.session() as session:
        return session.scalars(select(Membership).where(Membership.email == sign_on.idp.email)).one_or_none()


def test_somebody_new_becomes_a_member_with_the_roles_to_begin_with(open_door: SignOn) -> None:
    client = open_door.desk.app.test_client()
    answer = open_door.enter(client, open_door.desk.path("/brands"))
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location, base_url=HTTPS).text
    assert "Marque" in page
    assert "Autre marque" not in page
    joined = member(open_door)
    assert joined is not None
    assert (joined.name, joined.agency_role) == ("Ada Nord", "member")
    with open_door.desk.session() as session:
        roles = session.scalars(select(BrandAssignment.role).where(BrandAssignment.membership_id == joined.id)).all()
        assert roles == ["cm"]
        person = session.get_one(Identity, joined.identity_id)
        assert person.password_hash is None
        assert session.get(Seat, (person.id, session.agency_id))
        verbs = session.scalars(select(Event.verb).where(Event.subject_id == joined.id)).all()
        assert "person.joined" in verbs
    again = open_door.enter()
    assert again.status_code == 303
    assert len(open_door.links()) == 1


NOBODY = {
    "an address that is not said to be verified": {"email_verified": None},
    "an address that is said not to be": {"email_verified": False},
    "verified by a word": {"email_verified": "true"},
    "verified by a number": {"email_verified": 1},
    "no address": {"email": None},
    "an address that is none": {"email": "ada"},
    "an address that is a list": {"email": ["ada@agence.fr"]},
    "another domain": {"email": "ada@example.org"},
    "a domain below it": {"email": "ada@sub.DOMAIN"},
    "a domain that ends like it": {"email": "ada@xDOMAIN"},
    "the domain before the sign": {"email": "DOMAIN@example.org"},
    "two signs": {"email": "ada@example.org@DOMAIN"},
    "a quoted sign": {"email": '"ada@example.org"@DOMAIN,x'},
    "a line in it": {"email": "ada\r\n@DOMAIN"},
}


@pytest.mark.parametrize("case", NOBODY)
def test_nobody_joins_by_what_proves_nothing(open_door: SignOn, case: str) -> None:
    domain = str(open_door.idp.email).partition("@")[2]
    for name, value in NOBODY[case].items():
        setattr(open_door.idp, name, value.replace("DOMAIN", domain) if isinstance(value, str) else value)
    before = len(people(open_door))
    answer = open_door.enter()
    assert answer.status_code == 422
    assert "Nobody here is linked" in answer.text
    assert len(people(open_door)) == before
    assert open_door.links() == []


def people(sign_on: SignOn) -> list[uuid.UUID]:
    with sign_on.desk.session() as session:
        return list(session.scalars(select(Membership.id)))


def test_microsoft_says_it_by_a_claim_of_its_own_and_nobody_else_does() -> None:
    about = {"name": "x", "issuer": "https://x", "client_id": "x", "client_secret": "x", "redirect_uri": "x",
             "authorization_endpoint": "x", "token_endpoint": "x", "jwks_uri": "x", "userinfo_endpoint": None,
             "auth_method": "client_secret_basic", "names_issuer": False}  # fmt: skip
    for said, is_verified in ((True, True), ("1", True), (1, True), (False, False), ("0", False), (None, False)):
        assert _is_verified(Counterpart(kind="microsoft", **about), {"xms_edov": said}) is is_verified
        assert not _is_verified(Counterpart(kind="other", **about), {"xms_edov": said})


def test_an_account_is_never_taken_over_by_its_address(open_door: SignOn) -> None:
    """Before the hijack: somebody signed up with the address, confirmed or not, before its holder came by the provider."""
    for verified in (None, utcnow()):
        with open_door.desk.runtime.database.everywhere() as session:
            session.execute(
                update(Identity)
                .where(Identity.id == open_door.identity("client_contact"))
                .values(email=open_door.idp.email, email_verified_at=verified)
            )
        answer = open_door.enter()
        assert answer.status_code == 422
        assert "link this one" in answer.text
    assert open_door.links() == []
    assert member(open_door) is None


def test_a_member_of_that_address_links_it_from_their_own_session(open_door: SignOn) -> None:
    cm = open_door.desk.world.people["cm"]
    with open_door.desk.session() as session:
        session.execute(update(Membership).where(Membership.id == cm.membership_id).values(email=open_door.idp.email))
    assert open_door.enter().status_code == 422
    open_door.link("cm")
    assert open_door.enter().status_code == 303
    assert open_door.links() == [cm.identity_id]


def test_who_was_removed_does_not_come_back_so(open_door: SignOn) -> None:
    open_door.enter()
    with open_door.desk.session() as session:
        gone = update(Membership).where(Membership.email == open_door.idp.email)
        session.execute(gone.values(removed_at=utcnow(), joined_at=None))
    assert open_door.enter().status_code == 422
    open_door.idp.subject = f"s-{uuid.uuid4().hex}"
    answer = open_door.enter()
    assert answer.status_code == 422
    assert "none any more" in answer.text


def test_who_was_invited_joins_as_what_they_were_invited(open_door: SignOn) -> None:
    invited = {
        "email": open_door.idp.email,
        "name": "Ada",
        "agency_role": "account_manager",
        "brand": "",
        "brand_role": "cm",
    }
    assert open_door.desk.post("owner", "/team/invitations", invited).status_code == 303
    assert open_door.enter().status_code == 303
    joined = member(open_door)
    assert joined is not None
    assert joined.agency_role == "account_manager"


def test_another_agency_s_provider_makes_nobody_a_member_by_this_domain(open_door: SignOn) -> None:
    """The second provider says the same address: its agency does not hold the domain."""
    other = Desk(open_door.desk.app, open_door.desk.runtime, build_world(open_door.desk.runtime))
    vouched = Vouched("https://other.example.org", "s", str(open_door.idp.email), "Ada", str(open_door.idp.email))
    with open_door.desk.session() as session:
        found = provider(session, open_door.provider_id)
        session.expunge(found)
    with other.session() as session, pytest.raises(RefusedError):
        join(session, found, vouched, "fr")


def test_off_nobody_joins_and_who_is_linked_still_comes_in(open_door: SignOn) -> None:
    open_door.link("cm")
    assert letting_join(open_door, joining="").status_code == 303
    assert open_door.enter().status_code == 303
    open_door.idp.subject = f"s-{uuid.uuid4().hex}"
    assert open_door.enter().status_code == 422


def test_of_two_at_once_one_joins(open_door: SignOn) -> None:
    clients = [open_door.desk.app.test_client() for _ in range(2)]
    backs = [open_door.idp.consent(open_door.go(each, open_door.path(f"/{open_door.provider_id}"))) for each in clients]
    with ThreadPoolExecutor(2) as pool:
        said = list(
            pool.map(lambda pair: pair[0].get(pair[1], base_url=HTTPS).status_code, zip(clients, backs, strict=True))
        )
    assert set(said) <= {303, 422}
    assert 303 in said
    assert len(open_door.links()) == 1


@pytest.mark.parametrize(
    ("about", "status"),
    [({"brand": ""}, 422), ({"brand": str(uuid.uuid4())}, 422), ({"role": "owner"}, 422), ({"role": "admin"}, 422),
     ({"brand_role": "king"}, 422), ({"role": "account_manager", "brand": ""}, 303)],
    ids=["no brand", "no such brand", "owner", "administrator", "no such role", "every brand"],
)  # fmt: skip
def test_a_role_to_begin_with_is_one_that_sees_something_and_rules_nobody(
    sign_on: SignOn, about: dict[str, str], status: int
) -> None:
    assert letting_join(sign_on, **about).status_code == status


# Whose a domain is.


def test_a_domain_is_claimed_by_its_dns(desk: Desk, names: StandInNames) -> None:
    row = add(desk, fresh())
    answer = verify(desk, row)
    assert answer.status_code == 422
    assert "not there yet" in answer.text
    names.texts[record_name(row.domain)] = [record_text(row)]
    assert verify(desk, row).status_code == 303
    assert row_of(desk, row.domain).claimed_by == "dns"
    names.is_silent = True
    try:
        assert verify(desk, add(desk, fresh())).status_code == 503
    finally:
        names.is_silent = False


@pytest.mark.parametrize(
    "typed", ["", "agence", "127.0.0.1", "https://agence.fr/x", "a b.fr", "x@", "localhost", "co\r\nX.fr"]
)
def test_what_is_no_domain_is_refused(desk: Desk, typed: str) -> None:
    answer = desk.post("owner", "/settings/sign-on/domains", {"domain": typed})
    assert answer.status_code == 422
    assert "field-error" in answer.text


def code_mailed(desk: Desk, worker, to: str) -> str:
    send_due(worker, 20)
    (mail,) = [each for each in Mailbox(worker.settings.data_dir).newest(10_000) if to in each.header("To")][:1]
    return mail.header("Subject").rpartition(" ")[2]


def test_a_domain_is_claimed_by_a_code_mailed_to_it(desk: Desk, worker) -> None:
    forget_what_others_wrote(worker)
    row = add(desk, fresh())
    where = f"/settings/sign-on/domains/{row.id}/code"
    assert desk.post("owner", where, {"mailbox": "ada"}).status_code == 422
    assert desk.post("owner", where, {"mailbox": "postmaster"}).status_code == 303
    code = code_mailed(desk, worker, f"postmaster@{row.domain}")
    assert len(code) == 8
    wrong = desk.post("owner", f"{where}/confirmation", {"code": "00000000" if code != "00000000" else "1"})
    assert wrong.status_code == 422
    assert "not the code" in wrong.text
    assert desk.post("owner", f"{where}/confirmation", {"code": ""}).status_code == 422
    assert desk.post("owner", f"{where}/confirmation", {"code": f" {code[:4]} {code[4:]} "}).status_code == 303
    assert row_of(desk, row.domain).claimed_by == "mail"
    assert code.encode() not in (row_of(desk, row.domain).code_hash or b"")


def test_a_code_is_good_for_a_day_and_the_last_one_alone(desk: Desk, worker) -> None:
    forget_what_others_wrote(worker)
    row = add(desk, fresh())
    where = f"/settings/sign-on/domains/{row.id}/code"
    desk.post("owner", where, {"mailbox": "admin"})
    first = code_mailed(desk, worker, f"admin@{row.domain}")
    desk.post("owner", where, {"mailbox": "webmaster"})
    second = code_mailed(desk, worker, f"webmaster@{row.domain}")
    assert desk.post("owner", f"{where}/confirmation", {"code": first}).status_code == 422
    with desk.session() as session:
        session.execute(
            update(MailDomain).where(MailDomain.id == row.id).values(code_until=utcnow() - timedelta(minutes=1))
        )
    assert desk.post("owner", f"{where}/confirmation", {"code": second}).status_code == 422


def test_whoever_shows_a_domain_first_holds_it(desk: Desk, names: StandInNames) -> None:
    domain = held(desk, names)
    other = Desk(desk.app, desk.runtime, build_world(desk.runtime))
    other.speak_english()
    row = add(other, domain)
    names.texts[record_name(domain)].append(record_text(row))
    answer = verify(other, row)
    assert answer.status_code == 422
    assert "another agency holds it" in answer.text
    mine = row_of(desk, domain)
    assert desk.post("owner", f"/settings/sign-on/domains/{mine.id}/removal").status_code == 303
    assert verify(other, row).status_code == 303


def test_a_domain_that_passed_into_other_hands_lets_nobody_join(open_door: SignOn, names: StandInNames) -> None:
    domain = str(open_door.idp.email).partition("@")[2]
    names.texts[record_name(domain)] = []
    assert open_door.enter().status_code == 303, "what was seen today is believed today"
    open_door.idp.subject, open_door.idp.email = f"s-{uuid.uuid4().hex}", f"zoe@{domain}"
    with open_door.desk.session() as session:
        session.execute(
            update(ClaimedMailDomain)
            .where(ClaimedMailDomain.domain == domain)
            .values(checked_at=utcnow() - timedelta(days=2))
        )
    assert open_door.enter().status_code == 422
    assert row_of(open_door.desk, domain).lost_at is not None
    assert "gone since" in open_door.desk.get("owner", "/settings/sign-on/domains").text


# Finding one's agency.


def test_the_domain_of_an_address_finds_the_agency_and_says_nothing_of_a_person(
    desk: Desk, names: StandInNames, idp: StandInProvider
) -> None:
    domain = held(desk, names)
    client = desk.app.test_client()
    for typed in (f"nobody@{domain}", f"  Anybody@{domain.upper()} ", desk.world.slug):
        answer = client.post("/sign-in/agency", data={"agency": typed}, base_url=HTTPS)
        assert (answer.status_code, answer.location) == (303, desk.path("/sign-on"))
    for typed in ("nobody@example.org", desk.world.people["owner"].email, "no-such-agency", "x" * 300, "", "a\0b@c"):
        answer = client.post("/sign-in/agency", data={"agency": typed}, base_url=HTTPS)
        assert answer.status_code == 422, typed


def test_who_joined_so_chooses_a_password_by_mail_for_what_is_their_own(open_door: SignOn) -> None:
    client = open_door.desk.app.test_client()
    open_door.enter(client)
    answer = client.post("/me/second-factor", base_url=HTTPS)
    assert "choose a password first" in answer.text
    with open_door.desk.runtime.database.everywhere() as session:
        link = session.scalars(select(IdentityLink).where(IdentityLink.subject == open_door.idp.subject)).one()
    refused = client.post(f"/me/sign-on/{link.id}/removal", base_url=HTTPS)
    assert refused.status_code == 403
    assert PASSWORD not in refused.text
