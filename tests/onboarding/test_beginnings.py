"""What a new brand begins with: a colour of its logo, a set of chains, a strategy to be changed."""

import re
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select

from tenants.brands import ACCENTS, SECTORS, Brand
from unisson.agency.colours import HUES, near_accents, oklch
from unisson.approvals.policies import chains_of
from unisson.approvals.presets import BY_SECTOR, PRESETS
from unisson.approvals.starters import STARTERS
from unisson.strategy.models import Strategy
from unisson.strategy.starters import SECTORS as TOLD
from unisson.strategy.starters import starter

FORM = {"name": "Marque", "sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "ocean"}
TOKENS = Path(__file__).parents[2] / "platform/unisson/static/css/tokens.css"


def logo(*colours, mode="RGBA"):
    """A logo of stripes on a clear ground."""
    drawn = Image.new(mode, (300, 100), (255, 255, 255, 0)[: len(mode)])
    for place, colour in enumerate(colours):
        ImageDraw.Draw(drawn).rectangle((20 + 80 * place, 10, 90 + 80 * place, 90), fill=colour)
    out = BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def upload(desk, content, **more):
    data = FORM | more | {"logo": (BytesIO(content), "logo.png")}
    return desk.post("owner", "/brands/marque/edit", data, content_type="multipart/form-data")


def test_the_accents_have_the_hues_of_the_style_sheet():
    css = TOKENS.read_text()
    for name, hue in HUES.items():
        declared = re.search(
            rf'data-accent="{name}"\].*?--accent: light-dark\(oklch\(\S+ \S+ ([\d.]+)\)', css, re.DOTALL
        )
        assert declared is not None
        assert float(declared[1]) == hue
    assert {*HUES, "ink"} == set(ACCENTS)


@pytest.mark.parametrize(
    ("colours", "accents"),
    [
        ([(200, 60, 40, 90)], ["coral"]),
        ([(255, 255, 255, 70), (10, 90, 180, 20), (240, 180, 40, 10)], ["ocean", "amber"]),
        ([(0, 0, 0, 100)], ["ink"]),
        ([(255, 255, 255, 100)], []),
        ([(90, 105, 125, 50)], ["slate"]),
        ([(200, 60, 40, 2)], []),
        ([], []),
    ],
)
def test_a_logos_colours_lead_to_the_nearest_accents(colours, accents):
    assert near_accents(colours) == accents


def test_a_known_colour_is_measured_as_css_does():
    lightness, chroma, hue = oklch(255, 0, 0)
    assert (round(lightness, 3), round(chroma, 3), round(hue, 1)) == (0.628, 0.258, 29.2)


def test_a_new_logo_offers_its_colours_and_a_person_chooses(desk):
    answer = upload(desk, logo((200, 60, 40, 255), (30, 120, 60, 255)))
    assert answer.status_code == 303
    assert re.search(r"/brands/marque/colour\?near=\w+&near=\w+$", answer.location)
    page = desk.browser("owner").get(answer.location, base_url="https://localhost").text
    assert {"coral", "moss", "ocean"} == set(re.findall(r'name="accent" value="(\w+)"', page))
    assert desk.post("owner", "/brands/marque/colour", {"accent": "moss"}).status_code == 303
    with desk.session() as session:
        assert session.get_one(Brand, (desk.world.agency_id, desk.world.brand_id)).accent == "moss"


def test_a_logo_in_the_brands_colour_asks_nothing(desk):
    assert upload(desk, logo((10, 90, 180, 255))).location.endswith("/brands/marque")
    assert upload(desk, logo()).location.endswith("/brands/marque")


def test_no_other_colour_is_taken(desk):
    assert desk.post("owner", "/brands/marque/colour", {"accent": "#f00"}).status_code == 422
    page = desk.get("owner", "/brands/marque/colour?near=<b>&near=plum&near=plum")
    assert set(re.findall(r'name="accent" value="([^"]+)"', page.text)) == {"plum", "ocean"}
    assert desk.post("cm", "/brands/marque/colour", {"accent": "moss"}).status_code == 403


@pytest.mark.parametrize("preset", PRESETS)
def test_a_set_of_chains_replaces_what_the_brand_was_opened_with(desk, preset):
    assert desk.post("owner", "/brands/marque/first-chain", {"preset": preset}).status_code == 303
    with desk.session() as session:
        names = [kept.policy.name for kept in chains_of(session, desk.world.brand_id)]
    assert names == [STARTERS[key][0]["fr"] for key in PRESETS[preset]]
    assert desk.get("owner", "/brands/marque/first-chain").location.endswith("/brands/marque/chains")
    again = desk.post("owner", "/brands/marque/first-chain", {"preset": "plain"})
    assert (again.status_code, again.location.rsplit("/", 1)[1]) == (303, "chains")


def test_the_sets_are_offered_with_the_sectors_first(desk):
    desk.speak_english()
    page = desk.get("owner", "/brands/marque/first-chain").text
    assert page.index("With claims, prices and contests") < page.index("The shortest")
    assert "own templates" not in page
    assert desk.post("owner", "/brands/marque/first-chain", {"preset": "none"}).status_code == 422
    assert desk.post("owner", "/brands/marque/first-chain", {"preset": "own"}).status_code == 422
    assert desk.post("cm", "/brands/marque/first-chain", {"preset": "plain"}).status_code == 403


def test_an_agency_may_begin_with_its_own_templates(desk):
    desk.speak_english()
    assert desk.post("owner", "/settings/chains", {"starter": "reply"}).status_code == 303
    assert "own templates" in desk.get("owner", "/brands/marque/first-chain").text
    assert desk.post("owner", "/brands/marque/first-chain", {"preset": "own"}).status_code == 303
    with desk.session() as session:
        assert [kept.policy.name for kept in chains_of(session, desk.world.brand_id)] == ["Fast reply"]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("sector", SECTORS)
def test_each_sector_has_a_strategy_that_can_be_kept(sector, language):
    made = starter(sector, language, date(2026, 11, 28))
    assert sum(each["share"] for each in made.pillars) == 100
    assert (made.starts_on, made.ends_on) == (date(2026, 11, 28), date(2027, 12, 31))
    assert len({each["name"] for each in made.pillars}) == 4
    assert made.mentions["partner"]


def test_the_sectors_are_those_that_brands_have():
    assert set(TOLD) | {"other"} == set(SECTORS)
    assert set(BY_SECTOR) <= set(SECTORS)
    assert set(BY_SECTOR.values()) <= set(PRESETS)


def test_the_form_of_a_strategy_is_filled_in_and_kept_as_it_is_typed(desk):
    page = desk.get("cm", "/brands/marque/strategy/new?starter=sector").text
    assert "Recettes: 20" in page
    assert "mangerbouger.fr" in page
    assert "Recettes" not in desk.get("cm", "/brands/marque/strategy/new").text
    typed = {
        "title": "Première stratégie", "starts_on": "2026-11-28", "ends_on": "2027-12-31", "pillars": "Recettes: 100",
    }  # fmt: skip
    assert desk.post("cm", "/brands/marque/strategy/new", typed).status_code == 303
    with desk.session() as session:
        assert session.scalars(select(Strategy.pillars)).one() == [{"name": "Recettes", "share": 100}]
