"""What the list of a link is put together from: each content's lines, the days around, what was said last.

Each is kept as it was written under all that it shows and for whom, so that a change of one content writes one anew.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

from flask import Flask, current_app
from markupsafe import Markup

from unisson.media.addresses import picture_address
from unisson.portal.reading import Word
from unisson.portal.surroundings import Around
from unisson.portal.waiting import Item
from unisson.web.fragments import Fragments, digest, release
from unisson.web.i18n import language

KEPT = 2_000
"""Pieces that a process keeps: of some hundred people's lists, a few hundred bytes each."""

Address = Callable[..., str]


class Pieces:
    """The pieces of one page: its addresses lead through the guest's own door, its times are on the clock of `zone`."""

    def __init__(self, here: Address, zone: str) -> None:
        self._here = here
        self._zone = zone
        self._look = (release(), language(), here("desk"))

    def item(self, item: Item, is_chosen: bool) -> Markup:
        """Return one content that waits."""
        picture = picture_address(item.picture, item.picture_mime or "") if item.picture else ""
        return self._piece("_item.html", item=item, picture=picture, is_chosen=is_chosen)

    def around(self, rows: Sequence[Around]) -> Markup:
        """Return the days around."""
        return self._piece("_around.html", rows=rows)

    def words(self, rows: Sequence[Word]) -> Markup:
        """Return what the guest said last."""
        return self._piece("_words.html", rows=rows, zone=self._zone)

    def _piece(self, template: str, **shown: Any) -> Markup:
        def fresh() -> Markup:
            page = current_app.jinja_env.get_template(f"portal/{template}")
            return Markup(page.render(here=self._here, **shown))  # noqa: S704 - escaped by the template

        return _kept().get_or_make(digest(self._look, template, shown), fresh)


def _kept() -> Fragments[Markup]:
    return cast("Fragments[Markup]", current_app.extensions["unisson.portal_pieces"])


def init_app(app: Flask) -> None:
    """Keep the pieces of this process."""
    app.extensions["unisson.portal_pieces"] = Fragments[Markup]("portal", KEPT)
