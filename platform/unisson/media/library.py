"""The library of a brand: what is known of its images, where each is used, and putting one away.

An image is never deleted: frozen versions refer to it by its id.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, func, literal, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.editorial.models import Content, Illustration
from unisson.media.endings import expect
from unisson.media.models import Media
from unisson.strategy.checks import folded
from unisson.web.i18n import lazy

PAGE = 60
"""Images that one page of the library shows."""
SOON = timedelta(days=30)
"""Rights that end within it are said to end soon."""
MOST_TAGS, TAG_LENGTH, LINE_LENGTH, ALT_LENGTH = 20, 40, 200, 1000

STALE = lazy("Somebody changed this image after you opened it. Your text is still in the form: compare, then save.")
TOO_LONG = lazy("This is too long: a description has 1,000 characters at most, another line 200.")
MANY_TAGS = lazy("An image has twenty tags at most, of forty characters each.")
ARCHIVED = lazy("This brand is archived: nothing can be changed in it.")


@dataclass(frozen=True, slots=True)
class Details:
    """What a person says of an image. `rights_until` is the last day on which it may go out."""

    alt_fr: str = ""
    alt_en: str = ""
    credit: str = ""
    rights_holder: str = ""
    rights_until: date | None = None
    folder: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which images of a brand to show; `today` is the day on its clock."""

    today: date
    words: str = ""
    folder: str = ""
    show: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of images, how many contents use each, the brand's folders, and whether there are more."""

    images: Sequence[Media]
    uses: dict[uuid.UUID, int]
    folders: Sequence[str]
    has_more: bool


def load_image(session: TenantSession, actor: Actor, media_id: uuid.UUID, *, lock: bool = False) -> Media:
    """Return an image that the actor may work with. Raises NotFoundError, ForbiddenError."""
    wanted = select(Media).where(Media.id == media_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    media = session.scalars(wanted).one_or_none()
    if media is None:
        raise NotFoundError
    actor.require(Permission.CONTENT_SEE, media.brand_id)
    actor.require(Permission.CONTENT_WRITE, media.brand_id)
    return media


def shelf(session: TenantSession, brand_id: uuid.UUID, wanted: Wanted) -> Shelf:
    """Return one page of a brand's images, the newest first, in three statements whatever their number."""
    found = session.scalars(
        _filtered(brand_id, wanted)
        .order_by(Media.created_at.desc(), Media.id.desc())
        .offset((wanted.page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    images = found[:PAGE]
    uses = session.execute(
        select(Illustration.media_id, func.count(Illustration.content_id.distinct()))
        .where(Illustration.media_id.in_([each.id for each in images]))
        .group_by(Illustration.media_id)
    )
    folders = session.scalars(
        select(Media.folder).where(Media.brand_id == brand_id, Media.folder != "").distinct().order_by(Media.folder)
    ).all()
    return Shelf(images, {row[0]: row[1] for row in uses}, folders, len(found) > PAGE)


def _filtered(brand_id: uuid.UUID, wanted: Wanted) -> Select[Media]:
    found = select(Media).where(Media.brand_id == brand_id)
    found = found.where(Media.archived_at.is_not(None) if wanted.show == "archived" else Media.archived_at.is_(None))
    for word in folded(wanted.words).split():
        found = found.where(Media.words.contains(word, autoescape=True))
    if wanted.folder:
        found = found.where(Media.folder == wanted.folder)
    if wanted.show == "unused":
        used = select(literal(1)).where(Illustration.agency_id == Media.agency_id, Illustration.media_id == Media.id)
        found = found.where(~used.exists())
    if wanted.show == "ending":
        found = found.where(Media.rights_until <= wanted.today + SOON)
    if wanted.show == "ended":
        found = found.where(Media.rights_until < wanted.today)
    return found


def contents_with(session: TenantSession, media: Media) -> Sequence[Content]:
    """Return the contents that show the image now, the latest date first."""
    return session.scalars(
        select(Content)
        .where(
            Content.brand_id == media.brand_id,
            Content.id.in_(select(Illustration.content_id).where(Illustration.media_id == media.id)),
        )
        .order_by(Content.scheduled_at.desc().nulls_first(), Content.id)
    ).all()


def describe(
    session: TenantSession, actor: Actor, media_id: uuid.UUID, details: Details, version_shown: int | None
) -> Media:
    """Return the image with what is said of it. Raises RefusedError, StaleError, NotFoundError, ForbiddenError."""
    media = load_image(session, actor, media_id, lock=True)
    _check_open(session, media)
    if version_shown is not None and version_shown != media.version:
        raise StaleError(STALE)
    _check(details)
    is_other_day = media.rights_until != details.rights_until
    media.alt_fr, media.alt_en, media.credit = details.alt_fr, details.alt_en, details.credit
    media.rights_holder, media.rights_until = details.rights_holder, details.rights_until
    media.folder, media.tags = details.folder, list(details.tags)
    media.words = words_of(media)
    media.version += 1
    session.flush()
    if is_other_day:
        expect(session, media.brand_id)
    record(session, actor, "media.described", "media", media.id, brand_id=media.brand_id)
    return media


def put_away(session: TenantSession, actor: Actor, media_id: uuid.UUID, *, back: bool = False) -> Media:
    """Return the image, out of the library or back in it; contents and frozen versions keep it either way."""
    media = load_image(session, actor, media_id, lock=True)
    _check_open(session, media)
    if (media.archived_at is None) == back:
        return media
    media.archived_at = None if back else session.now()
    session.flush()
    expect(session, media.brand_id)
    record(session, actor, "media.taken_back" if back else "media.put_away", "media", media.id, brand_id=media.brand_id)
    return media


def words_of(media: Media) -> str:
    """Return what a search of the library looks in."""
    said = (media.filename, media.alt_fr, media.alt_en, media.credit, media.rights_holder, media.folder)
    return folded(" ".join([*(each or "" for each in said), *(media.tags or ())]))


def _check_open(session: TenantSession, media: Media) -> None:
    if session.read_once(Brand, media.brand_id).archived_at is not None:
        raise StaleError(ARCHIVED)


def _check(details: Details) -> None:
    for name, most in (
        ("alt_fr", ALT_LENGTH),
        ("alt_en", ALT_LENGTH),
        ("credit", LINE_LENGTH),
        ("rights_holder", LINE_LENGTH),
        ("folder", LINE_LENGTH),
    ):
        if len(getattr(details, name)) > most:
            raise RefusedError(TOO_LONG, field=name)
    if len(details.tags) > MOST_TAGS or any(len(tag) > TAG_LENGTH for tag in details.tags):
        raise RefusedError(MANY_TAGS, field="tags")
