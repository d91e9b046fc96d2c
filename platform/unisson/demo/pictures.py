"""Pictures for the demonstration, drawn by the product itself: skies, seas, hills, biscuits, in a brand's colours."""

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
SIZE = (1280, 800)

PALETTES: dict[str, tuple[Colour, Colour, Colour, Colour]] = {
    "amber": ((255, 239, 209), (240, 176, 92), (196, 105, 38), (92, 45, 20)),
    "moss": ((226, 236, 214), (150, 178, 122), (74, 110, 66), (30, 52, 40)),
    "teal": ((214, 242, 240), (110, 196, 196), (24, 124, 138), (10, 58, 74)),
    "plum": ((243, 226, 238), (201, 146, 190), (124, 62, 118), (54, 24, 58)),
}
"""Accent → from the lightest to the darkest."""


def drawn(motif: str, accent: str) -> bytes:
    """Return a JPEG of `motif` in the colours of `accent`; the same bytes each time."""
    light, soft, strong, dark = PALETTES[accent]
    picture = _sky(light, soft)
    MOTIFS[motif](picture, ImageDraw.Draw(picture), (light, soft, strong, dark), random.Random(motif))  # noqa: S311 - a drawing
    out = io.BytesIO()
    picture.filter(ImageFilter.SMOOTH).save(out, "JPEG", quality=86)
    return out.getvalue()


_Palette = tuple[Colour, Colour, Colour, Colour]
_Brush = ImageDraw.ImageDraw


