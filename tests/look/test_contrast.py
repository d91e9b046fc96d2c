"""WCAG 2.2 contrast of every pair of tokens that text or a control's edge is drawn with, in light and in dark."""

import math
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "platform/unisson/static/css/tokens.css"
ACCENTS = ("ink", "slate", "ocean", "indigo", "plum", "rose", "coral", "amber", "moss", "teal")
THEMES = ("light", "dark")
COLOUR = r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)"
PAIR = re.compile(rf"--([\w-]+): light-dark\({COLOUR}, {COLOUR}\);")
TONES = ("neutral", "info", "review", "warning", "success", "danger")

TEXT = [
    *[(text, ground, 4.5) for text in ("ink", "muted") for ground in ("paper", "surface", "raised", "sunken", "hover")],
    *[(f"{tone}-text", ground, 4.5) for tone in TONES for ground in (f"{tone}-soft", "surface", "paper")],
    ("on-danger", "danger", 4.5),
    ("on-approve", "approve", 4.5),
    ("line-strong", "surface", 3.0),
    ("line-strong", "paper", 3.0),
    ("focus", "paper", 3.0),
    ("focus", "surface", 3.0),
]
ACCENT = [
    ("on-accent", "accent", 4.5),
    *[("accent-text", ground, 4.5) for ground in ("accent-soft", "surface", "paper", "sunken", "hover")],
    *[(text, "accent-soft", 4.5) for text in ("ink", "muted")],
    ("accent", "surface", 3.0),
    ("accent", "paper", 3.0),
]

Oklch = tuple[float, float, float]


def declared(css: str) -> dict[str, tuple[Oklch, Oklch]]:
    """Return each token's light and dark colour."""
    found: dict[str, tuple[Oklch, Oklch]] = {}
    for match in PAIR.finditer(css):
        name, *numbers = match.groups()
        a, b, c, d, e, f = map(float, numbers)
        found[name] = ((a, b, c), (d, e, f))
    return found


def luminance(colour: Oklch) -> float:
    """Return the relative luminance, through the matrices of CSS Color 4, clipped to sRGB."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    clipped = [min(1.0, max(0.0, channel)) for channel in (red, green, blue)]
    return 0.2126 * clipped[0] + 0.7152 * clipped[1] + 0.0722 * clipped[2]


def contrast(one: Oklch, other: Oklch) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blocks() -> dict[str, str]:
    """Return the css of each accent, by its name."""
    found = re.findall(r'\[data-accent="(\w+)"\] \{(.*?)\}', TOKENS.read_text(), re.DOTALL)
    return dict(found)


ROOT = declared(TOKENS.read_text().split("/* One accent a brand")[0])


def test_black_on_white_is_21_to_1() -> None:
    assert contrast((1.0, 0.0, 0.0), (0.0, 0.0, 0.0)) == pytest.approx(21, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground", "least"), TEXT)
def test_tokens_are_legible(theme: str, front: str, ground: str, least: float) -> None:
    side = THEMES.index(theme)
    assert contrast(ROOT[front][side], ROOT[ground][side]) >= least


def test_every_accent_is_there() -> None:
    assert set(blocks()) == set(ACCENTS)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("accent", ACCENTS)
@pytest.mark.parametrize(("front", "ground", "least"), ACCENT)
def test_accents_are_legible(accent: str, theme: str, front: str, ground: str, least: float) -> None:
    side, tokens = THEMES.index(theme), ROOT | declared(blocks()[accent])
    assert contrast(tokens[front][side], tokens[ground][side]) >= least
