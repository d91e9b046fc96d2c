"""The pages of a brand's channels: connecting, testing, disconnecting, and the people of an e-mail list."""

import uuid
from functools import lru_cache

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.granting.asking import asks_of
from unisson.identity.confirming import needs_confirmation, needs_confirmation_where
from unisson.newsroom.entries import room_of
from unisson.publishing import connecting, mockups, overview, subscribers
from unisson.publishing.assembly import registry
from unisson.publishing.channels.port import ChannelKind
from unisson.publishing.channels.registry import Registry
from unisson.publishing.connecting import Means, load_channel, standing
from unisson.publishing.forms import BlueskyForm, ListForm, MockupAccountForm, MockupForm, PeopleForm, ReconnectForm
from unisson.publishing.models import MOCKUP, Channel
from unisson.publishing.reasons import channel_trouble, short, what_to_do
from unisson.publishing.subscribers import Added, Reading
from unisson.runtime import Runtime
from unisson.web.db import runtime, session
from unisson.web.forms import Form
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, _n
from unisson.web.operations import new_operation_id

Answer = BaseResponse | str | tuple[str, int]


@lru_cache(maxsize=4)
def _registry_of(held: Runtime) -> Registry:
    return registry(held)


def means() -> Means:
    """Return what connecting works with in this process."""
    held = runtime()
    return Means(_registry_of(held), held.vault, held.database)


def channels(brand: str) -> Answer:
    """Show a brand's channels and how each stands."""
    card = brand_card(brand)
    actor().require(Permission.CHANNEL_CONNECT, card.id)
    now = session().now()
    rows = [(each, standing(each, now)) for each in connecting.channels_of_brand(session(), card.id)]
    return render_template(
        "publishing/channels.html",
        card=card,
        rows=rows,
        newsroom=_newsroom_address(card),
        trouble=channel_trouble,
        what_to_do=what_to_do,
        asks=asks_of(session(), card.id),
        now=now,
    )


@needs_confirmation_where(lambda: request.args.get("kind") == ChannelKind.BLUESKY)
def channel_new(brand: str) -> Answer:
    """Connect a channel of the kind in the query; without one, let the person choose."""
    card = brand_card(brand)
    actor().require(Permission.CHANNEL_CONNECT, card.id)
    kind = request.args.get("kind", "")
    if kind == ChannelKind.BLUESKY:
        return _new_bluesky(card)
    if kind == ChannelKind.EMAIL:
        return _new_list(card)
    if kind == MOCKUP:
        return new_mockup(card)
    return render_template("publishing/channel_choice.html", card=card)


def _new_bluesky(card: BrandCard) -> Answer:
    form = BlueskyForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with session().begin_nested():
                    channel, said = connecting.connect_bluesky(session(), actor(), card.id, means(), form.keys)
            except RefusedError as refusal:
                status = form.refuse(refusal)
            else:
                return done(channel.id, said)
    return render_template("publishing/channel_bluesky.html", card=card, form=form), status


def new_mockup(card: BrandCard) -> Answer:
    """Plan on an account that is not connected yet."""
    form, status = MockupForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with session().begin_nested():
                    made = mockups.plan_on_mockup(
                        session(), actor(), card.id, name=form.name.data or "", handle=form.handle.data or ""
                    )
            except RefusedError as refusal:
                status = form.refuse(refusal)
            else:
                return done(made.id, _("The mock-up is there: contents can be written for it now."))
    return render_template("publishing/channel_mockup.html", card=card, form=form), status


def _new_list(card: BrandCard) -> Answer:
    form, reading = ListForm(), Reading()
    if request.method == "GET":
        form.sender_name.data = card.name
        return render_template("publishing/channel_email.html", card=card, form=form, faults=[])
    status = 422
    valid = form.validate()
    try:
        reading = subscribers.typed(form.recipients, form.file)
        if valid:
            people = reading.entries_or_refusal() if reading.faults or form.recipients.data else []
            with session().begin_nested():
                channel = connecting.connect_list(
                    session(),
                    actor(),
                    card.id,
                    name=form.name.data or "",
                    sender_name=form.sender_name.data or "",
                    reply_to=form.reply_to.data or "",
                    people=people,
                )
            return done(channel.id, _n("%(num)s person on the list.", "%(num)s people on the list.", len(people)))
    except RefusedError as refusal:
        status = form.refuse(refusal)
    return render_template("publishing/channel_email.html", card=card, form=form, faults=reading.faults), status


