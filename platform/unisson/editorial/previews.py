"""How a content will look on each channel: from what is typed, or from the frozen bytes of a revision."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from unisson.editorial.limits import Meter, Objection
from unisson.media.addresses import frozen_address, picture_address
from unisson.publishing.channels.letter import rich_text
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
    is_own: bool = False
    """Whether it has a text of its own, while it is being written."""


def handle_of(channel: Channel | None, fallback: str) -> str:
    """Return under which name the channel shows the brand."""
    if channel is None:
        return fallback
    settings = channel.settings
    return str(settings.get("handle") or settings.get("sender_name") or fallback)


def rendered(kind: str, text: str) -> Markup | None:
    """Return the clean HTML that the channel makes of `text`; None where it keeps plain text."""
    return None if kind == ChannelKind.BLUESKY else Markup(rich_text(text))  # noqa: S704 - cleaned by nh3


def frozen_previews(payload: Mapping[str, Any], channels: Mapping[uuid.UUID, Channel]) -> list[ChannelPreview]:
    """Return what an approval of `payload` approves, channel by channel, to somebody who may see it."""
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
    return [
        ChannelPreview(
            kind=frozen["kind"],
            name=frozen["name"],
            handle=handle_of(channels.get(uuid.UUID(frozen["id"])), payload["brand"]["name"]),
            title=payload["title"],
            text=frozen["text"],
            html=rendered(frozen["kind"], frozen["text"]),
            pictures=pictures,
        )
        for frozen in payload["channels"]
    ]
