"""The card of a text's first link on the page where it is written: looked up beside the typing, changed, left out."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from limits import RateLimitItemPerMinute
from sqlalchemy import select

from unisson.editorial.beside import Card
from unisson.editorial.cards import NO_PREVIEW, card_of, keep_image, look, outbound_of
from unisson.editorial.previews import LinkPreview, PreviewPicture
from unisson.media.addresses import still_address
from unisson.media.models import Media
from unisson.publishing.channels.abilities import WITH_CARD, first_link
from unisson.publishing.channels.linkcard import host_of
from unisson.storage import storage_of
from unisson.web import limits
from unisson.web.db import runtime, session
from unisson.web.forms import lines, one_line
from unisson.web.guards import BrandCard, actor

LOOKS = RateLimitItemPerMinute(120)
"""Pages that one agency may have looked at."""


@dataclass(frozen=True, slots=True)
class CardBox:
    """What the page shows of a card. `card` is None before the link was looked at."""

    link: str
    card: Card | None = None
    media: Media | None = None
    trouble: object = None

    @property
    def host(self) -> str:
        """Return the site of the link."""
        return host_of(self.link)


def typed_card(typed: Mapping[str, Any]) -> Card | None:
    """Return the card that a form holds; None where it holds none."""
    url = one_line(typed.get("card_url"))
    if not url:
        return None
    return Card(
        url=url,
        title=one_line(typed.get("card_title")),
        description=" ".join(lines(typed.get("card_description")).split()),
        image=None if typed.get("card_no_image") else _id(typed.get("card_image")),
        off=bool(typed.get("card_off")),
    )


def card_inputs(card: Card) -> dict[str, list[str]]:
    """Return what the inputs of a form hold for a card, by their names: what `typed_card` reads."""
    return {
        "card_url": [card.url],
        "card_title": [card.title],
        "card_description": [card.description],
        "card_image": [str(card.image or "")],
        **({"card_off": ["y"]} if card.off else {}),
    }


def link_among(texts: Iterable[tuple[str, str]]) -> str:
    """Return the link whose card goes out, from (kind of channel, text): the first one that shows cards decides."""
    return next((first_link(text) for kind, text in texts if kind in WITH_CARD), "")


def box(brand: BrandCard, link: str, card: Card | None) -> CardBox:
    """Return what is shown for `link`: the card that is typed, where it is this link's."""
    if not link or card is None or card.url != link:
        return CardBox(link)
    media = None
    if card.image is not None:
        media = session().scalar(select(Media).where(Media.id == card.image, Media.brand_id == brand.id))
    return CardBox(link, card, media, None if card.title or card.off else NO_PREVIEW)


def looked_at(brand: BrandCard, link: str) -> Card | None:
    """Go and see what the page of `link` says; None where there is no link. Nothing of the request is written."""
    if not link:
        return None
    limits.spend_of_agency("link-card", LOOKS, session().agency_id)
    person, held = actor(), runtime()
    session().rollback()  # no transaction waits on somebody else's server, nor the form's once-only number
    found = look(outbound_of(held), link)
    return card_of(found, link, keep_image(held.database, person, brand.id, found, storage_of(held.settings)))


def wants_a_look(link: str, card: Card | None) -> bool:
    """Whether the page of `link` has not been seen for this form, or is asked for again."""
    return request.form.get("action") == "card" or card is None or card.url != link


def link_preview(shown: CardBox, kind: str, text: str, pictures: Sequence[object]) -> LinkPreview | None:
    """Return the card as a channel of `kind` shows it under `text`; images take its place."""
    card = shown.card
    if card is None or not card.shows or pictures or kind not in WITH_CARD or first_link(text) != card.url:
        return None
    picture = None
    if shown.media is not None:
        picture = PreviewPicture(still_address(shown.media), "", shown.media.width, shown.media.height)
    return LinkPreview(shown.host, card.title, card.description, picture)


def _id(typed: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(typed or ""))
    except ValueError:
        return None
