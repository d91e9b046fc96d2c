"""The pages of topics: a brand's list, one topic with the word of each pole, its form."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from babel.units import format_unit
from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.editorial.forms import KINDS
from unisson.editorial.order import place_after
from unisson.topics import embargo_pages, file_pages
from unisson.topics.embargo import embargo_of
from unisson.topics.files import ACCEPTED, files_of
from unisson.topics.forms import TopicForm
from unisson.topics.models import Pole, PoleWord, Topic
from unisson.topics.planning import SPEAKS, change_topic, drop_date, leads, load_topic, note_date, open_topic, speak
from unisson.topics.reading import dates_of, hanging_on, topics_of
from unisson.web.db import session
from unisson.web.forms import one_line
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, language, lazy
from unisson.web.operations import new_operation_id

blueprint = Blueprint("topics", __name__, url_prefix="/<agency>")

Answer = Response | str | tuple[str, int]

POLES = {Pole.CM: lazy("Community managers"), Pole.RP: lazy("Press relations")}
WORDS = {
    PoleWord.UNDECIDED: lazy("undecided"),
    PoleWord.CONCERNED: lazy("concerned"),
    PoleWord.NOT_CONCERNED: lazy("not concerned"),
    PoleWord.LATER: lazy("later"),
}
UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}


class Refusal(NamedTuple):
    """What one of the small forms of a topic's page was refused for: the part of the page, and what was typed."""

    part: str
    refusal: RefusedError


@blueprint.get("/brands/<brand>/topics")
def topics(brand: str) -> Answer:
    """Show a brand's topics: which are ready, and on whom the others wait."""
    card = _brand(brand)
    show = request.args.get("show", "")
    return render_template(
        "topics/topics.html", card=card, rows=topics_of(session(), card.id, show), show=show, poles=POLES, words=WORDS
    )


@blueprint.get("/brands/<brand>/topics/new")
def topic_new(brand: str) -> Answer:
    """Show a new topic to be written."""
    return _form(_brand(brand), TopicForm()), 200


@blueprint.post("/brands/<brand>/topics/new")
def topic_opening(brand: str) -> Answer:
    """Keep a new topic."""
    card, form = _brand(brand), TopicForm()
    return _kept(card, form, None, lambda: open_topic(session(), actor(), card.id, form.plan()))


@blueprint.get("/topics/<uuid:topic_id>")
def topic(topic_id: uuid.UUID) -> Answer:
    """Show a topic, the word of each pole, and the contents that hang on it."""
    return _page(load_topic(session(), actor(), topic_id))


@blueprint.get("/topics/<uuid:topic_id>/edit")
def topic_edit(topic_id: uuid.UUID) -> Answer:
    """Show a topic to be changed."""
    found = load_topic(session(), actor(), topic_id)
    form = TopicForm()
    form.show(found)
    return _form(brand_card_of(found.brand_id), form, found), 200


@blueprint.post("/topics/<uuid:topic_id>/edit")
def topic_changing(topic_id: uuid.UUID) -> Answer:
    """Keep a topic as it is typed."""
    found = load_topic(session(), actor(), topic_id)
    form = TopicForm()
    card = brand_card_of(found.brand_id)
    return _kept(card, form, found, lambda: change_topic(session(), actor(), topic_id, form.plan(), form.version_shown))


@blueprint.post("/topics/<uuid:topic_id>/words")
def topic_word(topic_id: uuid.UUID) -> Answer:
    """Say whether a pole is concerned."""
    load_topic(session(), actor(), topic_id)
    try:
        pole, word = Pole(request.form.get("pole", "")), PoleWord(request.form.get("word", ""))
    except ValueError:
        raise NotFoundError from None
    found = speak(session(), actor(), topic_id, pole, word)
    if found.is_ready:
        flash(_("Noted. Both poles have spoken: the topic is ready."), "success")
    else:
        flash(_("Noted."), "success")
    return redirect(url_for("topics.topic", topic_id=topic_id), 303)


@blueprint.get("/topics/<uuid:topic_id>/embargo")
def embargo(topic_id: uuid.UUID) -> Answer:
    """Show the embargo of a topic."""
    return embargo_pages.page(topic_id)


@blueprint.post("/topics/<uuid:topic_id>/embargo")
def embargo_setting(topic_id: uuid.UUID) -> Answer:
    """Set, move or lift the embargo of a topic."""
    return embargo_pages.setting(topic_id)


@blueprint.post("/topics/<uuid:topic_id>/dates")
def date_noting(topic_id: uuid.UUID) -> Answer:
    """Keep a key date of a topic."""
    typed = request.form
    return _small(
        topic_id,
        "dates",
        lambda: note_date(session(), actor(), topic_id, _day(typed.get("on_date", "")), one_line(typed.get("label"))),
    )


