"""The page that compares any two versions of a content."""

import uuid
from collections.abc import Sequence

from flask import Blueprint, render_template, request

from tenants.errors import NotFoundError
from tenants.permissions import Permission
from unisson.approvals.changes import Changes, changes_between
from unisson.approvals.versions import VersionRow, version_of, versions_of
from unisson.editorial.contents import load
from unisson.editorial.models import EDITABLE
from unisson.media.addresses import addresses_of
from unisson.web.db import session
from unisson.web.guards import actor, brand_card_of

MOST_DIGITS = 6


def versions(content_id: uuid.UUID) -> str:
    """Show every version, and what changed between two: the last two, or those that the address names."""
    content = load(session(), actor(), content_id, Permission.CONTENT_SEE)
    inside = actor().may(Permission.CONTENT_WRITE, content.brand_id)
    rows = versions_of(session(), content, everything=inside)
    former, later = sorted(_chosen(rows))
    changes = Changes()
    if former != later:
        payloads = [version_of(session(), content, number).payload for number in (former, later)]
        changes = changes_between(*payloads)
    return render_template(
        "approvals/versions.html",
        content=content,
        brand=brand_card_of(content.brand_id),
        versions=rows,
        former=former,
        later=later,
        changes=changes,
        returns=inside and content.state in EDITABLE,
        picture_url=addresses_of(changes.shown),
    )


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/contents/<uuid:content_id>/versions", view_func=versions, methods=["GET"])


def _chosen(rows: Sequence[VersionRow]) -> tuple[int, int]:
    """Return the two versions to compare, the same one twice where there are no two. Raises NotFoundError."""
    numbers = [row.number for row in rows] or [0]
    later = _number("to", numbers[0])
    former = _number("from", next((number for number in numbers if number < later), later))
    if not {former, later} <= set(numbers):
        raise NotFoundError
    return former, later


def _number(name: str, otherwise: int) -> int:
    typed = request.args.get(name, "")
    if not typed:
        return otherwise
    if not (typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS):
        raise NotFoundError
    return int(typed)
