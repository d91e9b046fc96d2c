"""Tagging the links of a text for one channel (UTM parameters), so that visits tell where they come from.

Only what is missing is added, and nothing else of an address changes: neither its own parameters nor its anchor.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from sqlalchemy import bindparam, select

from tenants.session import TenantSession
from unisson.agency.slugs import slug_of
from unisson.editorial.models import Content
from unisson.editorial.models_of_brand import LinkTagging
from unisson.publishing.channels.abilities import link_spans
from unisson.publishing.channels.port import ChannelKind
from unisson.topics.planning import titles

SOURCES = {
    ChannelKind.NEWSROOM.value: "newsroom",
    ChannelKind.BLUESKY.value: "bluesky",
    ChannelKind.EMAIL.value: "email",
}
MEDIUMS = {
    ChannelKind.NEWSROOM.value: "referral",
    ChannelKind.BLUESKY.value: "social",
    ChannelKind.EMAIL.value: "email",
}
LEADING_WORDS = 6
_IMAGE_BEFORE = re.compile(r"!\[[^\]\n]*\]\($")


@dataclass(frozen=True, slots=True)
class Tagger:
    """How the links of one content are tagged; nothing is, where it is not `is_on`."""

    is_on: bool = False
    sources: Mapping[str, str] | None = None
    medium: str = ""
    campaign: str = ""

    def tags(self, kind: str) -> dict[str, str]:
        """Return the parameters for a kind of channel."""
        said = {
            "utm_source": (self.sources or {}).get(kind) or SOURCES.get(kind, kind),
            "utm_medium": self.medium or MEDIUMS.get(kind, "referral"),
            "utm_campaign": self.campaign,
        }
        return {name: value for name, value in said.items() if value}

    def text(self, kind: str, text: str) -> str:
        """Return `text` as it leaves on a channel of `kind`."""
        return tagged(text, self.tags(kind)) if self.is_on else text


def tagged(text: str, tags: Mapping[str, str]) -> str:
    """Return `text` with its web addresses tagged; those of images, which nobody follows, stay as they are."""
    parts, done = [], 0
    for span in link_spans(text):
        if not _IMAGE_BEFORE.search(text[: span.start]):
            parts += [text[done : span.start], tagged_link(text[span.start : span.end], tags)]
            done = span.end
    return "".join([*parts, text[done:]])


def tagged_link(url: str, tags: Mapping[str, str]) -> str:
    """Return `url` with those of `tags` that it does not have yet; as it is where it is no web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return url
    there = {name.lower() for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    missing = urlencode({name: value for name, value in tags.items() if name not in there}, quote_via=quote)
    if not missing:
        return url
    address, hash_sign, anchor = url.partition("#")
    joint = "?" if "?" not in address else "" if address.endswith(("?", "&")) else "&"
    return f"{address}{joint}{missing}{hash_sign}{anchor}"


def tagging_of(session: TenantSession, brand_id: uuid.UUID) -> LinkTagging | None:
    """Return how the brand's links are tagged; None where nobody said."""
    return session.scalars(_TAGGING, {"brand": brand_id}).one_or_none()


_TAGGING = select(LinkTagging).where(LinkTagging.brand_id == bindparam("brand"))


def tagger_of(session: TenantSession, content: Content) -> Tagger:
    """Return how the links of a stored content are tagged."""
    kept = tagging_of(session, content.brand_id)
    tagger = tagger_for(kept, content.tagged, "")
    if not tagger.is_on or tagger.campaign:
        return tagger
    topic = titles(session, among={content.topic_id})[content.topic_id] if content.topic_id else ""
    return tagger_for(kept, content.tagged, campaign_of(topic, content.title, content.body))


def tagger_for(kept: LinkTagging | None, chosen: bool | None, campaign: str) -> Tagger:
    """Return how links are tagged by what the brand says and by what was chosen for a content (None: as the brand)."""
    is_on = chosen if chosen is not None else bool(kept and kept.is_on)
    if kept is None:
        return Tagger(is_on, {}, "", campaign)
    return Tagger(is_on, kept.sources, kept.medium, kept.campaign or campaign)


def campaign_of(topic: str, title: str, body: str) -> str:
    """Return the campaign of a content: its topic's name, else its title, else how its text begins; "" for none."""
    words = [word for word in body.split() if "://" not in word][:LEADING_WORDS]
    return slug_of(re.sub(r"\W+", " ", topic or title or " ".join(words)), "")
