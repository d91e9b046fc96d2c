"""Giving words the shape of a mail: text and HTML, one-line headers, an identity that survives a second try."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import lru_cache

import css_inline
from flask import Flask

from tenants.base import utcnow
from unisson.config import Settings
from unisson.mail import envelope_address, one_line
from unisson.notifications.words import Ready, colon
from unisson.runtime import Runtime
from unisson.web.bare import bare_app
from unisson.web.i18n import speaking

# Without remote style sheets: a mail being written must not make this server call anyone.
_INLINER = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)


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
    message["To"] = _address(ready.reader.name, envelope_address(ready.reader.email))
    message["Date"] = format_datetime(utcnow())
    # The same at every try: a reader who gets it twice sees it once.
    message["Message-ID"] = f"<{ready.number}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    with speaking(ready.reader.language):
        message.set_content(_drawn(app, "emails/letter.txt", ready))
        message.add_alternative(_INLINER.inline(_drawn(app, "emails/letter.html", ready)), subtype="html")
    # Last: setting the content removes every Content- header that stood there.
    message["Content-Language"] = ready.reader.language
    return message


def envelope_from(settings: Settings) -> str:
    """Return the address that the server reports failures to. Raises BadAddress for a MAIL_FROM that has none."""
    return envelope_address(parseaddr(one_line(settings.mail_from))[1])


def _drawn(app: Flask, template: str, ready: Ready) -> str:
    words = ready.words
    return app.jinja_env.get_template(template).render(
        words=words,
        subject=words.subject,
        action_url=words.action_url,
        action_label=words.action_label,
        footer=words.footer,
        sender_name=ready.sender_name,
        colon=colon(),
        lang=ready.reader.language,
    )


def _address(name: str, email: str) -> Address:
    local, _at, domain = email.rpartition("@")
    return Address(one_line(name), local, domain)
