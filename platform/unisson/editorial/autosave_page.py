"""Where the composer's page saves by itself, and learns what somebody else saved meanwhile."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.datastructures import MultiDict

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.editorial.autosave import BaseWantedError, MovedOnError, Saved, autosave, last_other_writer
from unisson.editorial.beside_page import beside_inputs
from unisson.editorial.comparison import Part, differences
from unisson.editorial.composer import Composer
from unisson.editorial.contents import load
from unisson.editorial.forms import KINDS, ContentForm, TypedPicture, typed_pictures
from unisson.editorial.merging import Clash, normal
from unisson.editorial.moments import own_zone
from unisson.editorial.presence import Pen, pen_of
from unisson.editorial.press import MOST_QUOTES, Press
from unisson.editorial.writing import Draft
from unisson.web.db import runtime, session
from unisson.web.guards import BrandCard, actor, brand_card_of
from unisson.web.i18n import _, lazy, say_time, say_zone

NOT_FIELDS = frozenset({"operation_id", "csrf_token", "version", "pictures", "quotes"})
LABELS = {
    "wall_time": lazy("Date"),
    "pictures": lazy("Images"),
    "contact": lazy("Press contact"),
    "card": lazy("Card of the link"),
    "tagged": lazy("Tagged links"),
    "thread": lazy("Posts of the thread"),
}
PROSE = frozenset({"title", "body", "texts", "standfirst", "boilerplate"})
"""What is shown as a way from what it was; everything else is said in a word or two."""
INPUTS = {
    "wall_time": ("date", "time"),
    "quotes": tuple(f"quote-{row}-{part}" for row in range(MOST_QUOTES) for part in ("text", "name", "role")),
    "contact": ("contact_name", "contact_email", "contact_phone"),
    "card": ("card_url", "card_title", "card_description", "card_image", "card_off"),
    "thread": ("post",),
}
"""A field of a draft → the inputs of the form that hold it, where these are not called the same."""


def _pictures_said(pictures: Sequence[tuple[uuid.UUID, str]]) -> str:
    return "\n".join(f"{place}. {alt or _('(no description)')}" for place, (_id, alt) in enumerate(pictures, start=1))


SAID: Mapping[str, Callable[[Any], str]] = {
    "pictures": _pictures_said,
    "quotes": lambda quotes: Press(quotes=quotes).quoted,
    "contact": lambda contact: "\n".join(filter(None, (contact.name, contact.email, contact.phone))),
    "card": lambda card: _("(without a card)") if card.off else f"{card.title}\n{card.description}",
    "tagged": lambda tagged: _("yes") if tagged else _("no"),
    "thread": "\n\n".join,
}
"""How fields are said whose values are no words by themselves."""

Inputs = Mapping[str, Sequence[str]]
Told = tuple[Response, int]


@dataclass(frozen=True, slots=True)
class ClashRow:
    """What both changed, as the page shows it: each side's way from what it was, or its words."""

    key: str
    label: object
    mine: Sequence[Part]
    theirs: Sequence[Part]


def content_autosave(content_id: uuid.UUID) -> Told:
    """Save what is typed; answer with the new version, what else changed, or what there is to choose (409)."""
    content = load(session(), actor(), content_id, Permission.CONTENT_WRITE)
    card = brand_card_of(content.brand_id)
    if pen_of(runtime().valkey, actor(), content.id, session().now()) is Pen.THEIRS:
        return jsonify(pen=Pen.THEIRS), 409
    form = ContentForm()
    form.read_texts(request.form)
    form.read_quotes(request.form, ())
    if not form.validate():
        return jsonify(message=_sentences(form)), 422
    typed = form.draft(typed_pictures(request.form))
    before = _before if "base" in request.form else None
    try:
        saved = autosave(session(), actor(), content_id, typed, version_shown=form.version_shown, before=before)
    except BaseWantedError:
        return jsonify(base_wanted=True), 409
    except MovedOnError as over:
        return jsonify(over=True, message=str(over.sentence)), 409
    return _clashed(card, saved, typed) if saved.clashes else _saved(card, saved, typed)


def register(blueprint: Blueprint) -> None:
    """Add the route to `blueprint`."""
    blueprint.add_url_rule("/contents/<uuid:content_id>/autosave", view_func=content_autosave, methods=["POST"])


def inputs_of(draft: Draft) -> dict[str, list[str]]:
    """Return what the inputs of the form hold for a draft, by their names; its images apart."""
    form = ContentForm(formdata=None)
    form.show_draft(draft, 0)
    form.show_press(draft.press or Press())
    held = {each.name: each.data for each in form if each.name not in NOT_FIELDS}
    told = {name: list(map(str, data)) if isinstance(data, list) else [str(data or "")] for name, data in held.items()}
    told |= {f"text-{key}": [words] for key, words in form.own_texts.items()}
    for row, quote in enumerate(form.quote_rows):
        told |= {f"quote-{row}-{part}": [getattr(quote, part)] for part in ("text", "name", "role")}
    return told | beside_inputs(draft.beside)


