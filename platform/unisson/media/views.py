"""The pages of media: adding pictures to a brand, and showing one."""

import uuid
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.media import library_pages
from unisson.media.answers import picture_answer
from unisson.media.intake import NOTHING, take_in
from unisson.media.models import Media
from unisson.media.reading import visible_picture
from unisson.storage import storage_of
from unisson.web.db import runtime, session
from unisson.web.guards import actor, brand_card
from unisson.web.i18n import lazy

blueprint = Blueprint("media", __name__, url_prefix="/<agency>")

MOST_AT_ONCE = 10
TOO_MANY = lazy("At most 10 pictures can be added at a time.")


@blueprint.post("/brands/<brand>/media")
def upload(brand: str) -> BaseResponse | str:
    """Take the pictures in. htmx gets their fields, a plain form goes back to where it came from."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    files = [file for file in request.files.getlist("picture") if file.filename]
    if not files:
        raise RefusedError(NOTHING, field="picture")
    if len(files) > MOST_AT_ONCE:
        raise RefusedError(TOO_MANY, field="picture")
    storage = storage_of(runtime().settings)
    pictures = [
        take_in(session(), actor(), card.id, file.filename or "", file.stream, storage=storage) for file in files
    ]
    if request.headers.get("HX-Request") == "true":
        return render_template("media/_pictures.html", pictures=pictures)
    return _back(pictures) or render_template("media/added.html", pictures=pictures)


def _back(pictures: list[Media]) -> BaseResponse | None:
    """Return the way back to the page of ours that the form names, which finds `media_id` in its query."""
    back = request.form.get("back", "")
    if not back.startswith("/") or back.startswith(("//", "/\\")) or not back.isprintable():
        return None
    query = urlencode([("media_id", str(media.id)) for media in pictures])
    return redirect(f"{back}{'&' if '?' in back else '?'}{query}", 303)


@blueprint.get("/media/<uuid:media_id>")
def picture(media_id: uuid.UUID) -> Response:
    """Show one picture to somebody who sees its brand."""
    media = visible_picture(session(), actor(), media_id)
    return picture_answer(storage_of(runtime().settings), media.agency_id, media.digest, media.mime)


blueprint.get("/brands/<brand>/media")(library_pages.library)
blueprint.get("/brands/<brand>/media/choice")(library_pages.choice)
blueprint.get("/media/<uuid:media_id>/details")(library_pages.details)
blueprint.post("/media/<uuid:media_id>/details")(library_pages.detailing)
blueprint.post("/media/<uuid:media_id>/archive")(library_pages.archiving)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
