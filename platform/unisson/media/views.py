"""The pages of media: adding pictures to a brand, and showing one."""

import time
import uuid

from flask import Blueprint, Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.media import library_pages, tus, video_pages
from unisson.media.addresses import frozen_address, picture_address, read, still_address
from unisson.media.answers import signed_answer
from unisson.media.intake import NOTHING
from unisson.media.reading import visible_picture
from unisson.media.uploads import take_whole
from unisson.storage import StorageAwayError, storage_of
from unisson.web.cookies import WITHOUT_COOKIE
from unisson.web.db import runtime, session
from unisson.web.guards import actor, brand_card, public
from unisson.web.hosts import own_domain
from unisson.web.i18n import lazy

blueprint = Blueprint("media", __name__, url_prefix="/<agency>")
files = Blueprint("files", __name__)

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
def picture(media_id: uuid.UUID) -> BaseResponse:
    """Lead somebody who sees its brand to where one picture is fetched now."""
    media = visible_picture(session(), actor(), media_id)
    return redirect(still_address(media))


@files.get(f"{WITHOUT_COOKIE}<token>")
@public
def signed_file(token: str) -> BaseResponse:
    """Serve what a signed address names: nobody is asked for, and neither session nor database is."""
    now, domain = time.time(), own_domain()
    try:
        address = read(runtime().settings.secret_key, token, now, domain.agency_id if domain else None)
        return signed_answer(storage_of(runtime().settings), address, now)
    except NotFoundError:
        return _bare(404)
    except StorageAwayError as away:
        return _bare(away.status)


def _bare(status: int) -> Response:
    """Return a refusal without a page, for a picture has no reader of pages; no cache keeps it."""
    return Response(status=status, mimetype="text/plain", headers={"Cache-Control": "no-store"})


blueprint.get("/brands/<brand>/uploads", provide_automatic_options=False)(library_pages.uploads)
blueprint.route("/brands/<brand>/uploads", methods=["POST", "OPTIONS"], provide_automatic_options=False)(tus.creating)
blueprint.route("/uploads/<uuid:upload_id>", methods=["HEAD", "PATCH", "DELETE"])(tus.receiving)
blueprint.after_request(tus.say_version)
blueprint.get("/brands/<brand>/media")(library_pages.library)
blueprint.get("/brands/<brand>/media/choice")(library_pages.choice)
blueprint.get("/media/<uuid:media_id>/details")(library_pages.details)
blueprint.post("/media/<uuid:media_id>/details")(library_pages.detailing)
blueprint.post("/media/<uuid:media_id>/archive")(library_pages.archiving)
blueprint.get("/brands/<brand>/videos")(video_pages.videos)
blueprint.post("/brands/<brand>/videos")(video_pages.adding_video)
blueprint.get("/brands/<brand>/videos/standing")(video_pages.videos_standing)
blueprint.post("/videos/<uuid:video_id>/dismissal")(video_pages.dismissing_video)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.jinja_env.globals.update(
        picture_address=picture_address, still_address=still_address, frozen_address=frozen_address
    )
    app.register_blueprint(blueprint)
    app.register_blueprint(files)
