"""Bringing back the text of an older version, by the ordinary writing of a content: it reopens what that reopens."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.models import Event
from unisson.activity.trail import record
from unisson.approvals.versions import version_of
from unisson.editorial.beside import Card
from unisson.editorial.contents import load, open_channels
from unisson.editorial.kept_drafts import as_json, from_json
from unisson.editorial.leaving import images_of
from unisson.editorial.models import Content, ContentKind, ContentState
from unisson.editorial.press import Press
from unisson.editorial.writing import Draft, draft_of, edit
from unisson.media.models import Media
from unisson.publishing.channels.abilities import first_link
from unisson.web.i18n import lazy

Payload = Mapping[str, Any]

SAME = lazy("This is the text that the content has already. Nothing was changed.")
NO_RETURN = lazy(
    "Somebody changed this content since the text was brought back, or it was undone. Nothing was changed."
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a content would become, and what of the older version is no longer there to bring back."""

    draft: Draft
    payload: Payload
    """The older version as a revision's payload, without what is gone."""
    gone_pictures: Sequence[str] = ()
    """Their descriptions; "" for one without."""
    gone_channels: Sequence[str] = ()


def outlook(session: TenantSession, content: Content, payload: Payload) -> Outlook:
    """Return what the content becomes with the text, channels, images, tags and delicate points of `payload`.

    Its date, topic and pillar are planning, and stay.
    """
    there = {str(channel.id) for channel in open_channels(session, content.brand_id)}
    channels = [each for each in payload.get("channels", ()) if each["id"] in there]
    kept = _still_there(session, content, {each["id"] for each in images_of(payload)})
    pictures = [each for each in payload.get("pictures", ()) if each["id"] in kept]
    return Outlook(
        draft=_with_images(_draft(draft_of(session, content), payload, channels, pictures), kept),
        payload={**payload, "channels": channels, "pictures": pictures},
        gone_pictures=[each.get("alt", "") for each in payload.get("pictures", ()) if each["id"] not in kept],
        gone_channels=[each["name"] for each in payload.get("channels", ()) if each["id"] not in there],
    )


def bring_back(
    session: TenantSession, actor: Actor, content_id: uuid.UUID, number: int, version_shown: int | None
) -> Content:
    """Return the content with the text of its version `number`; what it was before is kept in the trail.

    Raises NotFoundError for no such version, StaleError, and whatever writing raises.
    """
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    before, state, version = draft_of(session, content), content.state, content.version
    brought = outlook(session, content, version_of(session, content, number).payload).draft
    content = edit(session, actor, content_id, brought, version_shown, is_told=False)
    if content.version == version:
        raise StaleError(SAME)
    record(
        session, actor, "content.brought_back", "content", content.id, brand_id=content.brand_id,
        number=number, reopened=state != ContentState.DRAFT, version=content.version, before=as_json(before),
    )  # fmt: skip
    return content


def undo(session: TenantSession, actor: Actor, content_id: uuid.UUID) -> Content:
    """Return the content with the text that this person last replaced by an older one, if nobody changed it since.

    An approval that was asked again is not undone. Raises StaleError.
    """
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    last = session.scalars(
        select(Event)
        .where(Event.subject_id == content.id, Event.actor_id == actor.membership_id)
        .where(Event.verb == "content.brought_back")
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
    ).first()
    if last is None or last.details["version"] != content.version:
        raise StaleError(NO_RETURN)
    draft = _possible(session, content, from_json(last.details["before"], draft_of(session, content)))
    edit(session, actor, content_id, draft, content.version, is_told=False)
    record(session, actor, "content.return_undone", "content", content.id, brand_id=content.brand_id)
    return content


def _draft(now: Draft, payload: Payload, channels: Sequence[Payload], pictures: Sequence[Payload]) -> Draft:
    common = _common(payload, now.body)
    return replace(
        now,
        kind=ContentKind(payload.get("kind", now.kind)),
        title=payload.get("title", ""),
        body=common,
        channel_ids=tuple(uuid.UUID(each["id"]) for each in channels),
        texts=tuple((uuid.UUID(each["id"]), each["text"]) for each in channels if each["text"] != common),
        tags=tuple(payload.get("tags", ())),
        risks=tuple(payload.get("risks", ())),
        pictures=tuple((uuid.UUID(each["id"]), each.get("alt", "")) for each in pictures),
        press=Press.of(payload.get("press")),
        beside=replace(now.beside, thread=_thread(channels), card=_card(payload, channels)),
    )


def _thread(channels: Sequence[Payload]) -> tuple[str, ...]:
    return next((tuple(each["thread"]) for each in channels if each.get("thread")), ())


def _card(payload: Payload, channels: Sequence[Payload]) -> Card | None:
    """Return the card of the link as it was frozen; None where the version has none, and nobody left one out."""
    said, addresses = payload.get("card"), [each["card"] for each in channels if "card" in each]
    shown = next(filter(None, addresses), "")
    if said and shown:
        image = said.get("image")
        return Card(shown, said["title"], said["description"], uuid.UUID(image["id"]) if image else None)
    left_out = next((first_link(each["text"]) for each in channels if each.get("card") == ""), "")
    return Card(left_out, off=True) if left_out else None


def _common(payload: Payload, otherwise: str) -> str:
    """Return the text that most channels had: a version keeps what each channel says, not which one was the common."""
    said = Counter(each["text"] for each in payload.get("channels", ()))
    return said.most_common(1)[0][0] if said else otherwise


def _possible(session: TenantSession, content: Content, draft: Draft) -> Draft:
    """Return the draft without channels that are no longer connected, and without images that are gone."""
    there = {channel.id for channel in open_channels(session, content.brand_id)}
    card = draft.beside.card
    shown = {*(str(key) for key, _alt in draft.pictures), *({str(card.image)} if card and card.image else ())}
    kept = _still_there(session, content, shown)
    return _with_images(replace(draft, channel_ids=tuple(each for each in draft.channel_ids if each in there)), kept)


def _with_images(draft: Draft, kept: Collection[str]) -> Draft:
    """Return the draft with those of its images, and of its card, that are `kept`."""
    beside, card = draft.beside, draft.beside.card
    if card is not None and card.image is not None and str(card.image) not in kept:
        beside = replace(beside, card=replace(card, image=None))
    return replace(draft, pictures=tuple(each for each in draft.pictures if str(each[0]) in kept), beside=beside)


def _still_there(session: TenantSession, content: Content, ids: Iterable[str]) -> set[str]:
    wanted = [uuid.UUID(each) for each in ids]
    found = session.scalars(select(Media.id).where(Media.id.in_(wanted), Media.brand_id == content.brand_id))
    return {str(each) for each in found}