@blueprint.post("/topics/<uuid:topic_id>/dates/<uuid:date_id>/remove")
def date_dropping(topic_id: uuid.UUID, date_id: uuid.UUID) -> Answer:
    """Take a key date away."""
    return _small(topic_id, "dates", lambda: drop_date(session(), actor(), topic_id, date_id))


@blueprint.post("/topics/<uuid:topic_id>/order")
def ordering(topic_id: uuid.UUID) -> Answer:
    """Let a content follow another one of the topic, or no other."""
    typed = request.form
    return _small(
        topic_id,
        "order",
        lambda: place_after(
            session(),
            actor(),
            _uuid(typed.get("content_id", "")),
            _uuid(typed["first_id"]) if typed.get("first_id") else None,
            _minutes(typed.get("amount", ""), typed.get("unit", "")),
            topic_id=topic_id,
        ),
    )


blueprint.post("/topics/<uuid:topic_id>/files", endpoint="file_adding")(file_pages.adding)
blueprint.post("/topics/<uuid:topic_id>/files/removal", endpoint="file_removal")(file_pages.removal)
blueprint.post("/topics/<uuid:topic_id>/files/return", endpoint="file_return")(file_pages.returning)
blueprint.get("/topics/<uuid:topic_id>/files/<uuid:topic_file_id>")(file_pages.file)


def _small(topic_id: uuid.UUID, part: str, act: Callable[[], object]) -> Answer:
    found = load_topic(session(), actor(), topic_id)
    try:
        with session().begin_nested():
            act()
    except RefusedError as refusal:
        session().refresh(found)
        return _page(found, Refusal(part, refusal)), refusal.status
    flash(_("Saved."), "success")
    return redirect(url_for("topics.topic", topic_id=topic_id, _anchor=part), 303)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None


def _uuid(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError:
        raise NotFoundError from None


def _minutes(amount: str, unit: str) -> int:
    """Return a typed delay in minutes; -1 for what is none, which no order takes."""
    amount = amount.strip() or "0"
    return int(amount) * UNITS.get(unit, 1) if amount.isascii() and amount.isdigit() and len(amount) < 7 else -1


def _delay(minutes: int) -> str:
    """Return a delay as people say it: « 2 jours 7 heures »."""
    parts = []
    for unit, size in reversed(UNITS.items()):
        whole, minutes = divmod(minutes, size)
        if whole:
            parts.append(format_unit(whole, unit.removesuffix("s"), locale=language()))
    return " ".join(parts)


def _brand(slug: str) -> BrandCard:
    card = brand_card(slug)
    actor().require(Permission.TOPIC_PLAN, card.id)
    return card


def _page(found: Topic, refused: Refusal | None = None) -> str:
    card = brand_card_of(found.brand_id)
    known = {pole: leads(session(), card.id, pole, found.lead_of(pole)) for pole in Pole}
    return render_template(
        "topics/topic.html",
        card=card,
        topic=found,
        contents=hanging_on(session(), found),
        dates=dates_of(session(), found),
        files=files_of(session(), found),
        accepted=ACCEPTED,
        embargo=embargo_of(found),
        schedules=actor().may(Permission.CONTENT_SCHEDULE, card.id),
        refused=refused,
        say_delay=_delay,
        poles=POLES,
        words=WORDS,
        kinds=KINDS,
        leads={pole: known[pole].get(lead) if (lead := found.lead_of(pole)) else None for pole in Pole},
        speaks={pole: actor().may(SPEAKS[pole], card.id) for pole in Pole},
        new_operation_id=new_operation_id,
    )


def _form(card: BrandCard, form: TopicForm, found: Topic | None = None, others: Topic | None = None) -> str:
    nobody = [("", _("Nobody yet"))]
    for field, pole in ((form.cm_lead_id, Pole.CM), (form.rp_lead_id, Pole.RP)):
        able = leads(session(), card.id, pole, found.lead_of(pole) if found else None)
        field.choices = nobody + [(str(who), name) for who, name in able.items()]
    form.operation_id.data = new_operation_id()
    return render_template("topics/form.html", card=card, bound=form, topic=found, others=others)


def _kept(card: BrandCard, form: TopicForm, found: Topic | None, act: Callable[[], Topic]) -> Answer:
    try:
        with session().begin_nested():
            kept = act()
    except RefusedError as refusal:
        status, others = form.refuse_beside(refusal, found)
        return _form(card, form, found, others), status
    flash(_("Saved."), "success")
    return redirect(url_for("topics.topic", topic_id=kept.id), 303)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
