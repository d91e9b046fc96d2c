"""Brands that are put away are not paid for; taking one back asks for its place, and a deletion can always be stopped."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.billing import Till

from tenants.base import utcnow
from tenants.brands import Brand
from unisson.closing.models import BrandEnding


@pytest.fixture
def full(till: Till) -> Till:
    """One brand is paid for and in use; the other one is put away."""
    till.desk.speak_english()
    assert till.desk.post("owner", "/brands/autre/archive").status_code == 303
    till.pay_for(1)
    return till


def is_archived(till: Till, slug: str) -> bool:
    with till.desk.session() as session:
        return session.scalars(select(Brand.archived_at).where(Brand.slug == slug)).one() is not None


def test_what_is_put_away_is_not_counted(full: Till):
    assert "1 brand is open; your plan is for 1." in full.desk.get("owner", "/brands").text


def test_a_brand_is_not_taken_back_beyond_the_plan(full: Till):
    answer = full.desk.post("owner", "/archived-brands/autre/return")
    assert answer.status_code == 422
    assert "Your plan is for 1 brand, which is in use." in answer.text
    assert is_archived(full, "autre")
    assert full.desk.post("owner", "/brands/marque/archive").status_code == 303
    assert full.desk.post("owner", "/archived-brands/autre/return").status_code == 303
    assert not is_archived(full, "autre")


def test_a_deletion_is_stopped_all_the_same(full: Till):
    """Nothing is lost for want of a place: the brand is not deleted any more, and stays put away."""
    desk = full.desk
    with desk.session() as session:
        brand_id = session.scalars(select(Brand.id).where(Brand.slug == "autre")).one()
        owner = desk.world.people["owner"].membership_id
        session.add(BrandEnding(brand_id=brand_id, asked_by=owner, ends_at=utcnow() + timedelta(days=9)))
    answer = desk.post("owner", "/archived-brands/autre/return")
    assert answer.status_code == 303
    page = desk.browser("owner").get(answer.location, base_url="https://localhost").text
    assert "To be deleted" not in page
    with desk.session() as session:
        assert session.scalars(select(BrandEnding)).all() == []
    assert is_archived(full, "autre")


def test_a_copy_takes_a_place_too(full: Till):
    answer = full.desk.post("owner", "/brands/marque/copies", {"name": "Copie", "parts": ["chains"]})
    assert answer.status_code == 422
    assert "Your plan is for 1 brand, which is in use." in answer.text


def test_who_does_not_pay_may_leave_and_pay_for_less(till: Till):
    till.fail(till.pay_for(2, days_ago=60), days_ago=8)
    assert till.standing() == ("read_only", "payment")
    assert till.desk.post("owner", "/brands/autre/archive").status_code == 303
    assert till.desk.post("owner", "/brands/marque/exports").status_code == 303
    assert till.desk.post("owner", "/brands/marque/copies", {"name": "Copie"}).status_code == 402