def _before() -> Draft | None:
    """Return what the page was made from, as it says; None where that can't be read."""
    try:
        pairs = [(str(name), str(value)) for name, value in json.loads(request.form["base"])]
        "".join(map("".join, pairs)).encode()  # half a character, which JSON can say, could not be shown
        typed = MultiDict(pairs)
        form = ContentForm(formdata=typed)
        form.read_texts(typed)
        form.read_quotes(typed, ())
        return form.draft(typed_pictures(typed))
    except (ValueError, TypeError, RecursionError, RefusedError):
        return None


def _saved(card: BrandCard, saved: Saved, typed: Draft) -> Told:
    zone = own_zone() or card.timezone
    at = {"time": say_time(session().now(), zone, "clock"), "zone": say_zone(zone)}
    said, news = _("Saved at %(time)s (%(zone)s)", **at), {}
    if saved.merged is not None:
        news = _news(card, saved.merged.draft, typed, saved.theirs)
        if news["fields"] or news["pictures"]:
            said = _("Put together with what %(name)s saved; saved at %(time)s (%(zone)s)", name=_whom(saved), **at)
    return jsonify(version=saved.content.version, said=said, **news), 200


def _clashed(card: BrandCard, saved: Saved, typed: Draft) -> Told:
    assert saved.merged is not None  # noqa: S101 - for the type checker: there are clashes only in what was merged
    theirs, mine = inputs_of(normal(saved.theirs)), inputs_of(normal(typed))
    rows = [_row(card, each) for each in saved.merged.clashes]
    news = _news(card, saved.merged.draft, typed, saved.theirs)
    return jsonify(
        version=saved.content.version,
        base=_changed(mine, theirs),
        theirs={row.key: _inputs_in(each, theirs) for row, each in zip(rows, saved.merged.clashes, strict=True)},
        their_pictures=_pictures(card, saved.theirs) if saved.theirs.pictures != typed.pictures else None,
        html=render_template("editorial/_clashes.html", clashes=rows, name=_whom(saved)),
        **news,
    ), 409


def _news(card: BrandCard, draft: Draft, typed: Draft, theirs: Draft) -> dict[str, Any]:
    """Return what of `draft` the page does not show yet."""
    return {
        "fields": _changed(inputs_of(normal(typed)), inputs_of(draft)),
        "pictures": _pictures(card, draft) if draft.pictures != typed.pictures else None,
        "labels": {"topic_id": Composer(card).topics.get(theirs.topic_id, "")} if theirs.topic_id else {},
    }


def _changed(shown: Inputs, there: Inputs) -> dict[str, list[str]]:
    names = [*there, *(name for name in shown if name not in there)]
    return {name: list(there.get(name, [])) for name in names if there.get(name, []) != shown.get(name, [])}


def _inputs_in(clash: Clash, theirs: Inputs) -> dict[str, list[str]]:
    names = (f"text-{clash.channel_id}",) if clash.channel_id else INPUTS.get(clash.name, (clash.name,))
    return {name: list(theirs.get(name, [])) for name in names} if clash.name != "pictures" else {}


def _pictures(card: BrandCard, draft: Draft) -> str:
    composer = Composer(card, typed=[TypedPicture(*each) for each in draft.pictures])
    return render_template("editorial/_pictures.html", composer=composer)


def _row(card: BrandCard, clash: Clash) -> ClashRow:
    composer = Composer(card)
    key, label = f"text-{clash.channel_id}" if clash.channel_id else clash.name, _label(composer, clash)
    before, mine, theirs = (_words(composer, clash.name, each) for each in (clash.before, clash.mine, clash.theirs))
    if clash.name not in PROSE or clash.before is None:
        return ClashRow(key, label, [("same", mine)], [("same", theirs)])
    return ClashRow(key, label, differences(before, mine), differences(before, theirs))


def _label(composer: Composer, clash: Clash) -> object:
    if clash.channel_id is not None:
        return {each.id: each.name for each in composer.channels}.get(clash.channel_id, _("Text"))
    if clash.name in LABELS or clash.name not in composer.form:
        return LABELS.get(clash.name, clash.name)
    return composer.form[clash.name].label.text


def _words(composer: Composer, name: str, value: Any) -> str:
    """Return one side of a clash in words; "" for what is not known."""
    if value is None:
        return "" if name != "texts" else _("(the common text)")
    if name == "kind":
        return str(KINDS[value.value])
    if name == "topic_id":
        return composer.topics.get(value, "")
    if name == "wall_time":
        return _date(value[0], value[1], composer.brand.timezone) if value[0] else _("(no date)")
    return SAID.get(name, str)(value)


def _date(wall_time: datetime, fold: int, zone: str) -> str:
    return f"{say_time(wall_time.replace(tzinfo=ZoneInfo(zone), fold=fold), zone, 'moment_year')} ({say_zone(zone)})"


def _whom(saved: Saved) -> str:
    return last_other_writer(session(), actor(), saved.content.id) or _("somebody")


def _sentences(form: ContentForm) -> str:
    return " ".join(str(sentence) for messages in form.errors.values() for sentence in messages)
