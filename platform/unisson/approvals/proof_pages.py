"""The proof of approval as a page and as a PDF, for those of the agency who steer approvals."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, render_template

from tenants.permissions import Permission
from unisson.approvals.proof import Proof, VersionProof, proof_of
from unisson.approvals.proof_pdf import WALL_SECONDS, Asset, NoPdfError, printed
from unisson.editorial.contents import load
from unisson.editorial.forms import KINDS
from unisson.media.addresses import addresses_of
from unisson.media.models import POSTER_MIME
from unisson.media.reading import read_bytes
from unisson.storage import StorageAwayError, storage_of
from unisson.web.db import runtime, session
from unisson.web.guards import actor, brand_card_of, current_agency_row

Answer = Response | str | tuple[str, int]

NO_PICTURE: Asset = ("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>')


def proof(content_id: uuid.UUID) -> Answer:
    """Show the proof."""
    return _page(_proof(content_id))


def proof_pdf(content_id: uuid.UUID) -> Answer:
    """Hand the proof out as a PDF; where none can be made, say why on the page."""
    read = _proof(content_id)
    if not read.versions:
        return _page(read)
    try:
        within = current_app.config.get("PROOF_SECONDS", WALL_SECONDS)
        made = printed(_on_paper(read), _pictures(read), read.versions[-1].digest, within=within)
    except NoPdfError as refusal:
        return _page(read, refusal), refusal.status
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="proof-{content_id}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/contents/<uuid:content_id>/proof", view_func=proof, methods=["GET"])
    blueprint.add_url_rule("/contents/<uuid:content_id>/proof.pdf", view_func=proof_pdf, methods=["GET"])


def _proof(content_id: uuid.UUID) -> Proof:
    return proof_of(session(), load(session(), actor(), content_id, Permission.APPROVAL_STEER))


def _page(read: Proof, refusal: NoPdfError | None = None) -> str:
    return render_template(
        "approvals/proof.html",
        refusal=refusal,
        picture_url=addresses_of(_shown_pictures(read).values()),
        **_told(read),
    )


def _on_paper(read: Proof) -> str:
    return render_template(
        "approvals/proof_print.html",
        agency=current_agency_row(),
        picture_url=lambda digest: f"picture:{digest}",
        **_told(read),
    )


def _told(read: Proof) -> dict[str, Any]:
    brand = brand_card_of(read.content.brand_id)
    return {
        "proof": read,
        "shown": _shown(read),
        "brand": brand,
        "zone": brand.timezone,
        "kind_names": KINDS,
        "utc": lambda at: f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "moment_of": datetime.fromisoformat,
    }


def _shown(read: Proof) -> VersionProof | None:
    """Return the version that stands in full: the one that was approved, else the last."""
    return read.approved or (read.versions[-1] if read.versions else None)


def _shown_pictures(read: Proof) -> dict[str, Mapping[str, Any]]:
    """Return every image of the proof by its digest: those of the version in full, and those with a pin."""
    shown = _shown(read)
    full = shown.payload.get("pictures", ()) if shown else ()
    pinned = [one.pin for version in read.versions for one in version.decisions if one.pin is not None]
    return {each["digest"]: each for each in (*full, *pinned)}


def _pictures(read: Proof) -> dict[str, Asset]:
    storage, found = storage_of(runtime().settings), {}
    for digest, picture in _shown_pictures(read).items():
        try:
            still, mime = (picture["poster"], POSTER_MIME) if picture.get("poster") else (digest, str(picture["mime"]))
            found[digest] = (mime, read_bytes(storage, session().agency_id, still))
        except (FileNotFoundError, StorageAwayError):
            found[digest] = NO_PICTURE
    return found
