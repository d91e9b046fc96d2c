"""Writing and changing contents. Any change of what was submitted reopens its approval."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm.attributes import flag_modified

from tenants.access import Actor
from tenants.base import new_id
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.editorial.beside import NOTHING, Beside, beside_of, check_images, put, settled
from unisson.editorial.contents import brand_of, channels_of, check_fresh, load, open_channels, own_texts, pictures_of
from unisson.editorial.models import (
    EDITABLE,
    Content,
    ContentKind,
    ContentState,
    Illustration,
    Risk,
    Variant,
)
from unisson.editorial.order import keep_order, leave_order, pull
from unisson.editorial.press import Press, check_sizes, kept_press, with_quote_risk
from unisson.editorial.reopening import date_is_free, follow_date, reopen
from unisson.editorial.timing import fold_of, must_be_future, resolve, wall_time_of
from unisson.media.models import Media
from unisson.media.rights import check_submitted
from unisson.publishing.models import kinds_of
from unisson.topics.embargo import check_embargo, embargo_on
from unisson.topics.planning import check_of_brand
from unisson.web.i18n import lazy

MAX_BODY_CHARACTERS = 100_000
MAX_TITLE_CHARACTERS = 300
MAX_PICTURES = 10
MAX_TAGS = 20
MAX_PILLAR = 80
MAX_TAG_CHARACTERS = 40

LEAVING = lazy("This content is being published, or is out already. It can't be changed any more; nothing was changed.")
CANCELLED = lazy("This content is cancelled. Restore it first; nothing was changed.")
TOO_LONG = lazy("This text is longer than 100,000 characters. Shorten it; nothing was saved.")
LONG_TITLE = lazy("A title has 300 characters at most. Shorten it; nothing was saved.")
NO_WORDS = lazy("Write a title or a text first.")
MANY_TAGS = lazy("A content has twenty tags at most, of forty characters each.")
TOO_MANY_PICTURES = lazy("A content has ten images at most.")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person typed: the whole of a content. `wall_time` is on the brand's clock, without a zone."""

    kind: ContentKind = ContentKind.POST
    tags: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    title: str = ""
    body: str = ""
    channel_ids: tuple[uuid.UUID, ...] = ()
    pictures: tuple[tuple[uuid.UUID, str], ...] = ()
    wall_time: datetime | None = None
    fold: int | None = None
    topic_id: uuid.UUID | None = None
    pillar: str = ""
    texts: tuple[tuple[uuid.UUID, str], ...] = ()
    """What some channels have of their own, instead of `body`."""
    press: Press | None = None
    """What a release has besides its title and text."""
    beside: Beside = NOTHING


def write(session: TenantSession, actor: Actor, brand_id: uuid.UUID, draft: Draft) -> Content:
    """Return a new draft. Raises RefusedError for what can't be kept, NotFoundError for another brand's channel."""
    actor.require(Permission.CONTENT_WRITE, brand_id)
    brand = session.get_one(Brand, (session.agency_id, brand_id))
    content = Content(id=new_id(), brand_id=brand_id, author_id=actor.membership_id, zone=brand.timezone)
    _fill(session, content, brand, draft)
    session.add(content)
    session.flush()
    _attach(session, content, draft)
    check_embargo(session, content.topic_id, content.scheduled_at, content.channel_kinds)
    record(session, actor, "content.written", "content", content.id, brand_id=brand_id)
    return content


def duplicate(session: TenantSession, actor: Actor, content_id: uuid.UUID) -> Content:
    """Return a new draft with all of a content but its date, to channels that are still there. Raises NotFoundError."""
    content = load(session, actor, content_id, Permission.CONTENT_WRITE)
    return write(session, actor, content.brand_id, replace(again(session, content), wall_time=None, fold=None))


def again(session: TenantSession, content: Content) -> Draft:
    """Return the content as a draft of another one: on those of its channels that are still connected."""
    there = {channel.id for channel in open_channels(session, content.brand_id)}
    draft = draft_of(session, content)
    return replace(draft, channel_ids=tuple(each for each in draft.channel_ids if each in there))


def edit(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    draft: Draft,
    version_shown: int | None,
    *,
    is_told: bool = True,
) -> Content:
    """Return the changed content, a draft again if it had been submitted. Without `is_told` the trail says nothing.

    Raises StaleError when somebody changed it since `version_shown`, or when it is leaving.
    """
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    check_fresh(content, version_shown)
    check_editable(content)
    before = draft_of(session, content)
    wanted = _normal(draft, before)
    if before == wanted:
        return content
    if before == replace(wanted, pillar=before.pillar):
        return _classify(session, actor, content, wanted.pillar)
    stood = content.scheduled_at
    _fill(session, content, brand_of(session, content), draft)
    reopened = reopen(session, content, actor)
    _attach(session, content, draft)
    flag_modified(content, "body")  # so that the version grows by what hangs on the row too: images, a channel's text
    check_embargo(session, content.topic_id, content.scheduled_at, content.channel_kinds)
    if content.scheduled_at != stood:
        keep_order(session, content)
        pull(session, actor, content)
    session.flush()
    if is_told:
        record(session, actor, "content.edited", "content", content.id, brand_id=content.brand_id, reopened=reopened)
    return content