def channel(channel_id: uuid.UUID) -> Answer:
    """Show a channel: how it stands, its people, what went out on it lately."""
    return channel_page(load_channel(session(), actor(), channel_id))


@needs_confirmation
def channel_connection(channel_id: uuid.UUID) -> Answer:
    """Connect a channel again."""
    form = ReconnectForm()
    try:
        with session().begin_nested():
            said = connecting.reconnect(session(), actor(), channel_id, means(), form.app_password.data or "")
    except RefusedError as refusal:
        status = form.refuse(refusal)
        session().expire_all()
        return channel_page(load_channel(session(), actor(), channel_id), reconnecting=form, status=status)
    return done(channel_id, said)


@needs_confirmation
def channel_disconnection(channel_id: uuid.UUID) -> Answer:
    """Send nothing more on a channel; what waits is held at its time."""
    count = connecting.disconnect(session(), actor(), channel_id)
    said = _("The channel is disconnected and its password is forgotten.")
    if count:
        kept = _n(
            "%(num)s planned publication is kept: at its time it waits for your decision.",
            "%(num)s planned publications are kept: at their time they wait for your decision.",
            count,
        )
        said = f"{said} {kept}"
    return done(channel_id, said)


@needs_confirmation
def channel_account(channel_id: uuid.UUID) -> Answer:
    """Connect a mock-up: what is planned on it keeps its approvals and dates."""
    form = MockupAccountForm()
    status = 422
    if form.validate():
        try:
            with session().begin_nested():
                said = mockups.connect_mockup(session(), actor(), channel_id, means(), form.keys)
        except RefusedError as refusal:
            status = form.refuse(refusal)
            session().expire_all()
        else:
            return done(channel_id, f"{said} {mockups.what_follows(session(), channel_id)}")
    return channel_page(load_channel(session(), actor(), channel_id), filling=form, status=status)


def channel_mockup(channel_id: uuid.UUID) -> Answer:
    """Go on planning on a channel that was disconnected."""
    mockups.keep_as_mockup(session(), actor(), channel_id)
    return done(channel_id, _("The channel is a mock-up now: contents can be written for it, and none goes out."))


def channel_test(channel_id: uuid.UUID) -> Answer:
    """Sign in once, publish nothing, say what came of it."""
    return done(channel_id, connecting.try_out(session(), actor(), channel_id, means()))


def channel_people(channel_id: uuid.UUID) -> Answer:
    """Add people to a list: all of them, or none when a row can't be read."""
    found = _list(channel_id)
    form, reading = PeopleForm(), Reading()
    try:
        form.validate()
        reading = subscribers.typed(form.recipients, form.file)
        added = subscribers.add(session(), actor(), found, reading.entries_or_refusal())
    except RefusedError as refusal:
        return channel_page(found, adding=form, faults=reading.faults, status=form.refuse(refusal))
    return done(channel_id, _say_added(added))


def channel_person_removal(channel_id: uuid.UUID, subscriber_id: uuid.UUID) -> Answer:
    """Take somebody off a list."""
    gone = subscribers.remove(session(), actor(), _list(channel_id), subscriber_id)
    back = url_for("publishing.channel_person_return", channel_id=channel_id, subscriber_id=subscriber_id)
    flash({"text": _("%(email)s gets nothing more.", email=gone.email), "undo_url": back}, "success")  # type: ignore[arg-type]  # our template takes a mapping with a way back
    return redirect(url_for("publishing.channel", channel_id=channel_id), 303)


def channel_person_return(channel_id: uuid.UUID, subscriber_id: uuid.UUID) -> Answer:
    """Put somebody back on a list."""
    back = subscribers.put_back(session(), actor(), _list(channel_id), subscriber_id)
    return done(channel_id, _("%(email)s is on the list again.", email=back.email))


def channel_export(channel_id: uuid.UUID) -> Response:
    """Give the list as a file that a spreadsheet opens."""
    found = _list(channel_id)
    response = make_response(subscribers.exported(session(), found.id))
    response.content_type = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="people.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _list(channel_id: uuid.UUID) -> Channel:
    found = load_channel(session(), actor(), channel_id)
    if found.kind != ChannelKind.EMAIL:
        raise NotFoundError
    return found


