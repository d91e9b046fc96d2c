"""The pages of the development mailbox. In production they do not exist."""

from urllib.parse import quote

from flask import Blueprint, Flask, Response, make_response, render_template

from tenants.errors import NotFoundError
from unisson.devmail.box import KeptMail, Mailbox
from unisson.runtime import Runtime
from unisson.web.db import runtime
from unisson.web.guards import public
from unisson.web.headers import CONTENT_SECURITY_POLICY

blueprint = Blueprint("devmail", __name__, url_prefix="/dev/mail")

WITH_FRAME = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Mails carry their style inline. It is let in on this one document, which runs nothing and has no origin."""
SHOWN_HEADERS = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Content-Language", "List-Unsubscribe")
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


@blueprint.get("")
@public
def mailbox() -> str:
    """List the mails that would have left, newest first."""
    return render_template("devmail/mailbox.html", mails=_box().newest())


@blueprint.get("/<key>")
@public
def mail(key: str) -> Response:
    """Show one mail: its headers, its text, its HTML in a frame that can do nothing."""
    kept = _box().mail(key)
    headers = [(name, kept.header(name)) for name in SHOWN_HEADERS if kept.header(name)]
    page = render_template(
        "devmail/mail.html", mail=kept, headers=headers, text=kept.text("plain"), has_html=bool(kept.text("html"))
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = WITH_FRAME
    return response


@blueprint.get("/<key>/html")
@public
def html(key: str) -> Response:
    """Give the HTML part, for the frame: its links open elsewhere, its pictures come from the mail itself."""
    response = make_response(_framed(_box().mail(key)))
    response.headers["Content-Security-Policy"] = FRAMED
    return response


@blueprint.get("/<key>/parts/<path:content_id>")
@public
def part(key: str, content_id: str) -> Response:
    """Give a picture that the mail carries."""
    for each in _box().mail(key).parts():
        if each["Content-ID"].strip().strip("<>") == content_id and each.get_content_type() in PICTURES:
            response = make_response(each.get_payload(decode=True))
            response.content_type = each.get_content_type()
            # The frame has no origin of its own, so that ours is another one to it.
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
            return response
    raise NotFoundError


def _framed(kept: KeptMail) -> str:
    written = kept.text("html")
    for each in kept.parts():
        content_id = each["Content-ID"].strip().strip("<>")
        written = written.replace(f"cid:{content_id}", f"/dev/mail/{kept.key}/parts/{quote(content_id)}")
    return written.replace("<head>", '<head><base target="_blank">', 1)


def _box() -> Mailbox:
    return Mailbox(runtime().settings.data_dir)


def init_app(app: Flask) -> None:
    """Register the routes, except where strangers could read other people's mail."""
    held: Runtime = app.extensions["unisson"]
    if not held.settings.is_production:
        app.register_blueprint(blueprint)