def _classify(session: TenantSession, actor: Actor, content: Content, pillar: str) -> Content:
    """Return the content with another pillar: the agency's own sorting, of which no approval depends."""
    content.pillar = pillar[:MAX_PILLAR]
    session.flush()
    record(session, actor, "content.classified", "content", content.id, brand_id=content.brand_id, pillar=pillar)
    return content


def move(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    wall_time: datetime,
    *,
    fold: int | None,
    version_shown: int | None = None,
) -> Content:
    """Return the content at another date, with what follows it. Where its chain approves the date, a move reopens.

    Raises RefusedError for a date before its embargo or what it follows, or past its images' rights; StaleError.
    """
    content = load(session, actor, content_id, Permission.CONTENT_SCHEDULE, lock=True)
    check_fresh(content, version_shown)
    check_editable(content)
    before = content.scheduled_at
    place(content, brand_of(session, content), wall_time, fold, session.now)
    if content.scheduled_at == before:
        return content
    check_embargo(session, content.topic_id, content.scheduled_at, content.channel_kinds)
    check_submitted(session, content)
    keep_order(session, content)
    reopened = not date_is_free(session, content) and reopen(session, content, actor)
    session.flush()
    if not reopened:
        follow_date(session, content)
    record(session, actor, "content.moved", "content", content.id, brand_id=content.brand_id, reopened=reopened)
    pull(session, actor, content)
    return content


def cancel(session: TenantSession, actor: Actor, content_id: uuid.UUID, version_shown: int | None = None) -> Content:
    """Return the content, cancelled: it stays to be seen, and never leaves. `restore` undoes it."""
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    check_fresh(content, version_shown)
    check_editable(content)
    reopen(session, content, actor)
    content.state = ContentState.CANCELLED
    session.flush()
    record(session, actor, "content.cancelled", "content", content.id, brand_id=content.brand_id)
    return content


def restore(session: TenantSession, actor: Actor, content_id: uuid.UUID) -> Content:
    """Return a cancelled content as a draft again: not approved any more, and without a date before an embargo."""
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    if content.state == ContentState.CANCELLED:
        if content.revision_id is not None:
            reopen(session, content, actor)
        content.state = ContentState.DRAFT
        embargo = embargo_on(session, content.topic_id, lock=True)
        if embargo is not None and embargo.forbids(content.scheduled_at, content.channel_kinds):
            content.scheduled_at = content.wall_time = None
            keep_order(session, content)
        session.flush()
        record(session, actor, "content.restored", "content", content.id, brand_id=content.brand_id)
    return content


def check_editable(content: Content) -> None:
    """Pass if the content may change. Raises StaleError: it is leaving, is out, or is cancelled."""
    if content.state == ContentState.CANCELLED:
        raise StaleError(CANCELLED)
    if ContentState(content.state) not in EDITABLE:
        raise StaleError(LEAVING)


def draft_of(session: TenantSession, content: Content) -> Draft:
    """Return the content as a form shows it."""
    wall_time, fold = clock_of(session, content)
    return Draft(
        kind=ContentKind(content.kind),
        tags=tuple(content.tags or ()),
        risks=tuple(content.risks or ()),
        title=content.title,
        body=content.body,
        channel_ids=tuple(sorted(channel.id for channel in channels_of(session, content))),
        pictures=tuple((placed.media.id, placed.alt) for placed in pictures_of(session, content)),
        wall_time=wall_time,
        fold=fold,
        topic_id=content.topic_id,
        pillar=content.pillar or "",
        texts=tuple(sorted(own_texts(session, content).items())),
        press=Press.of(content.press),
        beside=beside_of(content),
    )


def clock_of(session: TenantSession, content: Content) -> tuple[datetime | None, int | None]:
    """Return the content's wall time and fold on the clock that its brand has now: the brand may have moved since."""
    zone = brand_of(session, content).timezone
    if content.scheduled_at is None or content.zone == zone:
        return content.wall_time, content.fold
    return wall_time_of(content.scheduled_at, zone), fold_of(content.scheduled_at, zone)


