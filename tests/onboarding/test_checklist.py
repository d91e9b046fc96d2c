"""A brand's checklist is read from what is there; what is not needed is kept with who said so."""

import re

import pytest
from sqlalchemy import select, update
from support.statements import recorded

from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from unisson.activity.models import Event
from unisson.onboarding.board import Wanted, board
from unisson.onboarding.reading import skips, standings
from unisson.onboarding.steps import Ball, Step, standing_of
from unisson.publishing.models import Channel
from unisson.strategy.models import Strategy
from unisson.web.guards import BrandCard


def standing(desk, brand_id=None):
    brand_id = brand_id or desk.world.brand_id
    with desk.session() as session:
        return standings(session, [brand_id])[brand_id].standing


def test_a_new_brand_lacks_everything(desk):
    assert standing(desk, desk.world.sibling_id).missing == list(Step)


def test_people_are_seen_until_they_leave(desk):
    assert {Step.CM, Step.RP, Step.CLIENT} <= standing(desk).done
    with desk.session() as session:
        for row in session.scalars(select(BrandAssignment).where(BrandAssignment.role == "rp")):
            session.delete(row)
    assert Step.RP in standing(desk).missing


def test_who_was_invited_counts_once_they_joined(desk):
    desk.speak_english()
    with desk.session() as session:
        session.execute(
            update(Membership)
            .where(Membership.id.in_([desk.world.people[role].membership_id for role in ("rp", "client_approver")]))
            .values(joined_at=None)
        )
    found = standing(desk)
    # A client approver decides from a mailed link, without an account.
    assert Step.CLIENT in found.done
    assert found.invited == {Step.RP}
    assert Step.RP in found.missing
    assert "Invited, and has not joined yet" in desk.get("owner", "/brands/marque").text


def test_each_fact_ticks_its_step(desk):
    desk.chain("client_approver")
    with desk.session() as session:
        brand_id = desk.world.brand_id
        session.execute(
            update(Brand)
            .where(Brand.id == brand_id)
            .values(logo_digest="0" * 64, logo_mime="image/png", logo_width=1, logo_height=1)
        )
        session.add(Channel(brand_id=brand_id, kind="email", name="Liste"))
        days = {"starts_on": "2027-01-01", "ends_on": "2027-12-31"}
        author = desk.world.people["cm"].membership_id
        session.add(Strategy(brand_id=brand_id, title="2027", created_by=author, **days))
    content_id = desk.in_state("in_review")
    found = standing(desk)
    assert found.missing == [Step.APPROVAL]
    assert found.balls == {Ball.CLIENT}
    desk.approve(content_id, "client_approver")
    assert standing(desk).missing == []
    assert standing(desk).balls == frozenset()


def test_a_channel_that_was_taken_off_counts_no_more(desk):
    with desk.session() as session:
        session.add(Channel(brand_id=desk.world.brand_id, kind="email", name="Liste", disconnected_at="2026-01-01"))
    assert Step.CHANNEL in standing(desk).missing


def test_what_is_not_needed_is_kept_with_who_said_so(desk):
    desk.speak_english()
    assert desk.post("account_manager", "/brands/marque/onboarding/logo/skip").status_code == 303
    assert desk.post("owner", "/brands/marque/onboarding/logo/skip").status_code == 303
    with desk.session() as session:
        (said,) = skips(session, desk.world.brand_id)
        verbs = session.scalars(select(Event.verb).where(Event.subject_id == desk.world.brand_id)).all()
    assert (said.step, said.by) == (Step.LOGO, "Account Manager")
    assert verbs == ["brand.step_skipped"]
    page = desk.get("owner", "/brands/marque").text
    assert "Not needed, says Account Manager" in page
    assert desk.post("owner", "/brands/marque/onboarding/logo/return").status_code == 303
    assert Step.LOGO in standing(desk).missing


def test_what_is_done_was_not_set_aside():
    found = standing_of({Step.LOGO}, {Step.LOGO, Step.RP}, {Step.LOGO})
    assert (found.skipped, found.at_client) == ({Step.RP}, frozenset())


@pytest.mark.parametrize("role", ["cm", "rp", "client_approver", "client_contact"])
def test_only_who_sets_a_brand_up_sets_a_step_aside(desk, role):
    assert desk.post(role, "/brands/marque/onboarding/logo/skip").status_code == 403


