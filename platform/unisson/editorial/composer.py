"""The page where a content is written: what it shows, and how a refusal keeps everything that was typed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache

from flask import render_template, request, url_for
from sqlalchemy import select

from tenants.brands import Brand
from tenants.errors import RefusedError, StaleError
from unisson.approvals.chain import Facts
from unisson.approvals.changes import changes_between
from unisson.approvals.policies import choose
from unisson.approvals.telling import met_words
from unisson.editorial.beside_shown import BesideShown
from unisson.editorial.card_page import link_preview
from unisson.editorial.clashes import Clash, Planned, clashes
from unisson.editorial.comparison import Part, differences
from unisson.editorial.contents import open_channels, own_texts
from unisson.editorial.forms import DEFAULT_TIME, KINDS, RISKS, ContentForm, TypedPicture, alt_text, typed_pictures
from unisson.editorial.limits import meter, objections, thread_objections
from unisson.editorial.models import Content, ContentState
from unisson.editorial.moments import When, own_zone, when
from unisson.editorial.press import PRESS_KINDS, Quote
from unisson.editorial.press_defaults import proposed_press, speakers_on
from unisson.editorial.previews import ChannelPreview, PreviewPicture, handle_of, rendered
from unisson.editorial.timing import parse_local, resolve
from unisson.editorial.writing import MAX_PICTURES, TOO_MANY_PICTURES, draft_of
from unisson.media.addresses import still_address, video_address
from unisson.media.intake import MOST_BYTES, take_in
from unisson.media.models import Media, MediaKind
from unisson.newsroom.release import Voice
from unisson.publishing.assembly import registry
from unisson.publishing.channels.port import Sketch
from unisson.publishing.channels.registry import Registry
from unisson.publishing.models import Channel
from unisson.runtime import Runtime
from unisson.storage import storage_of
from unisson.strategy.checks import Finding
from unisson.strategy.reading import heard, pillars_of
from unisson.topics.embargo import Embargo, embargo_on
from unisson.topics.planning import titles
from unisson.web.db import runtime, session
from unisson.web.guards import BrandCard, actor
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id

REOPENED = frozenset({ContentState.IN_REVIEW, ContentState.SCHEDULED, ContentState.ON_HOLD})
"""Saving a change of these asks for the approval again."""


@lru_cache(maxsize=4)
def _registry_of(held: Runtime) -> Registry:
    return registry(held)


def channel_registry() -> Registry:
    """Return this process's channels."""
    return _registry_of(runtime())


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One image of the form."""

    media: Media
    alt: str


@dataclass(frozen=True, slots=True)
class OthersWork:
    """What somebody else saved meanwhile, compared with what is typed here: theirs is what would be written over."""

    title: Sequence[Part]
    body: Sequence[Part]
    texts: Sequence[tuple[str, Sequence[Part]]] = ()
    """The same for the texts of single channels, by the channel's name."""


@dataclass(frozen=True, slots=True)
class ChosenChain:
    """The chain that would decide, and the words that chose it; or the sentence that says why none would."""

    name: str = ""
    why: tuple[object, ...] = ()
    refusal: object = None


