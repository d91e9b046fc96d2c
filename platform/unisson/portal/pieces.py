"""What the list of a link is put together from: each content's lines, the days around, what was said last.

Each is kept as it was written under all that it shows and for whom, so that a change of one content writes one anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app
from markupsafe import Markup

from tenants.context import acting_for
from unisson.media.addresses import picture_address
from unisson.portal.reading import Word
from unisson.portal.surroundings import Around
from unisson.portal.waiting import Item
from unisson.web.db import session
from unisson.web.fragments import Fragments, digest, release
from unisson.web.i18n import language

KEPT = 2_000
"""Pieces that a process keeps: of some hundred people's lists, a few hundred bytes each."""

Address = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of one page: its addresses lead through the guest's own door, its times are on the clock of `zone`."""

    here: Address
    zone: str

    def item(self, item: Item, is_chosen: bool) -> Markup:
        """Return one content that waits."""
        picture = picture_address(item.picture, item.picture_mime or "") if item.picture else ""
        return self._piece("_item.html", item=item, picture=picture, is_chosen=is_chosen)

    def around(self, rows: Sequence[Around]) -> Markup:
        """Return the days around."""
        return self._piece("_around.html", rows=rows)

    def words(self, rows: Sequence[Word]) -> Markup:
        """Return what the guest said last."""
        return self._piece("_words.html", rows=rows, zone=self.zone)

    def _piece(self, template: str, **shown: Any) -> Markup:
        key = digest(release(), template, language(), self.here("desk"), sorted(shown.items()))
        page = current_app.jinja_env.get_template(f"portal/{template}")
        with acting_for(session().agency_id):
            return _kept().get_or_make(key, lambda: Markup(page.render(here=self.here, **shown)))  # noqa: S704 - escaped by the template


def _kept() -> Fragments[Markup]:
    return cast("Fragments[Markup]", current_app.extensions["unisson.portal_pieces"])


def init_app(app: Flask) -> None:
    """Keep the pieces of this process."""
    app.extensions["unisson.portal_pieces"] = Fragments[Markup]("portal", KEPT)
