"""The forms of writing: what was typed stays as typed, whatever is wrong with it."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, DateInput, ListWidget, TimeInput

from tenants.errors import RefusedError
from unisson.editorial.beside import NOTHING
from unisson.editorial.beside_page import typed_beside
from unisson.editorial.models import ContentKind, Risk
from unisson.editorial.press import Press, shown_press, with_quote_risk
from unisson.editorial.press_form import PressFields
from unisson.editorial.timing import AmbiguousError, parse_local, resolve
from unisson.editorial.writing import Draft
from unisson.web.forms import LineField, TextField, VersionForm, lines, one_line
from unisson.web.i18n import lazy

KINDS = {
    ContentKind.POST.value: lazy("Post"),
    ContentKind.PRESS_RELEASE.value: lazy("Press release"),
    ContentKind.ARTICLE.value: lazy("Article"),
    ContentKind.REPLY.value: lazy("Reply"),
}
RISKS = {
    Risk.PRICE.value: lazy("Price or offer"),
    Risk.CONTEST.value: lazy("Contest"),
    Risk.PARTNER.value: lazy("Partner"),
    Risk.HEALTH.value: lazy("Health"),
    Risk.LEGAL.value: lazy("Law"),
    Risk.QUOTE.value: lazy("Somebody is quoted"),
    Risk.CRISIS.value: lazy("Crisis"),
}
DEFAULT_TIME = time(10, 0)

NO_KIND = lazy("Choose what this is: a post, a press release, an article or a reply.")
HALF_A_DATE = lazy("Give both the date and the time, or neither.")
FIELD_OF = {"wall_time": "date", "picture": "pictures", "uploads": "pictures", "card": "beside", "thread": "beside"}
"""A verb's word for what is wrong → the field where it is said."""


@dataclass(frozen=True, slots=True)
class TypedPicture:
    """One image of the form: which, and its description as typed."""

    media_id: uuid.UUID
    alt: str

    @staticmethod
    def described(pictures: Sequence["TypedPicture"], alt: str) -> tuple[Sequence["TypedPicture"], str]:
        """Return the images and what is left of `alt`, which came without a new image.

        It is given to the only one that has no description yet: it would be lost.
        """
        bare = [each for each in pictures if not each.alt]
        if not alt or len(bare) != 1:
            return pictures, alt
        return [replace(each, alt=alt) if each is bare[0] else each for each in pictures], ""


class ScheduleForm(VersionForm):
    """A date and a time on the brand's clock. They are texts here: a verb says what they mean."""

    date = StringField(lazy("Date"), widget=DateInput())
    time = StringField(lazy("Time"), widget=TimeInput())
    fold = StringField(lazy("Which of the two?"))

    @property
    def fold_chosen(self) -> int | None:
        """Return which of two equal times was chosen; None when nothing was."""
        return {"0": 0, "1": 1}.get(str(self.fold.data))

    def wall_time(self) -> datetime | None:
        """Return what was typed, without a zone; None for nothing. Raises RefusedError for what can't be read."""
        day, clock = (str(each.data or "").strip() for each in (self.date, self.time))
        if not day and not clock:
            return None
        if not day or not clock:
            raise RefusedError(HALF_A_DATE, field="date")
        return parse_local(f"{day}T{clock}")

    def twice(self, zone: str) -> tuple[str, str] | None:
        """Return the two UTC offsets of a typed time that comes twice in `zone`: only then is anybody asked which."""
        try:
            typed = self.wall_time()
            if typed is not None:
                resolve(typed, zone, None)
        except AmbiguousError as twice:
            return twice.offsets
        except RefusedError:
            return None
        return None

    def show(self, wall_time: datetime | None) -> None:
        """Show `wall_time` in the two fields."""
        self.date.data = wall_time.strftime("%Y-%m-%d") if wall_time else ""
        self.time.data = wall_time.strftime("%H:%M") if wall_time else ""

    def refuse(self, refusal: RefusedError) -> int:
        """Show an expected refusal at its field; return its status."""
        refusal.field = FIELD_OF.get(refusal.field or "", refusal.field)
        return super().refuse(refusal)


