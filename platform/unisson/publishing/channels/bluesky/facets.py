"""Links, mentions and hashtags of a text, found as Bluesky's own clients find them, with UTF-8 byte offsets.

Rule: docs.bsky.app/docs/advanced-guides/post-richtext, lexicon app.bsky.richtext.facet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import regex

TAG_GRAPHEMES = 64
"""Of one hashtag without its sign (app.bsky.richtext.facet#tag)."""

_INVISIBLE = r"\u00AD\u2060\u200A\u200B\u200C\u200D\u20e2"
_LINK = regex.compile(r"(?<![^\s(\[«“\"'])https?://[^\s<>\"«»“”]+", regex.IGNORECASE)
_MENTION = regex.compile(
    r"(?<![^\s(\[«“\"'])@((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)\b"
)
_TAG = regex.compile(rf"(?:^|(?<=\s))[#＃]((?!\ufe0f)[^\s{_INVISIBLE}]*[^\d\s\p{{P}}{_INVISIBLE}]+[^\s{_INVISIBLE}]*)")
_END_OF_TAG = regex.compile(r"\p{P}+$")

Kind = Literal["link", "mention", "tag"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text, in characters, and what it points to: an address, a handle or a word."""

    kind: Kind
    start: int
    end: int
    target: str


def graphemes(text: str) -> int:
    """Return how many characters a reader sees."""
    return len(text) if text.isascii() and "\r" not in text else len(regex.findall(r"\X", text))


def spans(text: str) -> list[Span]:
    """Return the links, mentions and hashtags of `text` in their order, none inside another."""
    found = sorted((*_links(text), *_mentions(text), *_tags(text)), key=lambda span: (span.start, -span.end))
    kept: list[Span] = []
    for span in found:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _links(text: str) -> Iterator[Span]:
    for match in _LINK.finditer(text):
        address = match.group().rstrip(".,;:!?'’…")
        while address.endswith((")", "]")) and address.count(")") + address.count("]") > (
            address.count("(") + address.count("[")
        ):
            address = address[:-1].rstrip(".,;:!?'’…")
        if len(address) > len("https://"):
            yield Span("link", match.start(), match.start() + len(address), address)


def _mentions(text: str) -> Iterator[Span]:
    for match in _MENTION.finditer(text):
        yield Span("mention", match.start(), match.end(), match.group(1).lower())


def _tags(text: str) -> Iterator[Span]:
    for match in _TAG.finditer(text):
        word = _END_OF_TAG.sub("", match.group(1))
        if word and graphemes(word) <= TAG_GRAPHEMES:
            yield Span("tag", match.start(), match.start(1) + len(word), word)


def facet(text: str, span: Span, target: str) -> dict[str, object]:
    """Return `span` as the lexicon writes it; `target` is the address, the word, or the DID behind the handle."""
    start = len(text[: span.start].encode())
    return {
        "index": {"byteStart": start, "byteEnd": start + len(text[span.start : span.end].encode())},
        "features": [_feature(span.kind, target)],
    }


def _feature(kind: Kind, target: str) -> dict[str, str]:
    key = {"link": "uri", "mention": "did", "tag": "tag"}[kind]
    return {"$type": f"app.bsky.richtext.facet#{kind}", key: target}