def _normal(draft: Draft, before: Draft) -> Draft:
    fold = before.fold if draft.fold is None and draft.wall_time == before.wall_time else draft.fold or 0
    press = kept_press(draft.kind, draft.press)
    return replace(
        draft,
        press=press,
        channel_ids=tuple(sorted(draft.channel_ids)),
        texts=tuple(sorted(own_of(draft).items())),
        beside=settled(draft.beside, words_of(draft)),
        tags=tuple(normal_tags(draft.tags)),
        risks=tuple(sorted(set(with_quote_risk(draft.kind, press, draft.risks)))),
        fold=fold,
    )


def words_of(draft: Draft) -> list[str]:
    """Return the texts of a draft: the common one, and those of single channels."""
    return [draft.body, *own_of(draft).values()]


def own_of(draft: Draft) -> dict[uuid.UUID, str]:
    """Return the texts of channels that the draft goes to and that say something else than the common one."""
    chosen = set(draft.channel_ids)
    return {key: words for key, words in draft.texts if key in chosen and words.strip() and words != draft.body}


def normal_tags(typed: Iterable[str]) -> list[str]:
    """Return tags as they are kept: lower case, each once, in order. Raises RefusedError for too many or too long."""
    tags = sorted({" ".join(tag.split()).casefold() for tag in typed} - {""})
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARACTERS for tag in tags):
        raise RefusedError(MANY_TAGS, field="tags")
    return tags


def _fill(session: TenantSession, content: Content, brand: Brand, draft: Draft) -> None:
    if draft.topic_id is not None and draft.topic_id != content.topic_id:
        check_of_brand(session, brand.id, {draft.topic_id})
    if draft.topic_id != content.topic_id:
        leave_order(session, content)
    fill_in(content, brand, draft, session.now)


def fill_in(content: Content, brand: Brand, draft: Draft, now: Callable[[], datetime]) -> None:
    """Put the words and the date of a draft into a content, its topic known to be the brand's. Raises RefusedError."""
    if max(map(len, (draft.body, *(words for _key, words in draft.texts)))) > MAX_BODY_CHARACTERS:
        raise RefusedError(TOO_LONG, field="body")
    if len(draft.title) > MAX_TITLE_CHARACTERS:
        raise RefusedError(LONG_TITLE, field="title")
    if not draft.title and not draft.body:
        raise RefusedError(NO_WORDS, field="body")
    content.kind, content.title, content.body = draft.kind, draft.title, draft.body
    content.pillar = draft.pillar[:MAX_PILLAR]
    content.topic_id = draft.topic_id
    check_sizes(draft.press)
    press = kept_press(draft.kind, draft.press)
    content.press = press.as_json() if press else None
    put(content, settled(draft.beside, words_of(draft)))
    risks = with_quote_risk(draft.kind, press, draft.risks)
    content.tags, content.risks = normal_tags(draft.tags), sorted({Risk(each).value for each in risks})
    if draft.wall_time is None:
        content.scheduled_at = content.wall_time = None
    else:
        place(content, brand, draft.wall_time, draft.fold, now)


def place(content: Content, brand: Brand, wall_time: datetime, fold: int | None, now: Callable[[], datetime]) -> None:
    """Put the content on the brand's clock; a date it already has may stay, even when it has passed."""
    kept = content.wall_time == wall_time and fold in (None, content.fold) and content.zone == brand.timezone
    if kept and content.scheduled_at is not None:
        return
    instant = resolve(wall_time, brand.timezone, fold)
    if instant != content.scheduled_at:
        must_be_future(instant, now())
    content.scheduled_at, content.wall_time = instant, wall_time
    content.zone, content.fold = brand.timezone, fold or 0


def _attach(session: TenantSession, content: Content, draft: Draft) -> None:
    known = {channel.id: channel for channel in open_channels(session, content.brand_id)}
    if set(draft.channel_ids) - known.keys():
        raise NotFoundError
    session.execute(delete(Variant).where(Variant.content_id == content.id))
    session.execute(delete(Illustration).where(Illustration.content_id == content.id))
    own = own_of(draft)
    session.add_all(
        Variant(content_id=content.id, channel_id=channel_id, body=own.get(channel_id))
        for channel_id in set(draft.channel_ids)
    )
    content.channel_kinds = kinds_of(known[channel_id] for channel_id in draft.channel_ids)
    check_images(session, content)
    _illustrate(session, content, draft)


def _illustrate(session: TenantSession, content: Content, draft: Draft) -> None:
    if len(draft.pictures) > MAX_PICTURES:
        raise RefusedError(TOO_MANY_PICTURES, field="pictures")
    wanted = {media_id for media_id, _alt in draft.pictures}
    found = session.scalars(select(Media.id).where(Media.id.in_(wanted), Media.brand_id == content.brand_id)).all()
    if set(found) != wanted:
        raise NotFoundError
    for position, (media_id, alt) in enumerate(draft.pictures):
        session.add(Illustration(content_id=content.id, media_id=media_id, position=position, alt=alt.strip()))
    session.flush()