class ContentForm(PressFields, ScheduleForm):
    """A whole content, as the composer shows it. The images are rows beside it (`typed_pictures`)."""

    kind = StringField(lazy("Kind"), default=ContentKind.POST.value)
    title = LineField(lazy("Title"))
    body = TextField(lazy("Text"))
    channel_ids = SelectMultipleField(
        lazy("Channels"),
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    pictures = HiddenField(lazy("Images"))
    tags = LineField(lazy("Tags"))
    risks = SelectMultipleField(lazy("Delicate points"), validate_choice=False)
    topic_id = SelectField(lazy("Topic"), validate_choice=False)
    beside = HiddenField()
    """Where refusals of what stands beside the text are said."""
    pillar = SelectField(lazy("Pillar"), validate_choice=False)

    @property
    def topic(self) -> uuid.UUID | None:
        """Return the topic that was chosen; None for none."""
        return next(iter(_ids([self.topic_id.data or ""])), None)

    beside_typed = NOTHING
    own_texts: Mapping[str, str] = {}
    """What was typed for some channels alone, by channel."""

    def text_of(self, channel_id: uuid.UUID) -> str:
        """Return what is typed for a channel: its own text, or the common one."""
        return self.own_texts.get(str(channel_id), "").strip() or self.body.data or ""

    def read_texts(self, typed: "MultiDict[str, Any]") -> None:
        """Take from the request what was typed for some channels alone (`text-…`)."""
        found = {name[5:]: lines(value).rstrip() for name, value in typed.items() if name.startswith("text-")}
        self.own_texts = {str(key): found[str(key)] for key in _ids(found) if str(key) in found}
        self.beside_typed = typed_beside(typed)

    def draft(self, pictures: Iterable[TypedPicture]) -> Draft:
        """Return what was typed. Raises RefusedError for a date that can't be read or a channel that is none."""
        if self.kind.data not in KINDS:
            raise RefusedError(NO_KIND, field="kind")
        return Draft(
            kind=ContentKind(self.kind.data),
            title=self.title.data or "",
            body=self.body.data or "",
            channel_ids=tuple(dict.fromkeys(_ids(self.channel_ids.data))),
            tags=tuple((self.tags.data or "").split(",")),
            risks=self.risks_meant,
            pictures=tuple((picture.media_id, picture.alt.strip()) for picture in pictures),
            wall_time=self.wall_time(),
            fold=self.fold_chosen,
            texts=tuple((uuid.UUID(key), words) for key, words in self.own_texts.items() if words),
            topic_id=self.topic,
            pillar=one_line(self.pillar.data),
            press=self.press(),
            beside=self.beside_typed,
        )

    @property
    def release(self) -> Press:
        """Return what goes out besides title and text, by the kind that was chosen."""
        return shown_press(str(self.kind.data), self.press().as_json()) or Press()

    @property
    def risks_meant(self) -> tuple[str, ...]:
        """Return the delicate points that were chosen, and that of a release that quotes somebody."""
        chosen = tuple(each for each in self.risks.data or () if each in RISKS)
        return with_quote_risk(str(self.kind.data), self.press(), chosen)

    def begin(self, draft: Draft) -> None:
        """Fill a new content's fields but its date and its topic, which are its own."""
        day, clock, topic = self.date.data, self.time.data, self.topic_id.data
        self.show_draft(draft, 0)
        if draft.press is not None:
            self.show_press(draft.press)
        self.date.data, self.time.data, self.topic_id.data, self.version.data = day, clock, topic, ""

    def show_draft(self, draft: Draft, version: int) -> None:
        """Fill the fields from what is stored."""
        self.kind.data, self.title.data, self.body.data = draft.kind.value, draft.title, draft.body
        self.channel_ids.data = [str(channel_id) for channel_id in draft.channel_ids]
        self.tags.data, self.risks.data = ", ".join(draft.tags), list(draft.risks)
        self.topic_id.data, self.pillar.data = str(draft.topic_id or ""), draft.pillar
        self.own_texts = {str(key): words for key, words in draft.texts}
        self.beside_typed = draft.beside
        self.fold.data = str(draft.fold or 0)
        self.version.data = str(version)
        self.show(draft.wall_time)


class MoveForm(ScheduleForm):
    """Another date. `confirmed` is wanted when the move reopens an approval."""

    confirmed = BooleanField(lazy("Move it, and ask for the approval again"))


def typed_pictures(typed: "MultiDict[str, Any]") -> list[TypedPicture]:
    """Return the images of the form that stay, in the order that was asked for; rows that can't be read are left."""
    rows: dict[uuid.UUID, tuple[int, TypedPicture]] = {}
    for place, media_id in enumerate(_ids(typed.getlist("picture_id"))):
        if typed.get(f"remove-{media_id}") is None and media_id not in rows:
            alt = str(typed.get(f"alt-{media_id}", ""))
            wanted = _number(typed.get(f"order-{media_id}"), place + 1)
            rows[media_id] = wanted, TypedPicture(media_id, alt_text(alt))
    return [picture for _order, picture in sorted(rows.values(), key=lambda row: row[0])]


def alt_text(typed: str) -> str:
    """Return a description of an image as it is kept: one line, at most 2,000 characters."""
    return " ".join(one_line(typed).split())[:2000]


def _number(typed: object, otherwise: int) -> int:
    text = str(typed or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else otherwise


def _ids(typed: Iterable[str] | None) -> list[uuid.UUID]:
    found = []
    for text in typed or ():
        try:
            found.append(uuid.UUID(str(text)))
        except ValueError:
            continue
    return found
