"""What the releases of the demonstration have besides their text, with the brand's own words and contact."""

from typing import Any

from unisson.demo.script import BrandScript, Piece, fr
from unisson.editorial.models import ContentKind
from unisson.editorial.press import Contact, Press, Quote, with_quote_risk


def brand_press(told: BrandScript) -> dict[str, Any]:
    """Return what new releases of a brand begin with, as it is kept."""
    press = Press(boilerplate=fr(told.about), contact=Contact(*told.contact))
    return {"boilerplate": press.boilerplate, "contact": press.as_json()["contact"]}


def press_of(told: BrandScript, piece: Piece) -> Press | None:
    """Return what a piece has around its text; None for anything but a release."""
    if piece.kind != ContentKind.PRESS_RELEASE:
        return None
    return Press(
        standfirst=fr(piece.lead),
        quotes=tuple(Quote(*map(fr, each)) for each in piece.quotes),
        boilerplate=fr(told.about),
        contact=Contact(*told.contact),
    )


def risks_of(piece: Piece, press: Press | None) -> list[str]:
    """Return the delicate points that a piece has by itself."""
    return list(with_quote_risk(piece.kind, press, ()))
