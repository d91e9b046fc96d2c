"""How a content will look on each channel: from what is typed, or from the frozen bytes of a revision."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from unisson.editorial.limits import Meter, Objection
from unisson.editorial.press import Press
from unisson.media.addresses import frozen_address, picture_address
from unisson.newsroom.prose import to_html
from unisson.newsroom.release import Voice, release_html
from unisson.publishing.channels.letter import rich_text
from unisson.publishing.channels.linkcard import host_of
from unisson.publishing.channels.port import ChannelKind
from unisson.publishing.models import Channel


@dataclass(frozen=True, slots=True)
class PreviewPicture:
    """One image of a preview, or a video: `src` is where its reader fetches the image, `video` the video itself."""

    src: str
    alt: str
    width: int
    height: int
    video: str = ""


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """The card of a link."""

    host: str
    title: str
    description: str
    picture: PreviewPicture | None = None


@dataclass(frozen=True, slots=True)
class PostPreview:
    """A post that continues the first one."""

    text: str
    meter: Meter | None = None


@dataclass(frozen=True, slots=True)
class ChannelPreview:
    """The content on one channel. `html` is clean markup where the channel renders any."""

    kind: str
    name: str
    handle: str
    title: str
    text: str
    html: Markup | None
    pictures: Sequence[PreviewPicture] = ()
    meter: Meter | None = None
    objections: Sequence[Objection] = field(default=())
    link: LinkPreview | None = None
    """The card of its first link, where the channel shows it."""
    thread: Sequence[PostPreview] = ()
    is_own: bool = False
    """Whether it has a text of its own, while it is being written."""
    is_mockup: bool = False
    """Whether nothing goes out there until somebody connects the channel."""


def handle_of(channel: Channel | None, fallback: str) -> str:
    """Return under which name the channel shows the brand."""
    if channel is None:
        return fallback
    settings = channel.settings
    return str(settings.get("handle") or settings.get("sender_name") or fallback)


def rendered(kind: str, text: str, press: Press | None, voice: Voice) -> Markup | None:
    """Return the clean HTML that the channel makes of `text` and its release; None where it keeps plain text."""
    if kind == ChannelKind.BLUESKY:
        return None
    return release_html(press, text, voice, to_html if kind == ChannelKind.NEWSROOM else rich_text)


def frozen_previews(
    payload: Mapping[str, Any], channels: Mapping[uuid.UUID, Channel], *, is_out: bool = False
) -> list[ChannelPreview]:
    """Return what an approval of `payload` approves, channel by channel, to somebody who may see it.

    Where nothing is to go out any more (`is_out`), nothing is said of mock-ups.
    """
    pictures = [
        PreviewPicture(
            frozen_address(picture),
            str(picture["alt"]),
            int(picture["width"]),
            int(picture["height"]),
            video=picture_address(str(picture["digest"]), str(picture["mime"])) if picture.get("poster") else "",
        )
        for picture in payload["pictures"]
    ]
    press, voice = Press.of(payload.get("press")), Voice(payload["brand"]["name"], payload["language"])
    return [
        ChannelPreview(
            kind=frozen["kind"],
            name=frozen["name"],
            handle=handle_of(channels.get(uuid.UUID(frozen["id"])), payload["brand"]["name"]),
            title=payload["title"],
            text=frozen["text"],
            html=rendered(frozen["kind"], frozen["text"], press, voice),
            pictures=pictures,
            thread=[PostPreview(text) for text in frozen.get("thread", ())],
            link=_frozen_link(payload, frozen),
            is_mockup=not is_out and _is_mockup(channels.get(uuid.UUID(frozen["id"]))),
        )
        for frozen in payload["channels"]
    ]


def _is_mockup(channel: Channel | None) -> bool:
    return channel is not None and channel.mockup


def _frozen_link(payload: Mapping[str, Any], frozen: Mapping[str, Any]) -> LinkPreview | None:
    if not frozen.get("card"):
        return None
    card, image = payload["card"], payload["card"]["image"]
    picture = PreviewPicture(frozen_address(image), "", int(image["width"]), int(image["height"])) if image else None
    return LinkPreview(host_of(frozen["card"]), card["title"], card["description"], picture)
