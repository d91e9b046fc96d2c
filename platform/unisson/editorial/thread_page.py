"""The posts that continue a text, on the page where it is written: typed, counted, shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from unisson.editorial.limits import Meter, meter
from unisson.editorial.previews import PostPreview
from unisson.editorial.tagging import Tagger
from unisson.publishing.channels.abilities import MOST_POSTS, WITH_THREAD
from unisson.publishing.channels.registry import Registry
from unisson.publishing.models import Channel
from unisson.web.forms import lines


@dataclass(frozen=True, slots=True)
class TypedPost:
    """One post of the form; `number` in its thread, where the text itself is the first."""

    number: int
    text: str
    meter: Meter | None
    name: str = ""
    """The channel whose limit is counted."""


@dataclass(frozen=True, slots=True)
class ThreadBox:
    """What the page shows: nothing where the brand has no channel with threads."""

    posts: Sequence[TypedPost]
    names: Sequence[str]

    @property
    def takes_more(self) -> bool:
        """Whether a further post may be added."""
        return len(self.posts) < MOST_POSTS - 1


def typed_thread(typed: "MultiDict[str, Any]") -> tuple[str, ...]:
    """Return the further posts of a form, empty ones too, with one more where that was asked for."""
    posts = [lines(str(each)).rstrip() for each in typed.getlist("post")[:100]]
    if typed.get("action") == "post" and len(posts) < MOST_POSTS - 1:
        posts.append("")
    return tuple(posts)


def thread_box(registry: Registry, channels: Sequence[Channel], thread: Sequence[str]) -> ThreadBox:
    """Return what is shown of `thread` for a brand's channels."""
    able = [each for each in channels if each.kind in WITH_THREAD]
    if not able:
        return ThreadBox((), ())
    posts = [
        TypedPost(number, text, meter(registry, able[0], text), able[0].name)
        for number, text in enumerate(thread, start=2)
    ]
    return ThreadBox(posts, [each.name for each in able])


def post_previews(registry: Registry, channel: Channel, thread: Sequence[str], tagger: Tagger) -> list[PostPreview]:
    """Return how the further posts look on the channel; none where it has no threads."""
    if channel.kind not in WITH_THREAD:
        return []
    leaving = [tagger.text(channel.kind, text) for text in thread if text.strip()]
    return [PostPreview(text, meter(registry, channel, text)) for text in leaving]
