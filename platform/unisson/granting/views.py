"""The agency's pages of asking a client to connect a channel; the client's are in `granting.doors`."""

import uuid

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from limits import RateLimitItemPerHour
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.granting import asking, doors
from unisson.granting.forms import AskForm
from unisson.web import limits
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _

Answer = Response | str | tuple[str, int]

ASKS = RateLimitItemPerHour(60)
"""Mails that ask for a channel, of one agency."""

blueprint = Blueprint("granting", __name__, url_prefix="/<agency>")
doors.register(blueprint)


@blueprint.route("/brands/<brand>/channels/asks/new", methods=["GET", "POST"])
def asking_new(brand: str) -> Answer:
    """Ask somebody of the client's to connect a channel."""
    card = brand_card(brand)
    actor().require(Permission.CHANNEL_CONNECT, card.id)
    form, status = _form(card), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with session().begin_nested():
                    _ask(card, form)
            except RefusedError as refusal:
                status = form.refuse(refusal)
            else:
                flash(_("Asked. You are told when the channel is connected."), "success")
                return redirect(url_for("publishing.channels", brand=card.slug), 303)
    return render_template("granting/ask.html", card=card, form=form, days=asking.LIFETIME.days), status


@blueprint.post("/channel-asks/<uuid:ask_id>/revocation")
def revoking(ask_id: uuid.UUID) -> Answer:
    """Take a request back."""
    row = asking.revoke(session(), actor(), ask_id)
    flash(_("Taken back: the link connects nothing any more."), "success")
    return redirect(url_for("publishing.channels", brand=brand_card_of(row.brand_id).slug), 303)


@blueprint.post("/channel-asks/<uuid:ask_id>/renewal")
def asking_again(ask_id: uuid.UUID) -> Answer:
    """Mail the same person a new link."""
    row = asking.load_ask(session(), actor(), ask_id)
    limits.spend_of_agency("channel-ask", ASKS, session().agency_id)
    asking.ask_again(session(), actor(), ask_id)
    flash(_("A new link is on its way; the old one connects nothing any more."), "success")
    return redirect(url_for("publishing.channels", brand=brand_card_of(row.brand_id).slug), 303)


def _ask(card: BrandCard, form: AskForm) -> None:
    limits.spend_of_agency("channel-ask", ASKS, session().agency_id)
    asking.ask(
        session(),
        actor(),
        card.id,
        person=form.person.data or "",
        email=form.email.data or "",
        channel_id=_uuid(form.channel.data or ""),
        note=form.note.data or "",
    )


def _form(card: BrandCard) -> AskForm:
    form = AskForm()
    mockups = [
        (str(each.id), _("%(name)s (mock-up)", name=each.name)) for each in asking.mockups_of(session(), card.id)
    ]
    form.channel.choices = [*mockups, ("", _("A Bluesky account, as a new channel"))]
    people = asking.people_of(session(), card.id)
    form.person.choices = [
        ("", _("Somebody else")),
        *((str(each.id), f"{each.name} · {each.email}") for each in people),
    ]
    if request.method == "GET":
        wanted = request.args.get("channel", "")
        form.channel.data = wanted if wanted in dict(mockups) else next(iter(dict(mockups)), "")
        form.person.data = str(people[0].id) if people else ""
    return form


def _uuid(typed: str) -> uuid.UUID | None:
    """Return the channel chosen; a random one, which is none, for what can't be read."""
    if not typed:
        return None
    try:
        return uuid.UUID(typed)
    except ValueError:
        return uuid.uuid4()


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
