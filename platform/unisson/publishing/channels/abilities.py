"""What kinds of channels can do beyond a text and images, for those who write: known without connecting anywhere."""

from unisson.publishing.channels.bluesky.facets import Span, spans
from unisson.publishing.channels.port import ChannelKind

WITH_CARD = frozenset({ChannelKind.BLUESKY.value})
"""Kinds that show the card of a text's first link."""

WITH_THREAD = frozenset({ChannelKind.BLUESKY.value})
"""Kinds where a post may be continued by further posts, which answer it."""
MOST_POSTS = 10
"""Posts of a thread, the first one included: all of them leave within the time that one publication has."""


def link_spans(text: str) -> list[Span]:
    """Return where web addresses stand in `text`, in their order."""
    return [span for span in spans(text) if span.kind == "link"]


def first_link(text: str) -> str:
    """Return the first web address of `text`; "" where there is none."""
    return next((span.target for span in link_spans(text)), "")
