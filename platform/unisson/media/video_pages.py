"""The page where videos are added to a brand's library, and where it stands how far each is."""

import uuid
from io import BytesIO
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import FileField

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.media.models import VideoState
from unisson.media.videos import MEGABYTE, Sent, dismiss, incoming, take_video, too_heavy
from unisson.runtime import Runtime
from unisson.storage import storage_of
from unisson.web.db import runtime, session
from unisson.web.forms import Form
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, lazy
from unisson.web.operations import new_operation_id
from unisson.web.sizes import takes

Answer = Response | str | tuple[str, int]

REASONS = {
    "unreadable": lazy("It is damaged, or is not what its name says. Export it again, as MP4 for instance."),
    "no_picture": lazy("There is no moving picture in it."),
    "codec": lazy(
        "Not all browsers play it. Export it as MP4 with H.264, or as WebM with VP9. On an iPhone: Settings, Camera,"
        " Formats, “Most Compatible”."
    ),
    "sound": lazy("Not all browsers play its sound. Export it with AAC sound (MP4) or Opus (WebM)."),
    "too_large": lazy("Its picture is larger than 4K (3840 × 2160). Export it smaller."),
    "too_long": lazy("It lasts too long. Cut it, then add it again."),
    "too_slow": lazy("Preparing it took too long. Export it smaller, then add it again."),
}
"""Why the library can't have a video: what is said of it, and what to do."""

FORM_BYTES = 64 * 1024


class VideoForm(Form):
    """A video to be added."""

    video = FileField(lazy("Video"))


def videos(brand: str) -> Answer:
    """Show the form, and the videos that were added."""
    return _page(_brand(brand), VideoForm())


def _most(held: Runtime) -> tuple[int, object]:
    """Return the most bytes of the form, and what is said of more."""
    return held.settings.video_megabytes * MEGABYTE + FORM_BYTES, too_heavy(held.settings)


@takes(_most)
def adding_video(brand: str) -> Answer:
    """Keep a video, and have a worker prepare it."""
    card, form, sent = _brand(brand), VideoForm(), request.files.get("video")
    settings = runtime().settings
    video = Sent(sent.filename or "", sent.stream) if sent else Sent("", BytesIO())
    try:
        with session().begin_nested():
            take_video(session(), actor(), card.id, video, settings=settings, storage=storage_of(settings))
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _page(card, form), status
    finally:
        video.stream.close()
    flash(_("The video is kept, and is being prepared. You may leave this page."), "success")
    return redirect(url_for("media.videos", brand=brand), 303)


def videos_standing(brand: str) -> Answer:
    """Show how far the videos are: the part of the page that asks again by itself."""
    return make_response(render_template("media/_incoming.html", **_known(_brand(brand))))


def dismissing_video(video_id: uuid.UUID) -> Answer:
    """Take a video off the list, which is ready or can't be had."""
    brand_id = dismiss(session(), actor(), video_id)
    return redirect(url_for("media.videos", brand=brand_card_of(brand_id).slug), 303)


def _brand(brand: str) -> BrandCard:
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    return card


def _known(card: BrandCard) -> dict[str, Any]:
    found = incoming(session(), card.id)
    return {
        "card": card,
        "incoming": found,
        "is_moving": any(each.state == VideoState.WAITING for each in found),
        "reasons": REASONS,
        "new_operation_id": new_operation_id,
    }


def _page(card: BrandCard, form: VideoForm) -> str:
    form.operation_id.data = new_operation_id()
    settings = runtime().settings
    return render_template("media/videos.html", bound=form, settings=settings, **_known(card))
