"""What stands beside the texts of a content: the card of their link, tags of links, the posts that continue them."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from tenants.errors import NotFoundError, RefusedError
from tenants.session import TenantSession
from unisson.editorial.models import Content
from unisson.media.models import Media, MediaKind
from unisson.publishing.channels.abilities import MOST_POSTS, first_link
from unisson.web.i18n import lazy

TITLE_CHARACTERS = 300
DESCRIPTION_CHARACTERS = 1000

LONG_CARD = lazy("The title of a card has 300 characters at most, its description 1,000. Shorten them.")


LONG_THREAD = lazy("A thread has ten posts at most, the first one included. Take some away; nothing was saved.")
LONG_POST = lazy("A post of the thread is longer than 3,000 characters. Shorten it; nothing was saved.")
MOST_CHARACTERS = 3_000
"""Of one further post: more than any channel takes, so that what is too long for one can be kept and shortened."""


@dataclass(frozen=True, slots=True)
class Card:
    """The card of a link: what its page says of itself, or what somebody made of it.

    Without a title there is nothing to show; `off` is somebody's wish that the link goes out without a card.
    """

    url: str
    title: str = ""
    description: str = ""
    image: uuid.UUID | None = None
    off: bool = False

    @property
    def shows(self) -> bool:
        """Whether it goes out."""
        return bool(self.title) and not self.off

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {
            "url": self.url,
            "title": self.title,
            "description": self.description,
            "image": str(self.image) if self.image else None,
            "off": self.off,
        }


@dataclass(frozen=True, slots=True)
class Beside:
    """All of it. `card` is None where nobody has looked at the link yet: it is then looked at when it leaves."""

    card: Card | None = None
    tagged: bool | None = None
    """Whether links are tagged; None where the brand's word holds."""
    thread: tuple[str, ...] = ()
    """The texts of further posts, where a channel has threads."""


NOTHING = Beside()


def settled(beside: Beside, texts: Iterable[str]) -> Beside:
    """Return what may be kept beside `texts`. Raises RefusedError.

    A card of a link that none of the texts begins with is not theirs any more; an empty post of a thread is none.
    """
    thread = tuple(text.rstrip() for text in beside.thread if text.strip())
    if len(thread) >= MOST_POSTS:
        raise RefusedError(LONG_THREAD, field="thread")
    if any(len(text) > MOST_CHARACTERS for text in thread):
        raise RefusedError(LONG_POST, field="thread")
    beside, card = replace(beside, thread=thread), beside.card
    if card is not None:
        if len(card.title) > TITLE_CHARACTERS or len(card.description) > DESCRIPTION_CHARACTERS:
            raise RefusedError(LONG_CARD, field="card")
        if card.url not in {first_link(text) for text in texts}:
            return replace(beside, card=None)
    return beside


def card_of_page(url: str, title: str, description: str, image: uuid.UUID | None) -> Card:
    """Return what a page says of itself as the card of its link."""
    return Card(url, title[:TITLE_CHARACTERS], description[:DESCRIPTION_CHARACTERS], image)


def beside_of(content: Content) -> Beside:
    """Return what is kept beside the texts of a content."""
    return Beside(card=card_from(content.card), tagged=content.tagged, thread=tuple(content.thread or ()))


def put(content: Content, beside: Beside) -> None:
    """Keep it with the content: what `settled` returned."""
    content.card = beside.card.as_json() if beside.card else None
    content.tagged = beside.tagged
    content.thread = list(beside.thread)


def check_images(session: TenantSession, content: Content) -> None:
    """Pass if the card's image is one of the brand's. Raises NotFoundError."""
    card = card_from(content.card)
    if card is not None and card.image is not None and card_image(session, content, card) is None:
        raise NotFoundError


def card_image(session: TenantSession, content: Content, card: Card) -> Media | None:
    """Return the image of a content's card, where it has one; a video is none."""
    return session.scalar(
        select(Media).where(
            Media.id == card.image, Media.brand_id == content.brand_id, Media.kind == MediaKind.IMAGE.value
        )
    )


def card_from(kept: Mapping[str, Any] | None) -> Card | None:
    """Return a card as it was kept."""
    if not kept:
        return None
    image = uuid.UUID(kept["image"]) if kept["image"] else None
    return Card(kept["url"], kept["title"], kept["description"], image, kept["off"])
