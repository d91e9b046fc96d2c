"""What each chosen channel says to a content: how full it is, what stops it. Asked while writing and on submission."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tenants.errors import RefusedError
from tenants.session import TenantSession
from unisson.approvals.circuit import Check
from unisson.editorial.contents import brand_of
from unisson.editorial.leaving import Parts
from unisson.editorial.models import Content
from unisson.editorial.press import check_release, shown_press
from unisson.editorial.sentences import Sentences
from unisson.media.models import MediaKind
from unisson.media.rights import check_rights
from unisson.publishing.channels.abilities import WITH_THREAD
from unisson.publishing.channels.bluesky.facets import graphemes
from unisson.publishing.channels.port import Problem, Sketch
from unisson.publishing.channels.registry import Registry
from unisson.publishing.models import Channel
from unisson.strategy.reading import heard
from unisson.web.i18n import _, lazy

DISCONNECTED = lazy("One of the chosen channels is no longer connected. Choose again, then submit.")

FIELDS = {"text": "body", "title": "title", "pictures": "pictures"}
"""A channel's word for what is wrong → the form's field."""


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of a channel's limit a text uses, in graphemes."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that one channel says no to."""

    channel: str
    problem: Problem
    post: int = 0
    """Which post of a thread, counted from 1; 0 for the text that every channel has."""

    def __str__(self) -> str:
        if self.post:
            said = str(self.problem.message)
            return _("%(channel)s, post %(number)s: %(problem)s", channel=self.channel, number=self.post, problem=said)
        return _("%(channel)s: %(problem)s", channel=self.channel, problem=str(self.problem.message))


def meter(registry: Registry, channel: Channel, text: str) -> Meter | None:
    """Return how full the channel is with `text`; None where it sets no limit."""
    limit = registry.adapter(channel.kind).limits.max_graphemes
    return None if limit is None else Meter(graphemes(text), limit)


def objections(registry: Registry, channel: Channel, sketch: Sketch) -> list[Objection]:
    """Return what stops `sketch` from going out on the channel."""
    problems = registry.adapter(channel.kind).problems(sketch)
    return [Objection(channel.name, problem) for problem in problems if problem.blocking]


def thread_objections(registry: Registry, channel: Channel, thread: Sequence[str]) -> list[Objection]:
    """Return what stops the posts that continue a text on the channel; none where it has no threads."""
    if channel.kind not in WITH_THREAD:
        return []
    adapter = registry.adapter(channel.kind)
    return [
        Objection(channel.name, problem, number)
        for number, text in enumerate(thread, start=2)
        for problem in adapter.problems(Sketch("", text, (), 0))
        if problem.blocking
    ]


def sketch_of(content: Content, parts: Parts) -> Sketch:
    """Return the stored content as the limits see it."""
    placed = parts.pictures
    return Sketch(
        title=content.title,
        text=content.body,
        picture_sizes=tuple(each.media.size for each in placed if each.media.kind == MediaKind.IMAGE),
        missing_alts=sum(not each.alt for each in placed),
        videos=sum(each.media.kind == MediaKind.VIDEO for each in placed),
    )


def check_with(registry: Registry) -> Check:
    """Return the check of a submission: RefusedError joins what channels, rights or the strategy say no to."""

    def check(session: TenantSession, content: Content, parts: Parts) -> None:
        channels, own, tagger = parts.channels, parts.own, parts.tagger
        if any(channel.disconnected_at is not None for channel in channels):
            raise RefusedError(DISCONNECTED, field="channel_ids")
        check_release(content.kind, content.title, content.press)
        sketch = sketch_of(content, parts)
        texts = {each.id: tagger.text(each.kind, own.get(each.id, sketch.text)) for each in channels}
        sketches = [(channel, replace(sketch, text=texts[channel.id])) for channel in channels]
        found = [each for channel, its in sketches for each in objections(registry, channel, its)]
        for channel in channels:
            thread = [tagger.text(channel.kind, text) for text in content.thread or ()]
            found += thread_objections(registry, channel, thread)
        if found:
            raise RefusedError(Sentences(found), field=FIELDS.get(found[0].problem.field))
        if parts.pictures or content.card:
            check_rights(session, content)
        brand, risks = brand_of(session, content), content.risks or ()
        press = shown_press(content.kind, content.press)
        words = "\n".join((content.body, *own.values(), *(press.texts if press else ()), *(content.thread or ())))
        said = heard(session, brand, content.title, words, risks=risks, at=content.scheduled_at)
        stops = [each for each in said if each.stops]
        if stops:
            raise RefusedError(Sentences(stops), field="body")

    return check
