"""One person, the client of several agencies: one identity, a portal each, and the way from one to the other."""

import pytest

from tenants.base import utcnow
from tenants.identities import Seat
from tenants.members import BrandAssignment, Membership

HTTPS = "https://localhost"


@pytest.fixture
def both(desk, runtime, new_world):
    """The client approver of the desk's agency is one of another agency too; return that one."""
    other, person = new_world("Studio"), desk.world.people["client_approver"]
    with runtime.database.agency(other.agency_id) as session:
        known = Membership(
            identity_id=person.identity_id, email=person.email, name="Le même client", joined_at=utcnow()
        )
        session.add_all([known, Seat(identity_id=person.identity_id, agency_id=other.agency_id)])
        session.flush()
        session.add(BrandAssignment(brand_id=other.brand_id, membership_id=known.id, role="client_approver"))
    return other


def test_the_front_door_lets_them_choose(desk, both):
    page = desk.browser("client_approver").get("/", base_url=HTTPS)
    assert page.status_code == 200
    for slug in (desk.world.slug, both.slug):
        assert f'href="/{slug}' in page.text


def test_each_portal_shows_its_own_and_leads_to_the_other(desk, both, runtime):
    content_id = desk.in_state("client_turn", title="Seulement ici")
    browser = desk.browser("client_approver")
    here = browser.get(desk.path("/approvals"), base_url=HTTPS, follow_redirects=True)
    there = browser.get(f"/{both.slug}/approvals", base_url=HTTPS, follow_redirects=True)
    assert (here.status_code, there.status_code) == (200, 200)
    assert "Seulement ici" in here.text
    assert "Seulement ici" not in there.text
    assert f"/{both.slug}" in here.text
    assert f"/{desk.world.slug}" in there.text
    assert browser.get(f"/{both.slug}/contents/{content_id}", base_url=HTTPS).status_code == 404


def test_in_one_agency_they_are_a_member_and_in_the_other_not_any_more(desk, both, runtime):
    with runtime.database.agency(both.agency_id) as session:
        session.query(Membership).filter(Membership.email == desk.world.people["client_approver"].email).update(
            {"removed_at": utcnow()}
        )
    browser = desk.browser("client_approver")
    assert browser.get(f"/{both.slug}/approvals", base_url=HTTPS).status_code == 404
    assert browser.get(desk.path("/approvals"), base_url=HTTPS, follow_redirects=True).status_code == 200
