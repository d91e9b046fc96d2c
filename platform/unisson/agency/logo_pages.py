"""Serving logos. Who has a logo's address (256 bits of its bytes) may see it; no other picture is served here."""

from flask import Blueprint, Response

from unisson.agency.logos import logo_by_digest
from unisson.media.answers import public_answer
from unisson.storage import storage_of
from unisson.web.db import runtime, session
from unisson.web.guards import public

blueprint = Blueprint("logos", __name__, url_prefix="/logos/<agency>")


@blueprint.get("/<digest>")
@public
def logo(digest: str) -> Response:
    """Show a brand's logo of today."""
    shown = logo_by_digest(session(), digest)
    storage = storage_of(runtime().settings)
    return public_answer(storage, session().agency_id, shown.logo_digest, shown.logo_mime)
