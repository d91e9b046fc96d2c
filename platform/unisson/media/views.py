"""The pages of media: adding pictures to a brand, and showing one."""

import uuid

from flask import Blueprint, Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.media import library_pages, tus
from unisson.media.answers import picture_answer
from unisson.media.intake import NOTHING
from unisson.media.reading import visible_picture
from unisson.media.uploads import take_whole
from unisson.storage import storage_of
from unisson.web.db import runtime, session
from unisson.web.guards import actor, brand_card
from unisson.web.i18n import lazy

blueprint = Blueprint("media", __name__, url_prefix="/<agency>")

MOST_AT_ONCE = 50
TOO_MANY = lazy("At most 50 pictures can be added at a time.")


@blueprint.post("/brands/<brand>/media")
def upload(brand: str) -> BaseResponse:
    """Take the files of a plain form: each is prepared or refused for itself, and the library says which."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    files = [file for file in request.files.getlist("picture") if file.filename]
    if not files:
        raise RefusedError(NOTHING, field="picture")
    if len(files) > MOST_AT_ONCE:
        raise RefusedError(TOO_MANY, field="picture")
    for file in files:
        take_whole(session(), actor(), card.id, file.filename or "", file.stream)
    return redirect(url_for("media.library", brand=card.slug, _anchor="uploads"), 303)


@blueprint.get("/media/<uuid:media_id>")
def picture(media_id: uuid.UUID) -> Response:
    """Show one picture to somebody who sees its brand."""
    media = visible_picture(session(), actor(), media_id)
    return picture_answer(storage_of(runtime().settings), media.agency_id, media.digest, media.mime)


blueprint.get("/brands/<brand>/uploads", provide_automatic_options=False)(library_pages.uploads)
blueprint.route("/brands/<brand>/uploads", methods=["POST", "OPTIONS"], provide_automatic_options=False)(tus.creating)
blueprint.route("/uploads/<uuid:upload_id>", methods=["HEAD", "PATCH", "DELETE"])(tus.receiving)
blueprint.after_request(tus.say_version)
blueprint.get("/brands/<brand>/media")(library_pages.library)
blueprint.get("/brands/<brand>/media/choice")(library_pages.choice)
blueprint.get("/media/<uuid:media_id>/details")(library_pages.details)
blueprint.post("/media/<uuid:media_id>/details")(library_pages.detailing)
blueprint.post("/media/<uuid:media_id>/archive")(library_pages.archiving)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