def _say_added(added: Added) -> str:
    said = [_n("%(num)s person added.", "%(num)s people added.", added.new)]
    if added.already:
        said.append(_n("%(num)s was there already.", "%(num)s were there already.", added.already))
    if added.removed_before:
        said.append(
            _n(
                "%(num)s had been removed before and stays so: put them back one by one if they asked for it.",
                "%(num)s had been removed before and stay so: put them back one by one if they asked for it.",
                added.removed_before,
            )
        )
    return " ".join(said)


def done(channel_id: uuid.UUID, said: str) -> BaseResponse:
    """Say what was done, on the channel's page."""
    flash(said, "success")
    return redirect(url_for("publishing.channel", channel_id=channel_id), 303)


def _newsroom_address(card: BrandCard) -> str:
    return runtime().settings.base_url + room_of(session(), card.id).path


def channel_page(
    found: Channel,
    *,
    reconnecting: ReconnectForm | None = None,
    filling: MockupAccountForm | None = None,
    adding: PeopleForm | None = None,
    faults: object = (),
    status: int = 200,
) -> Answer:
    """Return the page of a channel; the forms are those that were refused."""
    card = brand_card_of(found.brand_id)
    is_list = found.kind == ChannelKind.EMAIL
    after = request.args.get("after", "") if request.method == "GET" else ""
    people = subscribers.people(session(), found.id, after) if is_list else []
    more = people[subscribers.PAGE_LENGTH - 1].email if len(people) > subscribers.PAGE_LENGTH else None
    states = ("published", "held", "failed", "unknown", "sending", "scheduled")
    html = render_template(
        "publishing/channel.html",
        channel=found,
        card=card,
        state=standing(found, session().now()),
        trouble=channel_trouble(found.trouble),
        advice=what_to_do(found.trouble),
        waiting=connecting.waiting(session(), found.id),
        newsroom=_newsroom_address(card),
        reconnecting=reconnecting or _empty(ReconnectForm),
        filling=filling or _for_mockup(found),
        adding=adding or _empty(PeopleForm),
        faults=faults,
        people=people[: subscribers.PAGE_LENGTH],
        more=more,
        on_list=subscribers.count(session(), found.id) if is_list else 0,
        recent=overview.lines(session(), actor(), states, overview.Wanted(channel_id=found.id), limit=10),
        short=short,
        number=new_operation_id,
    )
    return html, status


def _for_mockup(found: Channel) -> MockupAccountForm:
    form = MockupAccountForm(formdata=None)
    form.handle.data = found.settings.get("handle", "")
    return form


def _empty(form: type[Form]) -> Form:
    """Return a form that shows nothing of what another form of the page sent."""
    return form(formdata=None)


def register(blueprint: Blueprint) -> None:
    """Add the routes to the feature's blueprint."""
    here, one = "/brands/<brand>/channels", "/channels/<uuid:channel_id>"
    person = f"{one}/people/<uuid:subscriber_id>"
    blueprint.add_url_rule(here, view_func=channels)
    blueprint.add_url_rule(f"{here}/new", view_func=channel_new, methods=["GET", "POST"])
    blueprint.add_url_rule(one, view_func=channel)
    blueprint.add_url_rule(f"{one}/connection", view_func=channel_connection, methods=["POST"])
    blueprint.add_url_rule(f"{one}/disconnection", view_func=channel_disconnection, methods=["POST"])
    blueprint.add_url_rule(f"{one}/account", view_func=channel_account, methods=["POST"])
    blueprint.add_url_rule(f"{one}/mockup", view_func=channel_mockup, methods=["POST"])
    blueprint.add_url_rule(f"{one}/test", view_func=channel_test, methods=["POST"])
    blueprint.add_url_rule(f"{one}/people", view_func=channel_people, methods=["POST"])
    blueprint.add_url_rule(f"{person}/removal", view_func=channel_person_removal, methods=["POST"])
    blueprint.add_url_rule(f"{person}/return", view_func=channel_person_return, methods=["POST"])
    blueprint.add_url_rule(f"{one}/people.csv", view_func=channel_export)
