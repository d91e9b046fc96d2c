"""The pages of a brand's library: the grid of its images, and what is known of one."""

import uuid
from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from unisson.calendars.period import today_in
from unisson.media.forms import ImageForm
from unisson.media.intake import MOST_BYTES
from unisson.media.library import SOON, Wanted, contents_with, describe, load_image, put_away, shelf
from unisson.media.models import Media
from unisson.media.quota import room
from unisson.media.uploads import sent_by
from unisson.web.db import session
from unisson.web.forms import one_line
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, lazy
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]

SHOWS = {
    "": lazy("All images"),
    "unused": lazy("Used nowhere"),
    "ending": lazy("Rights ending within 30 days, or ended"),
    "ended": lazy("Rights ended"),
    "archived": lazy("Put away"),
}
MOST_PAGES = 10_000


class Tile(NamedTuple):
    """An image of the grid. `rights` is "", "ending" or "ended"."""

    media: Media
    uses: int
    rights: str


def library(brand: str) -> Answer:
    """Show the images of a brand that are asked for."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    typed, page = request.args, request.args.get("page", "")
    wanted = Wanted(
        today=today_in(card.timezone),
        words=one_line(typed.get("words"))[:200],
        folder=one_line(typed.get("folder"))[:200],
        show=typed.get("show", "") if typed.get("show") in SHOWS else "",
        page=int(page) if page.isascii() and page.isdigit() and 0 < int(page[:6]) <= MOST_PAGES else 1,
    )
    found = shelf(session(), card.id, wanted)
    return render_template(
        "media/library.html",
        card=card,
        tiles=[Tile(each, found.uses.get(each.id, 0), _rights(each, wanted)) for each in found.images],
        folders=[("", _("All folders")), *((each, each) for each in found.folders)],
        wanted=wanted,
        has_more=found.has_more,
        shows=SHOWS,
        uploads=sent_by(session(), actor(), card.id),
        most_bytes=MOST_BYTES,
        room=room(session()),
        new_operation_id=new_operation_id,
    )


def uploads(brand: str) -> Answer:
    """Show what became of the files that the reader sent: the part of the library that a script asks for again."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    return render_template("media/_uploads.html", uploads=sent_by(session(), actor(), card.id))


def choice(brand: str) -> Answer:
    """Show images of the brand to choose from, as fields of a content's form."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    one = request.args.get("media", type=uuid.UUID)
    if one is not None:
        return _added(card, one)
    wanted = Wanted(today=today_in(card.timezone), words=one_line(request.args.get("words"))[:200])
    found = shelf(session(), card.id, wanted)
    images = [(each, each.alt_fr if card.language == "fr" else each.alt_en) for each in found.images]
    return render_template("media/_choice.html", images=images, has_more=found.has_more)


def _added(card: BrandCard, media_id: uuid.UUID) -> str:
    """Show one image of the brand as a row of a content's form, at the place that the script names."""
    media = load_image(session(), actor(), media_id)
    if media.brand_id != card.id:
        raise NotFoundError
    number = min(max(request.args.get("number", 1, int), 1), 99)
    alt = media.alt_fr if card.language == "fr" else media.alt_en
    return render_template("media/_attached.html", media=media, alt=alt, number=number)


def _rights(media: Media, wanted: Wanted) -> str:
    if media.rights_until is None or media.rights_until > wanted.today + SOON:
        return ""
    return "ended" if media.rights_until < wanted.today else "ending"


def details(media_id: uuid.UUID) -> Answer:
    """Show what is known of an image, and the contents that use it."""
    media = load_image(session(), actor(), media_id)
    form = ImageForm()
    form.show(media)
    return _page(media, form)


def detailing(media_id: uuid.UUID) -> Answer:
    """Keep what is said of an image."""
    media, form = load_image(session(), actor(), media_id), ImageForm()
    try:
        with session().begin_nested():
            describe(session(), actor(), media_id, form.details(), form.version_shown)
    except RefusedError as refusal:
        status, others = form.refuse_beside(refusal, media)
        return _page(media, form, others), status
    flash(_("Saved."), "success")
    return redirect(url_for("media.details", media_id=media_id), 303)


def archiving(media_id: uuid.UUID) -> Answer:
    """Put an image away, or take it back."""
    back = request.form.get("back") == "y"
    put_away(session(), actor(), media_id, back=back)
    flash(_("The image is in the library again.") if back else _("The image is put away. What uses it keeps it."))
    return redirect(url_for("media.details", media_id=media_id), 303)


def _page(media: Media, form: ImageForm, others: Media | None = None) -> str:
    form.operation_id.data = new_operation_id()
    return render_template(
        "media/details.html",
        card=brand_card_of(media.brand_id),
        media=media,
        bound=form,
        others=others,
        contents=[(each.id, each.title or each.body[:60]) for each in contents_with(session(), media)],
        new_operation_id=new_operation_id,
    )