@pytest.mark.parametrize("step", list(Step))
def test_each_step_leads_to_a_page_and_back(desk, step):
    desk.speak_english()
    way = desk.get("owner", f"/brands/marque/onboarding/{step}")
    assert way.status_code == 303
    there = desk.browser("owner").get(way.location, base_url="https://localhost")
    assert there.status_code == 200
    assert "Back to the checklist of Marque" in there.text
    assert "Back to the checklist" not in desk.get("owner", "/brands/autre/strategy").text
    desk.get("owner", "/brands/marque")
    assert "Back to the checklist" not in desk.get("owner", "/brands/marque/strategy").text


def test_a_step_that_is_none_is_not_found(desk):
    assert desk.get("owner", "/brands/marque/onboarding/lunch").status_code == 404
    assert desk.post("owner", "/brands/marque/onboarding/lunch/skip").status_code == 404


def test_a_client_sees_no_checklist(desk):
    assert 'id="onboarding"' in desk.get("cm", "/brands/marque").text
    assert 'id="onboarding"' not in desk.get("client_approver", "/brands/marque").text


def cards(desk):
    with desk.session() as session:
        rows = session.scalars(select(Brand).where(Brand.archived_at.is_(None))).all()
        return [BrandCard(b.id, b.slug, b.name, b.accent, b.timezone, b.language, b.sector) for b in rows]


def test_all_brands_are_sorted_and_narrowed(desk):
    desk.in_state("client_turn")
    known = cards(desk)
    with desk.session() as session:
        assert [row.card.slug for row in board(session, known, Wanted()).rows] == ["autre", "marque"]
        assert [row.card.slug for row in board(session, known, Wanted(order="oldest")).rows] == ["marque", "autre"]
        assert [row.card.slug for row in board(session, known, Wanted(ball="client")).rows] == ["marque"]
        assert [row.card.slug for row in board(session, known, Wanted(step="rp")).rows] == ["autre"]
        found = board(session, known, Wanted(ball="complete"))
        assert (found.rows, found.total, found.complete) == ([], 2, 0)
        odd = board(session, known, Wanted(ball="<x>", step="'", order="drop"))
        assert len(odd.rows) == 2


def test_the_page_of_all_brands(desk):
    desk.speak_english()
    page = desk.get("account_manager", "/onboarding")
    assert page.status_code == 200
    assert len(re.findall(r"<tr>", page.text)) == 3
    assert "No brand is like this" in desk.get("account_manager", "/onboarding?ball=complete").text
    assert desk.get("cm", "/onboarding").status_code == 403


def test_an_agency_without_brands_is_told_what_to_do(desk):
    desk.speak_english()
    with desk.session() as session:
        session.execute(update(Brand).values(archived_at="2026-01-01"))
    assert "Open the first one" in desk.get("owner", "/onboarding").text


def test_a_hundred_brands_cost_as_many_statements_as_two(desk, runtime):
    desk.get("owner", "/onboarding")
    with recorded(runtime) as few:
        desk.get("owner", "/onboarding")
    with desk.session() as session:
        session.add_all(
            Brand(slug=f"b-{n}", name=f"B {n}", sector="food", timezone="UTC", language="fr", accent="ink")
            for n in range(98)
        )
    with recorded(runtime) as many:
        page = desk.get("owner", "/onboarding").text
    assert page.count("<tr>") == 101
    assert len(many) == len(few)


def test_an_invitation_from_the_checklist_comes_back_to_it(desk):
    typed = {"email": "n@example.org", "name": "N", "brand": str(desk.world.brand_id), "agency_role": "member"}
    typed["brand_role"] = "rp"
    assert "/team/" in desk.post("owner", "/team/invitations", typed).location
    desk.get("owner", "/brands/marque/onboarding/rp")
    answer = desk.post("owner", "/team/invitations", typed | {"email": "m@example.org"})
    assert answer.location.endswith("/brands/marque#onboarding")


def test_the_first_approval_begins_with_a_content_where_there_is_none(desk):
    step = f"/brands/{desk.world.brand_slug}/onboarding/approval"
    assert desk.get("owner", step).headers["Location"].endswith("/contents/new")
    desk.write()
    assert "/calendar/list" in desk.get("owner", step).headers["Location"]
