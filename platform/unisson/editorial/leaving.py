"""What of a content leaves on each of its channels: its text, what continues it, and the card of its first link."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from tenants.session import TenantSession
from unisson.editorial.beside import beside_of, card_image
from unisson.editorial.contents import PlacedPicture, pictures_of
from unisson.editorial.models import Content, Variant
from unisson.editorial.tagging import Tagger, tagger_of
from unisson.media.models import Media, MediaKind
from unisson.publishing.channels.abilities import WITH_CARD, WITH_THREAD, first_link
from unisson.publishing.models import Channel


@dataclass(frozen=True, slots=True)
class Parts:
    """What a content is put together from beside its own row, read once: `own` are the texts of single channels."""

    channels: Sequence[Channel]
    own: Mapping[uuid.UUID, str]
    pictures: Sequence[PlacedPicture]
    tagger: Tagger


def parts_of(session: TenantSession, content: Content) -> Parts:
    """Return the parts of a stored content, channels by kind and name."""
    rows = session.execute(_TEXTS, {"content": content.id}).all()
    own = {channel.id: body for channel, body in rows if body is not None}
    channels = [channel for channel, _body in rows]
    return Parts(channels, own, pictures_of(session, content), tagger_of(session, content))


_TEXTS = (
    select(Channel, Variant.body)
    .join(Variant, (Variant.agency_id == Channel.agency_id) & (Variant.channel_id == Channel.id))
    .where(Variant.content_id == bindparam("content"))
    .order_by(Channel.kind.desc(), Channel.name, Channel.id)
)


def leaving(session: TenantSession, content: Content, parts: Parts) -> dict[str, Any]:
    """Return the part of a payload that says what leaves where: `channels`, and `card` where one of them shows it.

    A channel's `card` is the address under which the card stands, "" where none may; a channel has no such key where
    nobody decided, as in the payloads of before there were cards.
    """
    card, tagger = beside_of(content).card, parts.tagger
    entries: list[dict[str, Any]] = []
    for channel in parts.channels:
        written = parts.own.get(channel.id, content.body)
        text = tagger.text(channel.kind, written)
        entry: dict[str, Any] = {"id": str(channel.id), "kind": channel.kind, "name": channel.name, "text": text}
        if content.thread and channel.kind in WITH_THREAD:
            entry["thread"] = [tagger.text(channel.kind, each) for each in content.thread]
        if card and channel.kind in WITH_CARD and not parts.pictures and first_link(written) == card.url:
            entry["card"] = first_link(text) if card.shows else ""
        entries.append(entry)
    if card is None or not any(entry.get("card") for entry in entries):
        return {"channels": entries}
    image = card_image(session, content, card) if card.image else None
    said = {"title": card.title, "description": card.description, "image": frozen_image(image, "") if image else None}
    return {"channels": entries, "card": said}


def frozen_image(media: Media, alt: str) -> dict[str, Any]:
    """Return an image or a video as a payload holds it: by the digest of its bytes."""
    return {
        "id": str(media.id),
        "digest": media.digest,
        "mime": media.mime,
        "width": media.width,
        "height": media.height,
        "size": media.size,
        "alt": alt,
        **_of_video(media),
    }


def _of_video(media: Media) -> dict[str, Any]:
    """Return what a video has and an image has not; nothing for an image, whose digests stay as they were."""
    if media.kind != MediaKind.VIDEO:
        return {}
    return {"poster": media.poster_digest, "duration": media.duration_ms}


def images_of(payload: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return every image that a payload holds: those of the content, and that of its card."""
    card = payload.get("card") or {}
    return [*payload.get("pictures", ()), *([card["image"]] if card.get("image") else [])]


def texts_of(channel: Mapping[str, Any]) -> list[str]:
    """Return the texts that leave on a channel of a payload: the first, then those of the posts that continue it."""
    return [str(channel["text"]), *map(str, channel.get("thread", ()))]
