"""The pages of writing: the composer, a content, moving it, cancelling it."""

import uuid

from flask import Blueprint, Flask, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.approvals.circuit import submit
from unisson.editorial import (
    autosave_page,
    beside_views,
    content_page,
    from_link,
    move_page,
    presence_page,
    series_page,
    starters_page,
    tagging_page,
)
from unisson.editorial.composer import Composer, channel_registry
from unisson.editorial.contents import load
from unisson.editorial.limits import check_with
from unisson.editorial.models import Content
from unisson.editorial.writing import cancel, check_editable, duplicate, edit, restore, write
from unisson.web.db import session, without_writing
from unisson.web.guards import actor, brand_card, brand_card_of
from unisson.web.i18n import _

blueprint = Blueprint("editorial", __name__, url_prefix="/<agency>")

NO_VERSION = -1
"""A form that does not say what it was made from is stale: it would write over what nobody compared."""

Answer = Response | str | tuple[str, int]


@blueprint.route("/brands/<brand>/contents/new", methods=["GET", "POST"])
def content_new(brand: str) -> Answer:
    """Write a new content."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    composer = Composer(card)
    if request.method == "POST":
        return _save(composer)
    composer.show_new(request.args.get("date"), request.args.get("topic"), request.args.get("channel"))
    starters_page.begin(composer.form, card, request.args.get("template"))
    return composer.page()


@blueprint.route("/contents/<uuid:content_id>/edit", methods=["GET", "POST"])
def content_edit(content_id: uuid.UUID) -> Answer:
    """Change a content."""
    content = load(session(), actor(), content_id, Permission.CONTENT_WRITE)
    composer = Composer(brand_card_of(content.brand_id), content)
    if request.method == "POST":
        return _save(composer)
    check_editable(content)
    composer.show_stored()
    return composer.page()


@blueprint.route("/brands/<brand>/contents/from-link", methods=["GET", "POST"])
def content_from_link(brand: str) -> Answer:
    """Begin a content from a web page."""
    return from_link.page(brand)


@blueprint.post("/brands/<brand>/contents/preview")
def content_preview(brand: str) -> Answer:
    """Show how what is typed would look. Nothing is written."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    composer = Composer(card, itself=request.args.get("content", type=uuid.UUID))
    return without_writing(_typed(composer).preview_page())


@blueprint.post("/brands/<brand>/contents/card")
def content_card(brand: str) -> Answer:
    """Show the card of the first link of what is typed, as its page gives it. Nothing is written."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    composer = Composer(card)
    composer.form.read_texts(request.form)
    return beside_views.card(composer)


@blueprint.route("/brands/<brand>/link-tagging", methods=["GET", "POST"])
def link_tagging(brand: str) -> Answer:
    """Say how the links of a brand's contents are tagged."""
    return tagging_page.page(brand)


@blueprint.get("/brands/<brand>/templates")
def templates(brand: str) -> Answer:
    """Show a brand's templates."""
    return starters_page.page(brand)


@blueprint.post("/contents/<uuid:content_id>/template")
def template_saving(content_id: uuid.UUID) -> Answer:
    """Keep a content as a template of its brand."""
    return starters_page.saved(content_id)


@blueprint.post("/templates/<uuid:template_id>/name")
def template_naming(template_id: uuid.UUID) -> Answer:
    """Give a template another name."""
    return starters_page.renamed(template_id)


@blueprint.post("/templates/<uuid:template_id>/archive")
def template_archiving(template_id: uuid.UUID) -> Answer:
    """Put a template away."""
    return starters_page.archived(template_id)


@blueprint.post("/templates/<uuid:template_id>/restoration")
def template_restoration(template_id: uuid.UUID) -> Answer:
    """Take a template back."""
    return starters_page.restored(template_id)


@blueprint.get("/contents/<uuid:content_id>")
def content(content_id: uuid.UUID) -> Answer:
    """Show a content: what goes out, when, where it stands, and what may be done now."""
    return content_page.page(content_id)


