"""Which of a brand's possible colours are nearest to those of its logo.

A brand chooses among accents that are readable in light and dark (`css/tokens.css`, measured by `test_contrast`); a
logo's own colour seldom is. So what is offered is the nearest accents, by hue, in Oklab (CSS Color 4).
"""

import math
from collections.abc import Sequence

MOST = 3
"""Colours that are offered."""

HUES = {
    "slate": 250.0, "ocean": 245.0, "indigo": 277.0, "plum": 325.0, "rose": 8.0, "coral": 35.0, "amber": 70.0,
    "moss": 138.0, "teal": 192.0,
}  # fmt: skip
"""Accent → its hue in degrees, as `css/tokens.css` has it."""

GREY, MUTED = 0.035, 0.07
"""Chroma below which a colour has no hue that one sees, and below which a blue is a slate."""
WHITE = 0.93
"""Lightness above which a grey is the ground that a logo stands on."""
LEAST_SHARE = 3
"""Per cent of the logo that a colour covers at least to count: less is the edge between two others."""


def near_accents(colours: Sequence[tuple[int, int, int, int]]) -> list[str]:
    """Return the accents nearest to a logo's colours (red, green, blue, share in per cent), what is seen most first."""
    weights: dict[str, float] = {}
    for red, green, blue, share in colours:
        lightness, chroma, hue = oklch(red, green, blue)
        if share < LEAST_SHARE or (chroma < GREY and lightness > WHITE):
            continue
        named = _named(chroma, hue)
        weights[named] = weights.get(named, 0.0) + share * (0.02 if named == "ink" else chroma)
    return sorted(weights, key=lambda named: -weights[named])[:MOST]


def _named(chroma: float, hue: float) -> str:
    if chroma < GREY:
        return "ink"
    known = HUES if chroma < MUTED else {name: each for name, each in HUES.items() if name != "slate"}
    named = min(known, key=lambda name: _between(known[name], hue))
    return "slate" if chroma < MUTED and named in {"ocean", "indigo"} else named


def _between(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def oklch(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """Return lightness (0 to 1), chroma and hue (degrees) of an sRGB colour (0 to 255), by CSS Color 4."""
    r, g, b = (_linear(each / 255) for each in (red, green, blue))
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b2 = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b2), math.degrees(math.atan2(b2, a)) % 360


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
