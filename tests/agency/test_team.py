"""Inviting, joining, changing roles and leaving."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import RefusedError
from tenants.identities import Identity, Seat
from tenants.members import BrandAssignment, Invitation, Membership
from tenants.permissions import AgencyRole
from unisson.agency import team
from unisson.notifications.models import Letter
from unisson.publishing.connecting import connect_list

PASSWORD = "gadoue-Lapin-74-orage"
EVERYBODY = ("owner", "admin", "account_manager", "member", "cm", "rp", "client_approver", "client_contact", "expert")


@pytest.fixture
def email() -> str:
    return f"new-{uuid.uuid4().hex[:10]}@example.org"


def _typed(world, email: str, **more: str) -> dict[str, str]:
    return {
        "email": email, "name": "Noé Petit", "brand": str(world.brand_id), "brand_role": "rp", "agency_role": "member",
    } | more  # fmt: skip


def _invite(browser, world, email: str, **more: str):
    return browser.post(f"/{world.slug}/team/invitations", data=_typed(world, email, **more))


def _membership(runtime, world, email: str) -> Membership | None:
    with runtime.database.agency(world.agency_id) as session:
        return session.scalars(select(Membership).where(Membership.email == email)).first()


def _roles(runtime, world, email: str) -> set[str]:
    with runtime.database.agency(world.agency_id) as session:
        question = select(BrandAssignment.role).join(Membership, Membership.id == BrandAssignment.membership_id)
        return set(session.scalars(question.where(Membership.email == email)))


def test_a_new_person_is_invited_and_joins(as_, world, new_browser, send_invitation, email, runtime):
    answer = _invite(as_("account_manager"), world, email.upper())
    assert answer.status_code == 303
    assert _membership(runtime, world, email).joined_at is None
    assert _roles(runtime, world, email) == {"rp"}
    link = f"/{world.slug}/invitations/{send_invitation(world, email)}"
    newcomer = new_browser()
    for _look in range(2):
        page = newcomer.get(link)
        assert page.status_code == 200
        assert email.encode() in page.data
    joined = newcomer.post(link, data={"name": "Noé Petit", "password": PASSWORD})
    assert (joined.status_code, joined.location) == (303, f"/{world.slug}/")
    assert newcomer.get(f"/{world.slug}/brands/{world.brand_slug}").status_code == 200
    assert newcomer.get(f"/{world.slug}/brands/{world.sibling_slug}").status_code == 404
    with runtime.database.agency(world.agency_id) as session:
        person = session.scalars(select(Identity).where(Identity.email == email)).one()
        assert person.email_verified_at is not None
        assert session.scalar(select(func.count()).select_from(Seat).where(Seat.identity_id == person.id)) == 1
    assert newcomer.post(link, data={"name": "x", "password": PASSWORD}).status_code == 410


def test_a_weak_password_does_not_join(as_, world, new_browser, send_invitation, email, runtime):
    _invite(as_("owner"), world, email)
    link = f"/{world.slug}/invitations/{send_invitation(world, email)}"
    answer = new_browser().post(link, data={"name": "Noé", "password": "password1234"})
    assert answer.status_code == 422
    assert "Noé".encode() in answer.data
    assert _membership(runtime, world, email).joined_at is None


def test_somebody_with_an_account_joins_signed_in_and_only_as_that_address(
    as_, world, new_world, new_browser, send_invitation
):
    other = new_world()
    guest = other.people["cm"]
    _invite(as_("owner"), world, guest.email)
    link = f"/{world.slug}/invitations/{send_invitation(world, guest.email)}"
    stranger = new_browser()
    assert b"/sign-in?next=" in stranger.get(link).data
    assert stranger.post(link, data={"name": "x", "password": PASSWORD}).status_code == 422
    wrong = other.sign_in(new_browser(), "rp")
    assert guest.email.encode() in wrong.get(link).data
    assert wrong.post(link).status_code == 422
    right = other.sign_in(new_browser(), "cm")
    assert right.post(link).status_code == 303
    assert right.get(f"/{world.slug}/brands/{world.brand_slug}").status_code == 200
    assert right.get(f"/{other.slug}/brands").status_code == 200


def test_an_unconfirmed_address_does_not_join(as_, world, new_world, new_browser, send_invitation, runtime):
    other = new_world()
    guest = other.people["cm"]
    with runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == guest.identity_id).values(email_verified_at=None))
    _invite(as_("owner"), world, guest.email)
    link = f"/{world.slug}/invitations/{send_invitation(world, guest.email)}"
    browser = other.sign_in(new_browser(), "cm")
    assert browser.get(link).status_code == 200
    assert browser.post(link).status_code == 422


def test_inviting_twice_adds_the_role_and_replaces_the_link(as_, world, new_browser, send_invitation, email, runtime):
    browser = as_("owner")
    _invite(browser, world, email)
    first = send_invitation(world, email)
    _invite(browser, world, email, brand_role="cm")
    assert _roles(runtime, world, email) == {"rp", "cm"}
    assert new_browser().get(f"/{world.slug}/invitations/{first}").status_code == 410
    assert new_browser().get(f"/{world.slug}/invitations/{send_invitation(world, email)}").status_code == 200
    with runtime.database.agency(world.agency_id) as session:
        letters = session.scalars(select(Letter.kind).where(Letter.kind == "invitation")).all()
    assert len(letters) == 2


def test_somebody_here_gets_the_role_and_no_letter(as_, world, runtime):
    _invite(as_("owner"), world, world.people["cm"].email, brand_role="rp")
    assert _roles(runtime, world, world.people["cm"].email) == {"cm", "rp"}
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalars(select(Letter)).all() == []


def test_an_invitation_is_good_for_seven_days(as_, world, new_browser, send_invitation, email, runtime):
    _invite(as_("owner"), world, email)
    link = f"/{world.slug}/invitations/{send_invitation(world, email)}"
    with runtime.database.agency(world.agency_id) as session:
        left = session.scalars(select(Invitation.expires_at)).one() - utcnow()
        assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
        session.execute(update(Invitation).values(expires_at=utcnow() - timedelta(seconds=1)))
    assert new_browser().get(link).status_code == 410
    assert new_browser().post(link, data={"name": "x", "password": PASSWORD}).status_code == 410


def test_a_withdrawn_invitation_is_over_and_the_roles_stay(as_, world, new_browser, send_invitation, email, runtime):
    """A client approver may go on deciding from personal links, without an account for ever."""
    browser = as_("owner")
    member = _invite(browser, world, email, brand_role="client_approver").location
    link = f"/{world.slug}/invitations/{send_invitation(world, email)}"
    assert browser.post(f"{member}/invitation/revocation").status_code == 303
    assert new_browser().get(link).status_code == 410
    assert _roles(runtime, world, email) == {"client_approver"}


def test_another_agencys_link_is_unknown_here(as_, world, new_world, new_browser, send_invitation, email):
    other = new_world()
    _invite(as_("owner"), world, email)
    token = send_invitation(world, email)
    assert new_browser().get(f"/{other.slug}/invitations/{token}").status_code == 404
    assert new_browser().get(f"/no-such-agency/invitations/{token}").status_code == 404
    assert new_browser().get(f"/{world.slug}/invitations/{token}").status_code == 200


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_invites_whom(as_, world, email, role):
    browser = as_(role)
    on_brand = 303 if role in {"owner", "admin", "account_manager"} else {"member": 404}.get(role, 403)
    assert _invite(browser, world, email).status_code == on_brand
    in_agency = 303 if role in {"owner", "admin"} else 403
    assert _invite(browser, world, "x" + email, brand="", agency_role="account_manager").status_code == in_agency
    sees = 200 if role in {"owner", "admin", "account_manager"} else 403
    assert browser.get(f"/{world.slug}/team/invitations").status_code == sees


def test_an_administrator_makes_nobody_an_owner(as_, world, email, runtime):
    browser = as_("admin")
    assert _invite(browser, world, email, agency_role="owner").status_code == 422
    assert _membership(runtime, world, email) is None
    member = world.people["member"].membership_id
    assert browser.post(f"/{world.slug}/team/{member}/role", data={"agency_role": "owner"}).status_code == 422
    owner = world.people["owner"].membership_id
    assert browser.post(f"/{world.slug}/team/{owner}/role", data={"agency_role": "member"}).status_code == 422
    assert browser.post(f"/{world.slug}/team/{owner}/removal").status_code == 403


def test_a_new_role_counts_at_once_and_ends_the_old_sign_ins(as_, world, new_browser):
    person = world.people["member"]
    old = world.sign_in(new_browser(), "member")
    assert old.get(f"/{world.slug}/brands/{world.brand_slug}").status_code == 404
    answer = as_("owner").post(f"/{world.slug}/team/{person.membership_id}/role", data={"agency_role": "admin"})
    assert answer.status_code == 303
    assert old.get(f"/{world.slug}/brands").status_code == 303  # signed out


def test_ones_own_new_role_renews_ones_own_token(world, as_, new_browser):
    owner = world.people["owner"]
    browser = as_("owner")
    copy = world.sign_in(new_browser(), "owner")
    promoted = world.people["admin"].membership_id
    browser.post(f"/{world.slug}/team/{promoted}/role", data={"agency_role": "owner"})
    answer = browser.post(f"/{world.slug}/team/{owner.membership_id}/role", data={"agency_role": "member"})
    assert answer.status_code == 303
    assert browser.get("/me").status_code == 200
    assert copy.get("/me").status_code == 303


def test_the_last_owner_stays(as_, world):
    owner, browser = world.people["owner"].membership_id, as_("owner")
    assert browser.post(f"/{world.slug}/team/{owner}/role", data={"agency_role": "admin"}).status_code == 422
    left = browser.post(f"/{world.slug}/team/{owner}/removal")
    assert left.status_code == 422
    assert f'action="/{world.slug}/team/{owner}/role"' in left.text  # their page stands, where the answer lies
    assert browser.get(f"/{world.slug}/settings").status_code == 200


def test_a_link_that_was_cut_off_is_called_so(as_, world):
    for path in (f"/{world.slug}/approve/cut-off", f"/{world.slug}/invitations/cut-off", "/verification/cut-off"):
        assert "Il manque une lettre" in as_("owner").get(path).text, path
    assert "Il manque une lettre" not in as_("owner").get(f"/{world.slug}/nothing").text


def test_a_refusal_leads_back_to_the_page_that_asked(as_, world):
    browser, gone = as_("owner"), uuid.uuid4()
    asked = {"data": {"agency_role": "admin"}}
    path, page = f"/{world.slug}/team/{gone}/role", f"/{world.slug}/team?from=here"
    back = browser.post(path, headers={"Referer": f"https://localhost{page}"}, **asked)
    assert back.status_code == 404
    assert f'href="{page}"' in back.text
    assert "evil" not in browser.post(path, headers={"Referer": "https://evil.example/"}, **asked).text


def test_the_settings_stand_in_the_navigation_of_who_may_open_them(as_, world):
    settings = f'href="/{world.slug}/settings"'
    page = as_("owner").get(f"/{world.slug}/activity").text
    assert re.search(rf'{settings} aria-current="page"', page)
    assert settings not in as_("cm").get(f"/{world.slug}/calendar").text


def test_two_owners_leaving_at_once_leave_one(world, runtime):
    two = [world.people["owner"], world.people["admin"]]
    with runtime.database.agency(world.agency_id) as session:
        session.execute(update(Membership).where(Membership.id == two[1].membership_id).values(agency_role="owner"))

    def leave(person) -> bool:
        actor = Actor(
            world.agency_id, person.membership_id, person.identity_id, "x", person.email, AgencyRole.OWNER, {}
        )
        try:
            with runtime.database.agency(world.agency_id) as session:
                team.remove(session, actor, person.membership_id)
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, two)) == [False, True]
    with runtime.database.agency(world.agency_id) as session:
        left = session.scalars(
            select(Membership.id).where(Membership.agency_role == "owner", Membership.removed_at.is_(None))
        ).all()
    assert len(left) == 1


def test_a_removed_person_is_out_at_once_and_may_come_back_bare(as_, world, new_browser, runtime, send_invitation):
    person, browser = world.people["cm"], as_("owner")
    theirs = world.sign_in(new_browser(), "cm")
    assert theirs.get(f"/{world.slug}/brands").status_code == 200
    assert browser.post(f"/{world.slug}/team/{person.membership_id}/removal").status_code == 303
    assert theirs.get(f"/{world.slug}/brands").status_code == 404
    assert theirs.get("/me").status_code == 200
    assert _roles(runtime, world, person.email) == set()
    _invite(browser, world, person.email, brand_role="expert")
    link = f"/{world.slug}/invitations/{send_invitation(world, person.email)}"
    assert theirs.post(link).status_code == 303
    assert _roles(runtime, world, person.email) == {"expert"}


def test_a_role_on_a_brand_is_given_and_withdrawn(as_, world, runtime):
    person, browser = world.people["expert"], as_("account_manager")
    base = f"/{world.slug}/team/{person.membership_id}"
    given = browser.post(f"{base}/brand-roles", data={"brand": str(world.sibling_id), "brand_role": "cm"})
    assert given.status_code == 303
    with runtime.database.agency(world.agency_id) as session:
        assignment = session.scalars(
            select(BrandAssignment.id).where(
                BrandAssignment.brand_id == world.sibling_id, BrandAssignment.membership_id == person.membership_id
            )
        ).one()
    assert browser.post(f"{base}/brand-roles/{assignment}/withdrawal").status_code == 303
    assert _roles(runtime, world, person.email) == {"expert"}
    assert browser.post(f"{base}/brand-roles/{assignment}/withdrawal").status_code == 404


@pytest.mark.parametrize("role", ["cm", "rp", "client_approver", "client_contact", "expert", "member"])
def test_a_client_sees_the_people_of_their_own_brands_alone(as_, world, role, email, runtime):
    _invite(as_("owner"), world, email, brand=str(world.sibling_id))
    browser = as_(role)
    assert email.encode() not in browser.get(f"/{world.slug}/team").data
    hidden = _membership(runtime, world, email).id
    assert browser.get(f"/{world.slug}/team/{hidden}").status_code == 404
    assert browser.post(f"/{world.slug}/team/{hidden}/removal").status_code == 404


def test_another_agencys_ids_are_unknown_in_every_field(as_, world, new_world):
    other, browser = new_world(), as_("owner")
    stranger, mine = other.people["cm"], world.people["cm"]
    for path in ("", "/role", "/removal", "/invitation", "/invitation/revocation", "/brand-roles"):
        data = {"agency_role": "admin", "brand": str(world.brand_id), "brand_role": "cm"}
        url = f"/{world.slug}/team/{stranger.membership_id}{path}"
        assert (browser.post(url, data=data) if path else browser.get(url)).status_code == 404
    for brand in (str(other.brand_id), str(uuid.uuid4()), "rubbish", "1' or '1'='1"):
        assert _invite(browser, world, "x@example.org", brand=brand).status_code == 404
        given = {"brand": brand, "brand_role": "cm"}
        assert browser.post(f"/{world.slug}/team/{mine.membership_id}/brand-roles", data=given).status_code == 404
    assert (
        browser.post(
            f"/{world.slug}/team/{mine.membership_id}/brand-roles/{stranger.membership_id}/withdrawal"
        ).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("field", "status"),
    [("email", 422), ("name", 303), ("brand", 404), ("brand_role", 422), ("agency_role", 422)],
)
def test_a_line_break_in_a_field_goes_nowhere(as_, world, email, field, status, runtime):
    typed = _typed(world, email)
    answer = as_("owner").post(
        f"/{world.slug}/team/invitations", data=typed | {field: typed[field] + "\r\nBcc: x@evil.example"}
    )
    assert answer.status_code == status
    membership = _membership(runtime, world, email)
    assert membership is None or not {"\r", "\n"} & set(membership.name)


def test_what_was_typed_is_kept(as_, world):
    answer = _invite(as_("owner"), world, "no address", name="Zoé Kept")
    assert answer.status_code == 422
    assert "Zoé Kept".encode() in answer.data
    assert b"no address" in answer.data


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_page_of_the_team_is_shown_to_who_may_see_it(as_, world, role):
    browser = as_(role)
    for path in ("team", "roles", f"team/{world.people[role].membership_id}"):
        assert browser.get(f"/{world.slug}/{path}").status_code == 200
    known = {"member": 404, "expert": 403}.get(role, 200)
    assert browser.get(f"/{world.slug}/brands/{world.brand_slug}/team").status_code == known


def test_an_unconfirmed_person_connects_no_channel(world, runtime):
    owner = world.people["owner"]
    with runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == owner.identity_id).values(email_verified_at=None))
    actor = Actor(world.agency_id, owner.membership_id, owner.identity_id, "x", owner.email, AgencyRole.OWNER, {})
    with runtime.database.agency(world.agency_id) as session, pytest.raises(RefusedError):
        connect_list(session, actor, world.brand_id, name="x", sender_name="x", reply_to="", people=())
