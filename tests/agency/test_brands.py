"""Opening and editing brands."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from tenants.brands import Brand
from tenants.permissions import Permission
from unisson.activity.models import Event
from unisson.agency.brands import open_brand
from unisson.approvals.policies import chains_of
from unisson.publishing.models import Channel

TYPED = {"name": "Maison Léa", "sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "plum"}
MAY_OPEN = {"owner", "admin", "account_manager"}
EVERYBODY = ("owner", "admin", "account_manager", "member", "cm", "rp", "client_approver", "client_contact", "expert")


def test_a_brand_has_its_chain_and_newsroom_at_once(as_, world, runtime):
    answer = as_("owner").post(f"/{world.slug}/brands/new", data=TYPED)
    assert (answer.status_code, answer.location) == (303, f"/{world.slug}/brands/maison-lea")
    with runtime.database.agency(world.agency_id) as session:
        brand = session.scalars(select(Brand).where(Brand.slug == "maison-lea")).one()
        assert (brand.name, brand.accent) == ("Maison Léa", "plum")
        kinds = session.scalars(select(Channel.kind).where(Channel.brand_id == brand.id)).all()
        verbs = session.scalars(select(Event.verb).where(Event.subject_id == brand.id)).all()
        (kept,) = chains_of(session, brand.id)
        roles = [approver.role for stage in kept.chain.stages for approver in stage.approvers]
    assert kinds == ["newsroom"]
    assert verbs == ["brand.opened"]
    assert roles == ["rp", "client_approver"]


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_opens_a_brand(as_, world, role):
    browser = as_(role)
    expected = 303 if role in MAY_OPEN else 403
    assert browser.get(f"/{world.slug}/brands/new").status_code == (200 if role in MAY_OPEN else 403)
    assert browser.post(f"/{world.slug}/brands/new", data=TYPED).status_code == expected


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_sees_and_edits_which_brand(as_, world, role):
    browser, wide = as_(role), role in MAY_OPEN
    assert browser.get(f"/{world.slug}/brands").status_code == 200
    own = {"member": 404, "expert": 403}.get(role, 200)
    assert browser.get(f"/{world.slug}/brands/{world.brand_slug}").status_code == own
    assert browser.get(f"/{world.slug}/brands/{world.sibling_slug}").status_code == (200 if wide else 404)
    expected = 303 if wide else (404 if own == 404 else 403)
    assert browser.post(f"/{world.slug}/brands/{world.brand_slug}/edit", data=TYPED).status_code == expected
    assert browser.post(f"/{world.slug}/brands/{world.sibling_slug}/edit", data=TYPED).status_code == (
        303 if wide else 404
    )


def test_one_name_twice_gets_two_addresses(as_, world):
    browser = as_("owner")
    found = [browser.post(f"/{world.slug}/brands/new", data=TYPED).location for _again in range(3)]
    assert [one.rsplit("/", 1)[1] for one in found] == ["maison-lea", "maison-lea-2", "maison-lea-3"]


def test_a_name_of_a_page_is_no_address(as_, world):
    answer = as_("owner").post(f"/{world.slug}/brands/new", data=TYPED | {"name": "New"})
    assert answer.location.endswith("/brands/new-2")


def test_a_name_in_another_script_has_an_address(as_, world):
    answer = as_("owner").post(f"/{world.slug}/brands/new", data=TYPED | {"name": "日本"})
    assert answer.location.endswith("/brands/brand")


def test_one_name_in_the_same_instant_gets_two_addresses(runtime, world, app):
    from unisson.web.guards import load_actor

    def open_one(_number: int) -> str:
        with app.test_request_context(f"/{world.slug}/"), runtime.database.agency(world.agency_id) as session:
            from flask import g

            g.session = session
            actor = load_actor(world.people["owner"].identity_id)
            slug = open_brand(session, actor, **TYPED).slug
            g.pop("session")
            return slug

    with ThreadPoolExecutor(4) as pool:
        slugs = list(pool.map(open_one, range(4)))
    assert len(set(slugs)) == 4


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "   "}, {"name": "x" * 121}, {"sector": "weapons"}, {"timezone": "Mars/Olympus"},
     {"language": "de"}, {"accent": "red"}, {"accent": ""}],
)  # fmt: skip
def test_a_wrong_field_is_said_and_the_rest_is_kept(as_, world, wrong):
    answer = as_("owner").post(f"/{world.slug}/brands/new", data=TYPED | {"name": "Kept as typed"} | wrong)
    assert answer.status_code == 422
    if "name" not in wrong:
        assert b"Kept as typed" in answer.data


def test_editing_keeps_the_address(as_, world, runtime):
    browser = as_("account_manager")
    typed = TYPED | {"name": "Tout autre\r\nnom", "timezone": "Asia/Tokyo", "language": "en"}
    assert browser.post(f"/{world.slug}/brands/{world.brand_slug}/edit", data=typed).status_code == 303
    with runtime.database.agency(world.agency_id) as session:
        brand = session.get_one(Brand, (world.agency_id, world.brand_id))
        assert (brand.slug, brand.name, brand.timezone) == (world.brand_slug, "Tout autre nom", "Asia/Tokyo") or (
            "\n" not in brand.name and "\r" not in brand.name
        )


def test_another_agencys_pages_are_not_there(as_, new_world, world):
    other, browser = new_world(), as_("owner")
    for path in ("", "brands", "brands/new", "team", "roles", "settings", f"brands/{other.brand_slug}",
                 f"brands/{other.brand_slug}/edit", f"brands/{other.brand_slug}/team"):  # fmt: skip
        assert browser.get(f"/{other.slug}/{path}").status_code == 404
    assert browser.post(f"/{other.slug}/brands/new", data=TYPED).status_code == 404
    assert browser.post(f"/{other.slug}/settings", data=TYPED).status_code == 404


def test_the_checklist_says_what_is_missing(as_, world):
    page = as_("owner").get(f"/{world.slug}/brands/{world.sibling_slug}", headers={"Accept-Language": "en"})
    assert f"/{world.slug}/brands/{world.sibling_slug}/onboarding/rp".encode() in page.data
    assert b"checklist" in page.data


def test_an_agency_without_brands_says_what_to_do(as_, world, runtime):
    with runtime.database.agency(world.agency_id) as session:
        for brand in session.scalars(select(Brand)):
            brand.archived_at = brand.created_at
    page = as_("owner").get(f"/{world.slug}/brands")
    assert page.status_code == 200
    assert f"/{world.slug}/brands/new".encode() in page.data


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_changes_the_agency(as_, world, role):
    typed = {"name": "Agence du port", "language": "en", "timezone": "Europe/London"}
    expected = 303 if role in {"owner", "admin"} else 403
    assert as_(role).post(f"/{world.slug}/settings", data=typed).status_code == expected


def test_the_settings_reach_the_directory(as_, world):
    browser = as_("owner")
    typed = {"name": "Agence du port", "language": "en", "timezone": "Europe/London"}
    browser.post(f"/{world.slug}/settings", data=typed)
    assert b"Agence du port" in browser.get(f"/{world.slug}/settings").data
    assert b"Agence du port" in browser.get(f"/{world.slug}/brands").data


def test_the_roles_page_is_the_map_itself(as_, world):
    from tenants.brands import SECTORS as ALL_SECTORS
    from tenants.permissions import SENTENCES, AgencyRole, BrandRole
    from unisson.agency.words import AGENCY_ROLES, BRAND_ROLES, PERMISSIONS, SECTORS

    assert as_("expert").get(f"/{world.slug}/roles").status_code == 200
    assert {key: value._args[0] for key, value in PERMISSIONS.items()} == SENTENCES
    assert set(PERMISSIONS) == set(Permission)
    assert set(AGENCY_ROLES) == set(AgencyRole)
    assert set(BRAND_ROLES) == set(BrandRole)
    assert set(SECTORS) == set(ALL_SECTORS)