@dataclass
class Composer:
    """One opening of the page: a brand, the content if there is one, and the form."""

    brand: BrandCard
    content: Content | None = None
    form: ContentForm = field(default_factory=ContentForm)
    typed: Sequence[TypedPicture] = ()
    others: OthersWork | None = None
    fold_offsets: tuple[str, str] | None = None
    new_alt: str = ""
    itself: uuid.UUID | None = None  # which content a preview is of: it clashes with others alone

    @cached_property
    def topics(self) -> dict[uuid.UUID, str]:
        """Return the brand's topics, those opened last first, by title."""
        return titles(session(), self.brand.id)

    @cached_property
    def pillars(self) -> list[str]:
        """Return the names of the brand's pillars, with the one that the content has."""
        kept = [self.content.pillar] if self.content and self.content.pillar else []
        return list(dict.fromkeys([*pillars_of(session(), self.brand.id), *kept]))

    @cached_property
    def embargo(self) -> Embargo | None:
        """Return the embargo of the chosen topic, if it has one."""
        chosen = self.form.topic
        return embargo_on(session(), chosen) if chosen in self.topics else None

    @cached_property
    def channels(self) -> Sequence[Channel]:
        """Return the brand's connected channels."""
        return open_channels(session(), self.brand.id)

    @cached_property
    def speakers(self) -> Sequence[Quote]:
        """Return whom the brand's strategy lets speak on the typed date."""
        return speakers_on(session(), self.brand.id, self.instant)

    @property
    def reopens(self) -> bool:
        """Whether saving a change asks for the approval again."""
        return self.content is not None and self.content.state in REOPENED

    def show_stored(self) -> None:
        """Show the content as it is stored."""
        if self.content is not None:
            stored = draft_of(session(), self.content)
            self.form.show_draft(stored, self.content.version)
            self.form.show_press(proposed_press(session(), self.brand.id, self.content))
            self.typed = [TypedPicture(media_id, alt) for media_id, alt in stored.pictures]

    def show_new(self, day: str | None, topic: str | None = None, channel: str | None = None) -> None:
        """Show an empty content, of `topic`, on `channel` or on every connected one.

        `day` is a day (YYYY-MM-DD) or one with a time (YYYY-MM-DDTHH:MM), if it is either.
        """
        self.form.topic_id.data = topic if topic and topic in map(str, self.topics) else ""
        known = [str(each.id) for each in self.channels]
        self.form.channel_ids.data = [channel] if channel in known else known
        self.form.show_press(proposed_press(session(), self.brand.id))
        try:
            self.form.show(parse_local(day if "T" in day else f"{day}T{DEFAULT_TIME:%H:%M}") if day else None)
        except RefusedError:
            self.form.show(None)

    def take_pictures(self) -> None:
        """Read the images of the form and keep the new ones, in a transaction of their own: a refusal loses none.

        Raises RefusedError.
        """
        self.typed, self.new_alt = typed_pictures(request.form), alt_text(request.form.get("new_alt", ""))
        files = [file for file in request.files.getlist("uploads") if file.filename]
        if len(self.typed) + len(files) > MAX_PICTURES:
            raise RefusedError(TOO_MANY_PICTURES, field="pictures")
        if not files:
            self.typed, self.new_alt = TypedPicture.described(self.typed, self.new_alt)
            return
        storage = storage_of(runtime().settings)
        for file in files:
            with runtime().database.agency(session().agency_id) as own:
                taken = take_in(own, actor(), self.brand.id, file.filename or "", file.stream, storage=storage)
            if taken.id not in {picture.media_id for picture in self.typed}:
                self.typed = [*self.typed, TypedPicture(taken.id, self.new_alt if len(files) == 1 else "")]
        self.new_alt = ""

    @cached_property
    def rows(self) -> Sequence[PictureRow]:
        """Return the images of the form, those of another brand left out."""
        wanted = {picture.media_id for picture in self.typed}
        if not wanted:
            return []
        found = session().scalars(select(Media).where(Media.id.in_(wanted), Media.brand_id == self.brand.id))
        known = {media.id: media for media in found}
        return [PictureRow(known[each.media_id], each.alt) for each in self.typed if each.media_id in known]

    @cached_property
    def beside(self) -> BesideShown:
        """Return what stands beside the text: the card of its link, the posts that continue it, tags of links."""
        return BesideShown(self.brand, self.form, self.channels, self.topics)

    def previews(self) -> list[ChannelPreview]:
        """Return how what is typed looks on each chosen channel, and what each says no to."""
        chosen = set(self.form.channel_ids.data or ())
        pictures = [
            PreviewPicture(
                still_address(row.media), row.alt, row.media.width, row.media.height, video=video_address(row.media)
            )
            for row in self.rows
        ]
        sketch = Sketch(
            title=self.form.title.data or "",
            text=self.form.body.data or "",
            picture_sizes=tuple(row.media.size for row in self.rows if row.media.kind == MediaKind.IMAGE),
            missing_alts=sum(not row.alt.strip() for row in self.rows),
            videos=sum(row.media.kind == MediaKind.VIDEO for row in self.rows),
        )
        return [
            self._preview(each, replace(sketch, text=self.form.text_of(each.id)), pictures)
            for each in self.channels
            if str(each.id) in chosen
        ]

    def _preview(self, channel: Channel, sketch: Sketch, pictures: list[PreviewPicture]) -> ChannelPreview:
        known, beside, written = channel_registry(), self.beside, sketch.text
        sketch, posts = replace(sketch, text=beside.tagger.text(channel.kind, written)), beside.posts(known, channel)
        further = thread_objections(known, channel, [each.text for each in posts])
        return ChannelPreview(
            kind=channel.kind,
            name=channel.name,
            handle=handle_of(channel, self.brand.name),
            title=sketch.title,
            text=sketch.text,
            html=rendered(channel.kind, sketch.text, self.form.release, Voice(self.brand.name, self.brand.language)),
            pictures=pictures,
            meter=meter(known, channel, sketch.text),
            objections=[*objections(known, channel, sketch), *further],
            thread=posts,
            link=link_preview(beside.card, channel.kind, written, pictures),
            is_own=written != (self.form.body.data or ""),
            is_mockup=channel.mockup,
        )

    def chain(self) -> ChosenChain:
        """Return which chain what is typed would go through, and why; or why none would take it."""
        chosen = set(self.form.channel_ids.data or ())
        facts = Facts(
            kind=str(self.form.kind.data),
            channels=frozenset(each.kind for each in self.channels if str(each.id) in chosen),
            tags=frozenset(" ".join(tag.split()).casefold() for tag in (self.form.tags.data or "").split(",")),
            risks=frozenset(self.form.risks_meant),
            topics=frozenset({str(self.form.topic)} if self.form.topic else ()),
        )
        try:
            choice = choose(session(), self.brand.id, facts)
        except RefusedError as refusal:
            return ChosenChain(refusal=refusal.sentence)
        return ChosenChain(choice.kept.policy.name, tuple(met_words(choice.why, self.topics)))

    @cached_property
    def instant(self) -> datetime | None:
        """Return when what is typed would leave, where that is a date that exists."""
        try:
            typed = self.form.wall_time()
            return resolve(typed, self.brand.timezone, self.form.fold_chosen) if typed else None
        except RefusedError:
            return None

    def advice(self) -> list[Finding]:
        """Return what the brand's strategy and black-outs say to what is typed."""
        brand = session().read_once(Brand, self.brand.id)
        chosen = set(self.form.channel_ids.data or ())
        own = (words for key, words in self.form.own_texts.items() if key in chosen)
        typed = (self.form.body.data or "", *own, *self.form.release.texts, *self.form.beside_typed.thread)
        title, body = self.form.title.data or "", "\n".join(typed)
        return heard(session(), brand, title, body, risks=self.form.risks_meant, at=self.instant)

    def clashes(self) -> Sequence[Clash]:
        """Return what the calendar holds against the typed date."""
        if self.instant is None:
            return ()
        planned = Planned(
            at=self.instant,
            body=self.form.body.data or "",
            channel_ids=[each.id for each in self.channels if str(each.id) in set(self.form.channel_ids.data or ())],
            topic_id=self.form.topic if self.form.topic in self.topics else None,
            content_id=self.content.id if self.content else self.itself,
        )
        return clashes(session(), session().read_once(Brand, self.brand.id), planned)

    def when(self) -> When | None:
        """Return the typed date in words, where it is one that exists."""
        return when(self.instant, self.brand.timezone, own_zone()) if self.instant else None

    def refuse(self, refusal: RefusedError) -> int:
        """Keep what was typed and say the refusal; a stale form is shown beside what the other one wrote."""
        stored = self.content
        if stored is not None and isinstance(refusal, StaleError) and self.form.version_shown != stored.version:
            self.others = OthersWork(
                differences(stored.title, self.form.title.data or ""),
                differences(stored.body, self.form.body.data or ""),
                self._others_texts(stored),
            )
            self.form.version.data = str(stored.version)
        return self.form.refuse(refusal)

    def _others_texts(self, stored: Content) -> list[tuple[str, Sequence[Part]]]:
        theirs = own_texts(session(), stored)
        pairs = [(each, theirs.get(each.id, ""), self.form.own_texts.get(str(each.id), "")) for each in self.channels]
        found = [(each.name, differences(before, after)) for each, before, after in pairs if before != after]
        around = changes_between({"press": stored.press}, {"press": self.form.release.as_json()})
        return [*found, *((str(each.what.label), each.parts) for each in around.texts)]

    def page(self, status: int = 200) -> tuple[str, int]:
        """Return the page and its status."""
        self.form.operation_id.data = new_operation_id()
        self.form.topic_id.choices = [("", _("None")), *((str(key), title) for key, title in self.topics.items())]
        self.form.pillar.choices = [("", _("None")), *((name, name) for name in self.pillars)]
        self.fold_offsets = self.form.twice(self.brand.timezone)
        html = render_template(
            "editorial/composer.html",
            composer=self,
            kinds=KINDS,
            risks=RISKS,
            moment=self.when(),
            speakers=self.speakers,
            press_kinds=sorted(PRESS_KINDS),
            most_bytes=MOST_BYTES,
            thread=self.beside.thread(channel_registry()),
            **self._seen(),
            **self._addresses(),
        )
        return html, status

    def preview_page(self) -> str:
        """Return the previews alone."""
        return render_template("editorial/_previews.html", **self._seen())

    def _seen(self) -> dict[str, object]:
        """Return what the previews show, in the page and by themselves."""
        return {
            "previews": self.previews(),
            "brand": self.brand,
            "chain": self.chain(),
            "embargo": self.embargo,
            "advice": self.advice(),
            "clashes": self.clashes(),
        }

    def _addresses(self) -> dict[str, str]:
        brand, content_id = self.brand.slug, self.content.id if self.content else None
        edited = url_for("editorial.content_edit", content_id=content_id) if content_id else ""
        return {
            "action": edited if content_id else url_for("editorial.content_new", brand=brand),
            "preview_url": url_for("editorial.content_preview", brand=brand, content=content_id),
            "look_url": url_for("editorial.content_card", brand=brand),
            "slot_url": url_for("strategy.next_slot", brand=brand, content=content_id),
        }
