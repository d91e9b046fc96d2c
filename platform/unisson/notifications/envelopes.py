"""Giving words the shape of a mail: text and HTML, one-line headers, an identity that survives a second try."""

from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import lru_cache

import css_inline
from flask import Flask

from tenants.base import utcnow
from unisson.config import Settings
from unisson.mail import BadAddress, envelope_address, one_line
from unisson.notifications.words import Logo, Ready, colon
from unisson.runtime import Runtime
from unisson.web.bare import bare_app
from unisson.web.i18n import speaking

# Without remote style sheets: a mail being written must not make this server call anyone.
_INLINER = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)

LOGO = "logo@unisson"
"""The Content-ID of the brand's logo (RFC 2392): of our making, unique within its mail."""


@lru_cache(maxsize=4)
def stationery(runtime: Runtime) -> Flask:
    """Return the application that mails are drawn with: languages and templates, no route."""
    return bare_app(runtime)


def written(app: Flask, settings: Settings, ready: Ready) -> EmailMessage:
    """Return the message. Call it in `app`'s context. Raises BadAddress for a reader nobody can write to."""
    name, address = parseaddr(one_line(settings.mail_from))[0], envelope_from(settings)
    message = EmailMessage()
    message["Subject"] = one_line(ready.words.subject)
    message["From"] = _address(ready.sender_name or name, address)
    _say_where_to_answer(message, ready.reply_to)
    _say_how_to_stop(message, ready.stop_url)
    message["To"] = _address(ready.reader.name, envelope_address(ready.reader.email))
    message["Date"] = format_datetime(utcnow())
    # The same at every try: a reader who gets it twice sees it once.
    message["Message-ID"] = f"<{ready.number}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    with speaking(ready.reader.language):
        message.set_content(_drawn(app, "emails/letter.txt", ready))
        message.add_alternative(_INLINER.inline(_drawn(app, "emails/letter.html", ready)), subtype="html")
        _enclose_logo(message, ready.logo)
    # Last: setting the content removes every Content- header that stood there.
    message["Content-Language"] = ready.reader.language
    return message


def envelope_from(settings: Settings) -> str:
    """Return the address that the server reports failures to. Raises BadAddress for a MAIL_FROM that has none."""
    return envelope_address(parseaddr(one_line(settings.mail_from))[1])


def _say_where_to_answer(message: EmailMessage, reply_to: str) -> None:
    """Name the agency's own address for answers; a mail that asks for a decision does not fail for it."""
    with suppress(BadAddress):
        if reply_to:
            message["Reply-To"] = _address("", envelope_address(reply_to))


def _say_how_to_stop(message: EmailMessage, stop_url: str) -> None:
    """Let the mail program show its own button, which sends a POST by itself (RFC 2369, RFC 8058)."""
    if stop_url:
        message["List-Unsubscribe"] = f"<{stop_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _enclose_logo(message: EmailMessage, logo: Logo | None) -> None:
    """Put the logo into the mail: most programs show what is enclosed, and ask before they fetch from a server."""
    if logo is None or not logo.content:
        return
    html = message.get_body(("html",))
    assert isinstance(html, EmailMessage)  # noqa: S101 - added just before; for the type checker
    kind = logo.mime.rpartition("/")[2]
    name = "logo.jpg" if kind == "jpeg" else "logo.png"
    html.add_related(logo.content, "image", kind, cid=f"<{LOGO}>", disposition="inline", filename=name)


def _drawn(app: Flask, template: str, ready: Ready) -> str:
    words = ready.words
    return app.jinja_env.get_template(template).render(
        words=words,
        subject=words.subject,
        action_url=words.action_url,
        action_label=words.action_label,
        footer=words.footer,
        sender_name=ready.sender_name,
        is_the_agencys=ready.is_the_agencys,
        stop_url=ready.stop_url,
        choices_url=ready.choices_url,
        logo=ready.logo if ready.logo and ready.logo.content else None,
        logo_address=f"cid:{LOGO}",
        colon=colon(),
        lang=ready.reader.language,
    )


def _address(name: str, email: str) -> Address:
    local, _at, domain = email.rpartition("@")
    return Address(one_line(name), local, domain)
