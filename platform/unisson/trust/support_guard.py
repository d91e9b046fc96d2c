"""What support may ask of an agency: to read its pages. Nothing is changed, and no file of data is taken out."""

from flask import Flask, request

from tenants.errors import ForbiddenError
from tenants.permissions import AgencyRole, Permission
from unisson.trust.noticing import EXPORTS
from unisson.web.guards import MEMBER, access_of, actor

READS = frozenset({"GET", "HEAD", "OPTIONS"})
KEPT = EXPORTS.keys() | {"tokens.own_tokens"}


def init_app(app: Flask) -> None:
    """Guard every page of members. Registered after the guards, which know by then who it is."""

    @app.before_request
    def refuse_support() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or request.endpoint == "static" or access_of(view) != MEMBER:
            return
        if actor().agency_role is AgencyRole.SUPPORT and (request.method not in READS or request.endpoint in KEPT):
            raise ForbiddenError(Permission.CONTENT_WRITE)
