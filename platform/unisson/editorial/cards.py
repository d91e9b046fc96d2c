"""Looking at the page of a link: what it says of itself, by the safe fetcher, within seconds; and keeping its image."""

import uuid
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import RefusedError
from tenants.session import Database, TenantSession
from unisson.editorial.beside import Card, card_of_page
from unisson.media.intake import take_in
from unisson.media.library import words_of
from unisson.media.models import Media
from unisson.outbound import Deadline, Outbound
from unisson.publishing.channels.linkcard import LinkCard, card_image, link_card
from unisson.runtime import Runtime
from unisson.storage import Storage
from unisson.web.i18n import lazy

SECONDS = 5.0
"""For the page and its image together."""
IMAGE_BYTES = 5_000_000
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
LINE_CHARACTERS = 200

NO_PREVIEW = lazy("No preview: this page could not be read, or says nothing of itself.")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found at an address: the page's card, and its image as (bytes, media type) where it has one."""

    card: LinkCard
    image: tuple[bytes, str] | None


@lru_cache(maxsize=4)
def outbound_of(runtime: Runtime) -> Outbound:
    """Return the process's way out for addresses that somebody typed."""
    return Outbound(runtime.settings.outbound_allow, only=runtime.settings.outbound_only)


def look(outbound: Outbound, url: str) -> Looked | None:
    """Return what is at `url`, within `SECONDS`; None where there is no page that says what it is.

    The page may take its time: where nothing has to be held meanwhile, no transaction should be open.
    """
    deadline = Deadline.after(SECONDS)
    card = link_card(outbound, url, deadline)
    return Looked(card, card_image(outbound, card, IMAGE_BYTES, deadline)) if card else None


def card_of(looked: Looked | None, url: str, image: uuid.UUID | None) -> Card:
    """Return the card to propose for `url`: an empty one where nothing was found."""
    if looked is None:
        return Card(url)
    return card_of_page(url, looked.card.title, looked.card.description, image)


def keep_image(
    database: Database, actor: Actor, brand_id: uuid.UUID, looked: Looked | None, storage: Storage
) -> uuid.UUID | None:
    """Keep the image of a card, in a transaction of its own; return its id, None where it has none that can be used.

    It stays out of the library, where nobody chose it: there it would stand among the brand's own.
    """
    if looked is None or looked.image is None:
        return None
    try:
        with database.agency(actor.agency_id) as session:
            return take_in_found(session, actor, brand_id, looked, storage, put_away=True).id
    except RefusedError:
        return None


def take_in_found(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, looked: Looked, storage: Storage, *, put_away: bool
) -> Media:
    """Return the image of a page as one of the brand's, credited to the site; one that was there keeps its words.

    Unless it is to be `put_away`, it stands in the library from now on.

    Raises RefusedError for what is no image.
    """
    content, mime = looked.image or (b"", "")
    before = session.scalar(select(Media.id).where(Media.brand_id == brand_id).order_by(Media.id.desc()).limit(1))
    name = f"{looked.card.site[:60]}.{EXTENSIONS.get(mime, 'bin')}"
    media = take_in(session, actor, brand_id, name, BytesIO(content), storage=storage)
    if media.version == 1 and not media.credit and (before is None or media.id > before):
        media.credit = looked.card.site[:LINE_CHARACTERS]
        media.archived_at = session.now() if put_away else None
        media.words = words_of(media)
    elif not put_away:
        media.archived_at = None
    session.flush()
    return media
