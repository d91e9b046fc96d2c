"""Beginning a content from a web page: its title, its description, its image with its credit, and its address."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from limits import RateLimitItemPerMinute
from werkzeug.wrappers import Response

from tenants.access import Actor
from tenants.errors import RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.editorial.beside import Beside, card_of_page
from unisson.editorial.cards import Looked, look, outbound_of, take_in_found
from unisson.editorial.contents import open_channels
from unisson.editorial.models import Content
from unisson.editorial.writing import MAX_TITLE_CHARACTERS, Draft, write
from unisson.publishing.channels.abilities import first_link
from unisson.storage import Storage, storage_of
from unisson.web import limits
from unisson.web.db import runtime, session
from unisson.web.forms import Form, LineField
from unisson.web.guards import actor, brand_card
from unisson.web.i18n import _, lazy
from unisson.web.operations import new_operation_id

READS = RateLimitItemPerMinute(30)
"""Pages that one agency may have read."""
LONGEST = 2000
"""Characters of an address."""

NO_ADDRESS = lazy("Give the whole address of a web page, such as https://www.example.org/news.")
UNREADABLE = lazy("This page could not be read, or says nothing of itself. Nothing was imported: check its address.")

Answer = Response | tuple[str, int]


class LinkForm(Form):
    """An address."""

    url = LineField(lazy("Address of the page"))

    def address(self) -> str:
        """Return the address that was typed, with https:// where it says no scheme. Raises RefusedError."""
        typed = self.url.data or ""
        address = typed if "://" in typed else f"https://{typed}"
        if not typed or len(typed) > LONGEST or first_link(address) != address:
            raise RefusedError(NO_ADDRESS, field="url")
        return address


def import_page(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, url: str, looked: Looked, *, storage: Storage
) -> tuple[Content, bool]:
    """Return a new draft that says what the page says and ends with its address, and whether it has the page's image.

    It goes to every connected channel, as a new content does. Raises RefusedError, ForbiddenError.
    """
    actor.require(Permission.CONTENT_WRITE, brand_id)
    image = _image(session, actor, brand_id, looked, storage)
    card = card_of_page(url, looked.card.title, looked.card.description, image)
    draft = Draft(
        title=looked.card.title[:MAX_TITLE_CHARACTERS],
        body="\n\n".join(filter(None, (looked.card.description, url))),
        channel_ids=tuple(channel.id for channel in open_channels(session, brand_id)),
        pictures=((image, ""),) if image else (),
        beside=Beside(card=card),
    )
    return write(session, actor, brand_id, draft), image is not None


def _image(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, looked: Looked, storage: Storage
) -> uuid.UUID | None:
    if looked.image is None:
        return None
    try:
        with session.begin_nested():
            return take_in_found(session, actor, brand_id, looked, storage, put_away=False).id
    except RefusedError:
        return None


def page(brand: str) -> Answer:
    """Ask for an address, or begin a content from the page at it."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    form = LinkForm()
    if request.method == "GET":
        return _shown(brand, form), 200
    if not form.validate():
        return _shown(brand, form), 422
    try:
        made, has_image = _imported(card.id, form.address())
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _shown(brand, form), status
    said = _("Imported, with its image: describe it, and check that you may use it.") if has_image else _("Imported.")
    undo = url_for("editorial.content_cancellation", content_id=made.id)
    flash({"text": said, "undo_url": undo}, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(url_for("editorial.content_edit", content_id=made.id), 303)


def _imported(brand_id: uuid.UUID, address: str) -> tuple[Content, bool]:
    """The once-only number of the form stays held while the page is read: a second click waits, and finds the draft."""
    limits.spend_of_agency("link-import", READS, session().agency_id)
    looked = look(outbound_of(runtime()), address)
    if looked is None:
        raise RefusedError(UNREADABLE, field="url")
    with session().begin_nested():
        storage = storage_of(runtime().settings)
        return import_page(session(), actor(), brand_id, address, looked, storage=storage)


def _shown(brand: str, form: LinkForm) -> str:
    form.operation_id.data = new_operation_id()
    return render_template("editorial/from_link.html", card=brand_card(brand), bound=form)
