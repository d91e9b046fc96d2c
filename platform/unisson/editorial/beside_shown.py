"""What stands beside the text that is being written, as its page shows it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from unisson.editorial.beside import Card
from unisson.editorial.card_page import CardBox, box, link_among
from unisson.editorial.forms import ContentForm
from unisson.editorial.previews import PostPreview
from unisson.editorial.tagging import Tagger, campaign_of, tagger_for, tagging_of
from unisson.editorial.thread_page import ThreadBox, post_previews, thread_box
from unisson.publishing.channels.registry import Registry
from unisson.publishing.models import Channel
from unisson.web.db import session
from unisson.web.guards import BrandCard


@dataclass
class BesideShown:
    """The form's, for the channels of a brand."""

    brand: BrandCard
    form: ContentForm
    channels: Sequence[Channel]
    topics: Mapping[uuid.UUID, str]

    @property
    def link(self) -> str:
        """Return the link whose card goes out."""
        chosen = set(self.form.channel_ids.data or ())
        return link_among((each.kind, self.form.text_of(each.id)) for each in self.channels if str(each.id) in chosen)

    @property
    def typed_card(self) -> Card | None:
        """Return the card that the form holds, whichever link it is of."""
        return self.form.beside_typed.card

    @cached_property
    def card(self) -> CardBox:
        """Return what is shown of that link's card."""
        return box(self.brand, self.link, self.typed_card)

    @cached_property
    def tagger(self) -> Tagger:
        """Return how the links of what is typed are tagged."""
        topic = self.topics.get(self.form.topic, "") if self.form.topic else ""
        campaign = campaign_of(topic, self.form.title.data or "", self.form.body.data or "")
        return tagger_for(tagging_of(session(), self.brand.id), self.form.beside_typed.tagged, campaign)

    def thread(self, known: Registry) -> ThreadBox:
        """Return the posts that continue the text."""
        return thread_box(known, self.channels, self.form.beside_typed.thread)

    def posts(self, known: Registry, channel: Channel) -> list[PostPreview]:
        """Return how these posts look on a channel."""
        return post_previews(known, channel, self.form.beside_typed.thread, self.tagger)
