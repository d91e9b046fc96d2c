"""The e-mail that a publication becomes: text, the same in HTML, its images inside, headers of one line each."""

import functools
import html
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, parseaddr

import css_inline
import nh3
from markdown_it import MarkdownIt

from unisson.editorial.press import Press
from unisson.mail import BadAddress, envelope_address, one_line
from unisson.newsroom.prose import LowerHeadings
from unisson.newsroom.release import Voice, release_html, release_text
from unisson.publishing.channels.bluesky.facets import spans
from unisson.publishing.channels.port import Outgoing, Picture
from unisson.web.i18n import said

TAGS = frozenset(
    "a abbr b blockquote br code del em h1 h2 h3 h4 hr i img li ol p pre s strong sub sup ul".split()  # noqa: SIM905
)
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "abbr": {"title"}}
WIDTH = 600
"""Pixels of the column: the width that every mail program shows."""

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=LowerHeadings)
# Without remote style sheets: a mail being written must not make this server call anyone.
_INLINER = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title><style>
body {{ margin: 0; padding: 24px 12px; background: #ffffff; color: #1c1b22; }}
main, footer {{ display: block; max-width: {width}px; margin: 0 auto; font: 16px/1.55 Georgia, serif; }}
h1 {{ font-size: 26px; line-height: 1.2; margin: 0 0 20px; }}
p, ul, ol, blockquote {{ margin: 0 0 16px; }}
img {{ display: block; max-width: 100%; height: auto; margin: 0 0 16px; border: 0; }}
a {{ color: #1a4fb4; }}
h2 {{ font-size: 20px; line-height: 1.25; margin: 28px 0 12px; }}
h3 {{ font-size: 17px; line-height: 1.3; margin: 24px 0 10px; }}
.release-standfirst {{ font-size: 18px; font-weight: bold; }}
.release-quote {{ margin: 0 0 20px; padding: 0 0 0 16px; border-left: 3px solid #c9c6d4; }}
.release-quote blockquote {{ margin: 0; font-style: italic; }}
.release-quote blockquote p {{ margin: 0 0 6px; }}
.release-quote figcaption {{ font-size: 14px; }}
.release-about, .release-contact {{ margin-top: 28px; padding-top: 4px; border-top: 1px solid #c9c6d4; }}
.release-about, .release-contact {{ font-size: 14px; }}
.release-about h2, .release-contact h2 {{ font-size: 15px; margin: 12px 0 8px; }}
footer {{ margin-top: 32px; font-size: 13px; color: #5b5966; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #17161c !important; color: #efedf5 !important; }}
  a {{ color: #9dbbff !important; }}
  footer {{ color: #b4b1c2 !important; }}
}}
</style></head><body><main><h1>{title}</h1>{pictures}{text}</main>{footer}</body></html>"""


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name letters go out. `unsubscribe_url` takes one POST without a question (RFC 8058); may be empty."""

    name: str
    email: str
    reply_to: str = ""
    unsubscribe_url: str = ""

    @classmethod
    def from_header(cls, header: str) -> "Sender":
        """Return the sender that `Name <address>` names. Raises `BadAddress`."""
        name, email = parseaddr(one_line(header))
        return cls(name, envelope_address(email))

    @property
    def domain(self) -> str:
        """Return the domain that message ids end with."""
        return self.email.rpartition("@")[2]


def letter(outgoing: Outgoing, sender: Sender, images: Sequence[bytes]) -> EmailMessage:
    """Return the message of `outgoing` to its recipient; `images` are the bytes of its pictures, in order.

    Every field a person typed is brought to one line first. Raises `BadAddress`.
    """
    message = EmailMessage()
    _write_headers(message, outgoing, sender)
    spoken = outgoing.language
    stop = said(spoken, "You receive this message because you are on the list of %(brand)s.", brand=outgoing.brand_name)
    unsubscribe = said(spoken, "Unsubscribe")
    tail = f"\n\n-- \n{stop}\n" + (f"{unsubscribe} : {sender.unsubscribe_url}\n" if sender.unsubscribe_url else "")
    words = release_text(Press.of(outgoing.press), outgoing.text, Voice(outgoing.brand_name, spoken))
    message.set_content(words.replace("\r\n", "\n") + tail)
    message.add_alternative(_page(outgoing, sender, stop, unsubscribe), subtype="html")
    _attach(message, outgoing, sender, images)
    # Set last: adding the parts moves the headers of the content, and would drop it.
    message["Content-Language"] = one_line(outgoing.language)
    return message


def _write_headers(message: EmailMessage, outgoing: Outgoing, sender: Sender) -> None:
    if outgoing.recipient is None:
        raise BadAddress("")
    message["Subject"] = one_line(outgoing.title)
    message["From"] = _address(sender.name or outgoing.brand_name, sender.email)
    message["To"] = _address(outgoing.recipient.name, envelope_address(outgoing.recipient.email))
    if sender.reply_to:
        message["Reply-To"] = _address("", envelope_address(sender.reply_to))
    message["Date"] = format_datetime(outgoing.due_at)
    message["Message-ID"] = one_line(outgoing.client_ref)
    if sender.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{sender.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _address(name: str, email: str) -> Address:
    local, _at, domain = email.rpartition("@")
    return Address(one_line(name), local, domain)


def _page(outgoing: Outgoing, sender: Sender, stop: str, unsubscribe: str) -> str:
    pictures = "".join(_image(picture, _content_id(picture, sender)) for picture in outgoing.pictures)
    link = html.escape(sender.unsubscribe_url)
    footer = f'<footer>{html.escape(stop)} <a href="{link}">{html.escape(unsubscribe)}</a></footer>'
    if not link:
        footer = f"<footer>{html.escape(stop)}</footer>"
    voice = Voice(outgoing.brand_name, outgoing.language)
    # The whole release is a part of what is remembered, so it has to be one that can be.
    return _laid_out(voice, one_line(outgoing.title), pictures, (outgoing.text, Press.of(outgoing.press)), footer)


@functools.lru_cache(maxsize=32)
def _laid_out(voice: Voice, title: str, pictures: str, words: tuple[str, Press | None], footer: str) -> str:
    """Return the page with its styles inside. Remembered: five hundred recipients read the same one."""
    text, press = words
    page = _PAGE.format(
        language=html.escape(voice.language),
        title=html.escape(title),
        width=WIDTH,
        pictures=pictures,
        text=release_html(press, text, voice, rich_text),
        footer=footer,
    )
    return _INLINER.inline(page)


def rich_text(text: str) -> str:
    """Return `text`, written in CommonMark, as clean HTML; bare web addresses become links."""
    return nh3.clean(
        _MARKDOWN.render(_with_links(text)),
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def _with_links(text: str) -> str:
    """Put the bare addresses of `text` in angle brackets, which is how CommonMark spells a link."""
    parts: list[str] = []
    end = 0
    for span in spans(text):
        if span.kind == "link" and text[: span.start][-1:] not in {"<", "("} and text[: span.start][-1:] != "[":
            parts += [text[end : span.start], "<", span.target, ">"]
            end = span.end
    return "".join([*parts, text[end:]])


def _content_id(picture: Picture, sender: Sender) -> str:
    return f"{picture.digest[:32]}@{sender.domain}"


def _image(picture: Picture, content_id: str) -> str:
    width = min(picture.width, WIDTH) or WIDTH
    return f'<img src="cid:{html.escape(content_id)}" alt="{html.escape(picture.alt)}" width="{width}">'


def _attach(message: EmailMessage, outgoing: Outgoing, sender: Sender, images: Sequence[bytes]) -> None:
    page = list(message.iter_parts())[-1]
    if not isinstance(page, MIMEPart):
        raise TypeError("the HTML part is not a part")
    for number, (picture, content) in enumerate(zip(outgoing.pictures, images, strict=True), start=1):
        main, _slash, sub = picture.mime.partition("/")
        page.add_related(
            content,
            maintype=main,
            subtype=sub or "octet-stream",
            cid=f"<{_content_id(picture, sender)}>",
            filename=f"image-{number}.{sub}",
            disposition="inline",
        )