@blueprint.route("/contents/<uuid:content_id>/move", methods=["GET", "POST"])
def content_move(content_id: uuid.UUID) -> Answer:
    """Put a content at another date."""
    return move_page.moved(content_id) if request.method == "POST" else move_page.page(content_id)


@blueprint.post("/contents/<uuid:content_id>/duplicate")
def content_duplication(content_id: uuid.UUID) -> Answer:
    """Write a new draft with the same words, images and channels, and open it."""
    made = duplicate(session(), actor(), content_id)
    said = {
        "text": _("This is the copy, without a date. The original stays as it is."),
        "undo_url": url_for("editorial.content_cancellation", content_id=made.id),
    }
    flash(said, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(url_for("editorial.content_edit", content_id=made.id), 303)


@blueprint.route("/contents/<uuid:content_id>/repetition", methods=["GET", "POST"])
def content_repetition(content_id: uuid.UUID) -> Answer:
    """Write a draft again at the dates of a rhythm."""
    return series_page.repeated(content_id) if request.method == "POST" else series_page.page(content_id)


@blueprint.post("/contents/<uuid:content_id>/repetition/undo")
def content_repetition_undo(content_id: uuid.UUID) -> Answer:
    """Take back the last repetition, where nobody touched what it wrote."""
    return series_page.undone(content_id)


@blueprint.post("/contents/<uuid:content_id>/cancellation")
def content_cancellation(content_id: uuid.UUID) -> Answer:
    """Cancel a content, which can be undone."""
    undo = {
        "text": _("The content is cancelled. It will not go out."),
        "undo_url": url_for("editorial.content_restoration", content_id=content_id),
    }
    return content_page.carried_out(content_id, lambda: cancel(session(), actor(), content_id), undo)


@blueprint.post("/contents/<uuid:content_id>/restoration")
def content_restoration(content_id: uuid.UUID) -> Answer:
    """Make a cancelled content a draft again."""
    said = _("The content is a draft again.")
    return content_page.carried_out(content_id, lambda: restore(session(), actor(), content_id), said)


def _typed(composer: Composer) -> Composer:
    """Read the form; images that are refused are said on the page and leave the others."""
    composer.form.read_texts(request.form)
    composer.form.read_quotes(request.form, composer.speakers)
    try:
        composer.take_pictures()
    except RefusedError as refusal:
        composer.refuse(refusal)
    return composer


def _save(composer: Composer) -> Answer:
    wanted = request.form.get("action", "save")
    _typed(composer)
    if wanted == "card":
        beside_views.look_up(composer)
    if wanted in {"preview", "add", "card", "post"}:
        page = composer.page()
        return without_writing(page)
    if composer.form.errors or not composer.form.validate():
        return composer.page(422)
    try:
        with session().begin_nested():
            saved = _carry_out(composer, and_submit=wanted == "submit")
    except RefusedError as refusal:
        if composer.content is not None:
            session().refresh(composer.content)
        return composer.page(composer.refuse(refusal))
    said = _("Saved and submitted for approval.") if wanted == "submit" else _("The content is saved.")
    told = {"text": said, "saved": request.form.get("operation_id", "")[:40]}
    flash(told, "success")  # type: ignore[arg-type]  # a mapping carries what the browser need not keep any more
    return redirect(url_for("editorial.content", content_id=saved.id), 303)


def _carry_out(composer: Composer, *, and_submit: bool) -> Content:
    draft = composer.form.draft(composer.typed)
    if composer.content is None:
        saved = write(session(), actor(), composer.brand.id, draft)
    else:
        shown = composer.form.version_shown
        saved = edit(session(), actor(), composer.content.id, draft, NO_VERSION if shown is None else shown)
    if and_submit:
        submit(session(), actor(), saved.id, None, check_with(channel_registry()))
    return saved


presence_page.register(blueprint)
autosave_page.register(blueprint)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
