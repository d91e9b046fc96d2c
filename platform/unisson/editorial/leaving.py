"""What of a content leaves on each of its channels: its text, what continues it, and the card of its first link."""

from collections.abc import Mapping, Sequence
from typing import Any

from tenants.session import TenantSession
from unisson.editorial.beside import beside_of, card_image
from unisson.editorial.contents import channels_of, own_texts
from unisson.editorial.models import Content
from unisson.editorial.tagging import tagger_of
from unisson.media.models import Media, MediaKind
from unisson.publishing.channels.abilities import WITH_CARD, WITH_THREAD, first_link


def leaving(session: TenantSession, content: Content, *, with_pictures: bool) -> dict[str, Any]:
    """Return the part of a payload that says what leaves where: `channels`, and `card` where one of them shows it.

    A channel's `card` is the address under which the card stands, "" where none may; a channel has no such key where
    nobody decided, as in the payloads of before there were cards.
    """
    own, card, tagger = own_texts(session, content), beside_of(content).card, tagger_of(session, content)
    entries: list[dict[str, Any]] = []
    for channel in channels_of(session, content):
        written = own.get(channel.id, content.body)
        text = tagger.text(channel.kind, written)
        entry: dict[str, Any] = {"id": str(channel.id), "kind": channel.kind, "name": channel.name, "text": text}
        if content.thread and channel.kind in WITH_THREAD:
            entry["thread"] = [tagger.text(channel.kind, each) for each in content.thread]
        if card and channel.kind in WITH_CARD and not with_pictures and first_link(written) == card.url:
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
