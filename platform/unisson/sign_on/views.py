"""The pages of the sign-on."""

from flask import Flask, request
from werkzeug.wrappers import Response

from unisson.sign_on import domain_pages, entrance, mine, requirement_pages, settings_pages, signing_out
from unisson.sign_on.routes import blueprint

__all__ = [
    "blueprint",
    "domain_pages",
    "entrance",
    "init_app",
    "mine",
    "requirement_pages",
    "settings_pages",
    "signing_out",
]


@blueprint.after_request
def _keep_to_oneself(response: Response) -> Response:
    """Neither a cache nor another site learns of what stands in the addresses of these pages."""
    response.headers["Cache-Control"] = "no-store"
    if request.endpoint == "sign_on.returning":
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
    signing_out.without_form_token(app)
