"""The pages of media: adding pictures to a brand, and showing one."""

import time
import uuid
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.media import library_pages, video_pages
from unisson.media.addresses import frozen_address, picture_address, read, still_address
from unisson.media.answers import signed_answer
from unisson.media.intake import NOTHING, take_in
from unisson.media.models import Media
from unisson.media.reading import visible_picture
from unisson.storage import StorageAwayError, storage_of
from unisson.web.cookies import WITHOUT_COOKIE
from unisson.web.db import runtime, session
from unisson.web.guards import actor, brand_card, public
from unisson.web.hosts import own_domain
from unisson.web.i18n import lazy

blueprint = Blueprint("media", __name__, url_prefix="/<agency>")
files = Blueprint("files", __name__)

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
