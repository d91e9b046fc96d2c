"""Fragments of the page where a content is written: what stands beside its text."""

from dataclasses import replace

from flask import render_template, url_for
from werkzeug.wrappers import Response

from unisson.editorial.card_page import box, looked_at, wants_a_look
from unisson.editorial.composer import Composer
from unisson.web.db import without_writing


def look_up(composer: Composer) -> None:
    """Have the page of the form's first link read, and its card stand in the form."""
    found = looked_at(composer.brand, composer.beside.link)
    composer.form.beside_typed = replace(composer.form.beside_typed, card=found)
    composer.__dict__.pop("beside", None)  # what was shown before the page was read


def card(composer: Composer) -> Response | str:
    """Return the card of the form's first link; nothing (204) where it stands there already."""
    link, typed = composer.beside.link, composer.beside.typed_card
    if not wants_a_look(link, typed):
        return without_writing(Response(status=204))
    shown = box(composer.brand, link, looked_at(composer.brand, link))
    look_url = url_for("editorial.content_card", brand=composer.brand.slug)
    return without_writing(render_template("editorial/_card.html", shown=shown, look_url=look_url))
