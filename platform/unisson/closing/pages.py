"""The page from which a brand is copied, packed whole, archived or deleted, and what it does."""

import uuid
from collections.abc import Iterator

from flask import Response, flash, redirect, render_template, request, url_for
from itsdangerous import BadData, TimestampSigner
from werkzeug.wrappers import Response as BaseResponse

from tenants.context import acting_for
from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.activity.trail import record
from unisson.closing import archiving, ending, exporting
from unisson.closing.duplicating import USUAL, Part, duplicate
from unisson.closing.models import BrandExport
from unisson.closing.routes import blueprint
from unisson.closing.words import PARTS
from unisson.identity.confirming import needs_confirmation
from unisson.storage import PIECE, Storage, storage_of
from unisson.web.db import runtime, session
from unisson.web.forms import one_line
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id

Answer = BaseResponse | str | tuple[str, int]

LINK_SECONDS = 3_600
"""How long a page's links to an export are good: who closes the laptop leaves none behind."""


@blueprint.get("/brands/<brand>/closing")
def closing(brand: str) -> Answer:
    """Show what can be done with a brand as a whole."""
    return _page(_brand(brand)), 200


@blueprint.post("/brands/<brand>/copies")
def copying(brand: str) -> Answer:
    """Open a brand that begins with what this one has."""
    card = _brand(brand)
    actor().require(Permission.BRAND_CREATE)
    parts = [part for part in Part if request.form.get(f"part-{part}") == "y"]
    try:
        with session().begin_nested():
            made = duplicate(session(), actor(), card.id, one_line(request.form.get("name")), parts)
    except RefusedError as refusal:
        return _page(card, refusal), refusal.status
    flash(_("%(brand)s is open. Here is what it still needs.", brand=made.name), "success")
    return redirect(url_for("agency.brand", brand=made.slug), 303)


@blueprint.post("/brands/<brand>/exports")
@needs_confirmation
def asking_export(brand: str) -> Answer:
    """Have a worker pack the brand."""
    card = _brand(brand)
    try:
        with session().begin_nested():
            exporting.ask(session(), actor(), card.id)
    except RefusedError as refusal:
        return _page(card, refusal), refusal.status
    flash(_("The brand is being packed. This page has the link in a few minutes."), "success")
    return redirect(url_for("closing.closing", brand=card.slug, _anchor="exports"), 303)


@blueprint.get("/brand-exports/<uuid:export_id>/<int:number>")
def export_part(export_id: uuid.UUID, number: int) -> Answer:
    """Hand out one part of an export, to somebody who may, by a link that a page made within the hour."""
    export, size = exporting.load_part(session(), actor(), export_id, number)
    card = brand_card_of(export.brand_id)
    if not _is_signed(export_id, number):
        flash(_("This link was made more than an hour ago. Here is a new one."))
        return redirect(url_for("closing.closing", brand=card.slug, _anchor="exports"), 303)
    about = {"brand_id": export.brand_id, "export": str(export_id), "part": number}
    record(session(), actor(), "brand.export_taken", "brand", export.brand_id, **about)  # type: ignore[arg-type]  # details beside the brand
    pieces = _pieces(storage_of(runtime().settings), session().agency_id, exporting.part_key(export_id, number), size)
    answer = Response(pieces, mimetype="application/zip", direct_passthrough=True)
    answer.content_length = size
    name = f"{card.slug}-{export.created_at:%Y-%m-%d}-{number}.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/brands/<brand>/archive")
def archiving_brand(brand: str) -> Answer:
    """Put the brand away."""
    card = _brand(brand)
    archiving.archive(session(), actor(), card.id)
    said = {
        "text": _("%(brand)s is archived. Nothing of it goes out.", brand=card.name),
        "undo_url": url_for("closing.taking_back", brand=card.slug),
    }
    flash(said, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(url_for("agency.brands"), 303)


@blueprint.post("/brands/<brand>/ending")
@needs_confirmation
def ending_brand(brand: str) -> Answer:
    """Archive the brand, and have it deleted in thirty days."""
    card = _brand(brand)
    actor().require(Permission.AGENCY_SETTINGS)
    try:
        with session().begin_nested():
            ending.end_brand(session(), actor(), card.id, one_line(request.form.get("typed")))
    except RefusedError as refusal:
        return _page(card, refusal), refusal.status
    flash(_("%(brand)s is archived, and deleted in thirty days. Until then it can be taken back.", brand=card.name))
    return redirect(url_for("closing.archived"), 303)


def _brand(slug: str) -> BrandCard:
    card = brand_card(slug)
    actor().require(Permission.BRAND_SETTINGS, card.id)
    return card


def _page(card: BrandCard, refusal: RefusedError | None = None) -> str:
    exports = exporting.exports_of(session(), card.id)
    typed = request.form if request.method == "POST" else None
    return render_template(
        "closing/closing.html",
        card=card,
        refusal=refusal,
        parts=PARTS,
        ticked={part for part in Part if typed.get(f"part-{part}")} if typed and "name" in typed else set(USUAL),
        typed=typed or {},
        exports=exports,
        links={export.id: _links(export) for export in exports},
        stopping=archiving.what_stops(session(), card.id),
        may_open=actor().may(Permission.BRAND_CREATE),
        may_end=actor().may(Permission.AGENCY_SETTINGS),
        new_operation_id=new_operation_id,
    )


def _links(export: BrandExport) -> list[tuple[str, int]]:
    """Return the address of each part, good for an hour, and its size in bytes."""
    return [
        (url_for("closing.export_part", export_id=export.id, number=number, sign=_sign(export.id, number)), size)
        for number, size in enumerate(export.parts, 1)
    ]


def _signer() -> TimestampSigner:
    return TimestampSigner(runtime().settings.secret_key, salt="unisson.closing.export.1")


def _said(export_id: uuid.UUID, number: int) -> str:
    return f"{actor().membership_id}/{export_id}/{number}"


def _sign(export_id: uuid.UUID, number: int) -> str:
    return _signer().sign(_said(export_id, number)).decode().removeprefix(f"{_said(export_id, number)}.")


def _is_signed(export_id: uuid.UUID, number: int) -> bool:
    try:
        _signer().unsign(f"{_said(export_id, number)}.{request.args.get('sign', '')}", max_age=LINK_SECONDS)
    except BadData:
        return False
    return True


def _pieces(storage: Storage, agency_id: uuid.UUID, key: tuple[str, ...], size: int) -> Iterator[bytes]:
    for start in range(0, size, PIECE):
        with acting_for(agency_id):
            piece = storage.part(start, min(PIECE, size - start), *key)
        yield piece