def _mixed(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _sky(top: Colour, bottom: Colour) -> Image.Image:
    column = Image.new("RGB", (1, SIZE[1]))
    for y in range(SIZE[1]):
        column.putpixel((0, y), _mixed(top, bottom, y / SIZE[1]))
    return column.resize(SIZE)


def _band(brush: _Brush, height: float, shape: tuple[float, float, float], fill: Colour) -> None:
    """Fill everything below a gentle curve. `shape`: how far it swings, how many waves, where it begins."""
    swing, waves, phase = shape
    width, bottom = SIZE
    edge = [
        (x, height + swing * math.sin(waves * 2 * math.pi * x / width + phase) + swing * 0.35 * math.sin(9 * x / width))
        for x in range(0, width + 16, 16)
    ]
    brush.polygon([*edge, (width, bottom), (0, bottom)], fill=fill)


def _sun(brush: _Brush, x: int, y: int, radius: int, fill: Colour) -> None:
    brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _sea(_picture: Image.Image, brush: _Brush, palette: _Palette, chance: random.Random) -> None:
    light, soft, strong, dark = palette
    _sun(brush, 940, 300, 110, _mixed(light, (255, 255, 255), 0.6))
    for step in range(6):
        shape = (14 + 3 * step, 1.5 + step * 0.4, chance.uniform(0, 6))
        _band(brush, 430 + 68 * step, shape, _mixed(soft, dark, step / 6))
    brush.polygon([(330, 440), (410, 440), (395, 470), (345, 470)], fill=dark)
    brush.polygon([(372, 300), (372, 432), (440, 432)], fill=_mixed(light, (255, 255, 255), 0.7))
    brush.polygon([(364, 320), (364, 432), (318, 432)], fill=strong)


def _hills(_picture: Image.Image, brush: _Brush, palette: _Palette, chance: random.Random) -> None:
    light, soft, strong, dark = palette
    _sun(brush, 300, 230, 90, _mixed(light, (255, 255, 255), 0.5))
    for step in range(5):
        shade = _mixed(_mixed(light, soft, 0.8), dark, (step + 1) / 5)
        _band(brush, 330 + 95 * step, (60 - 6 * step, 1.1 + 0.5 * step, chance.uniform(0, 6)), shade)
    for _each in range(26):
        x, y = chance.randint(0, SIZE[0]), chance.randint(660, 780)
        height = chance.randint(60, 130)
        brush.polygon(
            [(x, y - height), (x - height * 0.26, y), (x + height * 0.26, y)],
            fill=_mixed(dark, strong, chance.random() * 0.4),
        )


def _night(picture: Image.Image, brush: _Brush, palette: _Palette, chance: random.Random) -> None:
    light, _soft, strong, dark = palette
    picture.paste(_sky(_mixed(dark, (0, 0, 0), 0.45), strong))
    for _each in range(130):
        x, y, radius = chance.randint(0, SIZE[0]), chance.randint(0, 480), chance.choice((1, 1, 2, 3))
        _sun(brush, x, y, radius, light)
    _sun(brush, 960, 210, 70, _mixed(light, (255, 255, 255), 0.4))
    for step in range(3):
        shade = _mixed(strong, dark, 0.5 + step / 4)
        _band(brush, 500 + 90 * step, (40, 1.2 + step, chance.uniform(0, 6)), shade)
    brush.polygon([(420, 640), (520, 500), (620, 640)], fill=_mixed(light, strong, 0.25))
    brush.polygon([(500, 640), (520, 560), (548, 640)], fill=dark)


def _biscuits(_picture: Image.Image, brush: _Brush, palette: _Palette, chance: random.Random) -> None:
    light, soft, strong, dark = palette
    brush.rectangle((0, 0, *SIZE), fill=_mixed(light, (255, 255, 255), 0.35))
    for row in range(4):
        for column in range(6):
            x, y = 110 + 212 * column + (106 if row % 2 else 0), 110 + 195 * row
            radius = 82 + chance.randint(-4, 4)
            _sun(brush, x + 7, y + 11, radius, _mixed(light, strong, 0.3))
            _sun(brush, x, y, radius, strong)
            _sun(brush, x, y, radius - 9, soft)
            for place in (-42, -14, 14, 42):
                reach = math.sqrt((radius - 16) ** 2 - place**2)
                for line in (
                    (x + place, y - reach, x + place, y + reach),
                    (x - reach, y + place, x + reach, y + place),
                ):
                    brush.line(line, fill=_mixed(soft, dark, 0.35), width=4)


def _boxes(_picture: Image.Image, brush: _Brush, palette: _Palette, chance: random.Random) -> None:
    light, soft, strong, dark = palette
    _band(brush, 600, (0.5, 1, 0), _mixed(soft, dark, 0.35))
    for place in range(5):
        width, height = chance.randint(150, 210), chance.randint(220, 400)
        left = 110 + 225 * place
        fill = (strong, dark, _mixed(soft, strong, 0.5), _mixed(strong, dark, 0.5), light)[place]
        brush.rounded_rectangle((left, 640 - height, left + width, 640), 18, fill=fill)
        brush.rectangle((left, 640 - height * 0.62, left + width, 640 - height * 0.46), fill=_mixed(fill, light, 0.7))
        _sun(brush, left + width // 2, round(640 - height * 0.82), 22, _mixed(fill, light, 0.5))


def _stage(_picture: Image.Image, brush: _Brush, palette: _Palette, chance: random.Random) -> None:
    light, soft, strong, dark = palette
    brush.rectangle((0, 0, *SIZE), fill=dark)
    for beam in range(7):
        x = 110 + beam * 178
        brush.polygon(
            [(x, 0), (x + chance.randint(-240, 60), 720), (x + chance.randint(80, 280), 720)],
            fill=_mixed(dark, (strong, soft)[beam % 2], 0.42),
        )
    brush.rectangle((0, 690, SIZE[0], SIZE[1]), fill=_mixed(dark, (0, 0, 0), 0.5))
    for _each in range(34):
        x = chance.randint(0, SIZE[0])
        _sun(brush, x, 716 + chance.randint(0, 34), 26, _mixed(dark, strong, 0.18))
    _sun(brush, 640, 520, 34, light)
    brush.rounded_rectangle((606, 552, 674, 700), 20, fill=light)


MOTIFS: dict[str, Callable[[Image.Image, _Brush, _Palette, random.Random], None]] = {
    "sea": _sea, "hills": _hills, "night": _night, "biscuits": _biscuits, "boxes": _boxes, "stage": _stage,
}  # fmt: skip
