"""Another agency's names in fields and queries, and words that no field should take: 404, or a sentence with what was typed."""

import json
import uuid

import pytest
from sqlalchemy import func, select
from support.desk import Desk
from support.world import World

from tenants.brands import Brand
from unisson.activity.models import Event
from unisson.editorial.models import Content


@pytest.fixture
def foreign(new_world) -> World:
    return new_world("Ailleurs")


@pytest.fixture
def foreign_brand(runtime, foreign: World) -> str:
    """A brand of another agency, by a name that this agency has not."""
    with runtime.database.agency(foreign.agency_id) as session:
        brand = session.get_one(Brand, (foreign.agency_id, foreign.brand_id))
        brand.slug = f"ailleurs-{uuid.uuid4().hex[:8]}"
        return brand.slug


QUERIES = (
    "/calendar?brand={brand}", "/publications?brand={brand}", "/publications?brand={brand}&state=published",
    "/team/invitations?brand={brand}", "/brands/{brand}", "/brands/{brand}/contents/new", "/brands/{brand}/channels/new",
)  # fmt: skip


@pytest.mark.parametrize("path", QUERIES)
@pytest.mark.parametrize("role", ["owner", "cm", "client_approver"])
def test_another_agencys_brand_in_a_query_does_not_exist(desk: Desk, foreign_brand: str, path: str, role: str) -> None:
    answer = desk.get(role, path.format(brand=foreign_brand))
    assert answer.status_code == 404
    assert "Ailleurs" not in answer.text


@pytest.mark.parametrize("path", ["/calendar?brand={brand}", "/publications?brand={brand}"])
def test_a_brand_that_one_does_not_see_does_not_exist_either(desk: Desk, path: str) -> None:
    assert desk.get("cm", path.format(brand=desk.world.sibling_slug)).status_code == 404


@pytest.mark.parametrize(
    "next_", ["//evil.example", "/\\evil.example", "https://evil.example/{slug}", "/%0d%0aX: y", "javascript:x"]
)
def test_no_next_leads_out(desk: Desk, new_browser, next_: str) -> None:
    answer = new_browser().get("/sign-in", query_string={"next": next_.format(slug=desk.world.slug)})
    assert answer.status_code == 200
    assert 'href="//evil' not in answer.text
    back = desk.post("cm", f"/brands/{desk.world.brand_slug}/media", {"back": next_})
    assert back.status_code == 422
    assert "Location" not in back.headers


ABSURD = (
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "99999-01-01",
    "2026-02-30",
    "-1",
    "٢٠٢٧-٠١-٠١",
    "2027-01-01T00:00",
    "🎉",
)


@pytest.mark.parametrize("date", ABSURD)
def test_an_absurd_date_costs_no_word(desk: Desk, date: str) -> None:
    typed = {"kind": "post", "title": "Fête 🎉 \u202etxt", "body": "Tout le texte", "date": date, "time": "10:00",
             "channel_ids": str(desk.world.newsroom_id)}  # fmt: skip
    answer = desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/new", typed)
    assert answer.status_code == 422
    assert "Tout le texte" in answer.text
    assert "Fête 🎉" in answer.text
    assert desk.get("cm", f"/calendar?month={date}").status_code in {200, 404}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "Un\r\nBcc: x@evil.example\0 deux"),
        ("body", "Un\0deux \ud83c\udf89".encode("utf-16", "surrogatepass").decode("utf-16")),
    ],
)
def test_control_characters_are_cleaned_and_kept_nowhere(desk: Desk, name: str, value: str) -> None:
    typed = {"kind": "post", "title": "Titre", "body": "Texte", name: value}
    assert desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/new", typed).status_code == 303
    with desk.session() as session:
        kept = session.scalars(select(getattr(Content, name))).one()
    assert "\0" not in kept
    assert "\r" not in kept
    assert name == "body" or "\n" not in kept


@pytest.mark.parametrize("body", [b"0", b"[]", b"null", b"{}", b'{"title": {"a": 1}}', b"\xff", b"{" * 5000])
@pytest.mark.parametrize("path", ["/settings", "/brands/new", "/team/invitations", "/brands/{brand}/contents/new"])
def test_json_is_no_form(desk: Desk, path: str, body: bytes) -> None:
    answer = desk.browser("owner").post(
        desk.path(path.format(brand=desk.world.brand_slug)), data=body, content_type="application/json",
        base_url="https://localhost",
    )  # fmt: skip
    assert answer.status_code in {400, 422}
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0


@pytest.mark.parametrize("path", ["/{slug}\0/brands", "/{slug}/brands/\0", "/newsroom/{slug}/\0/", "/newsroom/{slug}/marque/a\0b",
                                  "/{slug}/approve/\0", "/verification/\0", "/dev/mail/\0"])  # fmt: skip
def test_nothing_is_named_with_nul(desk: Desk, path: str) -> None:
    answer = desk.browser("owner").get(path.format(slug=desk.world.slug), base_url="https://localhost")
    assert answer.status_code == 404
    assert "<h1" in answer.text


def test_a_parameter_that_comes_twice_is_read_once(desk: Desk) -> None:
    typed = {"kind": ["post", "article"], "title": ["Un", "Deux"], "body": ["A", "B"], "version": ["0", "1"],
             "operation_id": [str(uuid.uuid4()), str(uuid.uuid4())]}  # fmt: skip
    assert desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/new", typed).status_code == 303
    with desk.session() as session:
        assert session.scalars(select(Content.title)).all() == ["Un"]
    assert desk.get("cm", "/calendar?month=2026-10&month=x&brand=&brand=y").status_code == 200


def test_two_brands_of_one_name_are_told_apart(desk: Desk) -> None:
    data = {"name": "Jumelle", "sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "ocean"}
    first, second = (desk.post("owner", "/brands/new", data).location for _ in range(2))
    assert first != second
    assert desk.get("owner", second.removeprefix(f"/{desk.world.slug}")).status_code == 200


def test_a_script_gets_its_refusals_as_json(desk: Desk) -> None:
    content_id = desk.in_state("draft")
    answer = desk.post(
        "cm", f"/contents/{content_id}/move", {"wall_time": "2027-03-28T02:30"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 422
    assert "28" in json.loads(answer.text)["message"]
