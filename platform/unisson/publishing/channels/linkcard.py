"""The card of a web page: title, description and image that it announces itself (ogp.me)."""

import re
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

from lxml import etree, html  # type: ignore[import-untyped]  # lxml has no annotations

from unisson.outbound import Answer, Deadline, Outbound, OutboundError

PAGE_BYTES = 2_000_000
TITLE_CHARACTERS = 300
DESCRIPTION_CHARACTERS = 1000
SECONDS = 8.0
"""For the page and its image together: a card is an ornament, and the publication waits for it."""
IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


@dataclass(frozen=True, slots=True)
class LinkCard:
    """What a page says of itself; `image` is its address, empty when it names none."""

    url: str
    title: str
    description: str
    image: str
    site: str = ""


def link_card(outbound: Outbound, url: str, deadline: Deadline) -> LinkCard | None:
    """Return the card of the page at `url`, or None: whatever goes wrong, there is just no card."""
    try:
        answer = outbound.page(url, deadline=deadline, max_bytes=PAGE_BYTES)
    except OutboundError:
        return None
    if answer.status != 200 or _media_type(answer) not in {"text/html", "application/xhtml+xml"}:
        return None
    return _card(answer, url)


def card_image(outbound: Outbound, card: LinkCard, max_bytes: int, deadline: Deadline) -> tuple[bytes, str] | None:
    """Return the bytes and the media type of the card's image, or None when it cannot be had or used."""
    if not card.image:
        return None
    try:
        answer = outbound.page(card.image, deadline=deadline, max_bytes=max_bytes)
    except OutboundError:
        return None
    mime = _media_type(answer)
    return (answer.body, mime) if answer.status == 200 and answer.body and mime in IMAGE_TYPES else None


def _card(answer: Answer, url: str) -> LinkCard | None:
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
    try:
        page = html.document_fromstring(_text(answer).encode(), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    said = _said(page)
    title = said.get("og:title") or said.get("twitter:title") or _plain(page.findtext("./head/title"))
    if not title:
        return None
    description = said.get("og:description") or said.get("description") or said.get("twitter:description") or ""
    image = said.get("og:image:secure_url") or said.get("og:image") or said.get("twitter:image") or ""
    return LinkCard(
        url,
        title[:TITLE_CHARACTERS],
        description[:DESCRIPTION_CHARACTERS],
        _absolute(answer.url, image),
        (said.get("og:site_name") or host_of(answer.url))[:TITLE_CHARACTERS],
    )


def _said(page: html.HtmlElement) -> dict[str, str]:
    """Return what the head of the page announces, by name: where it says a thing twice, what it says first."""
    said: dict[str, str] = {}
    for each in page.iterfind("./head//meta"):
        said.setdefault((each.get("property") or each.get("name") or "").lower(), _plain(each.get("content")))
    return said


def _plain(text: str | None) -> str:
    """Return one line without control characters."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else " " for c in text or "").split())


def host_of(url: str) -> str:
    """Return the name of the site of an address, as people say it; "" where it has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _absolute(base: str, where: str) -> str:
    try:
        return Outbound.joined(base, where) if where else ""
    except OutboundError:
        return ""


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)


def _text(answer: Answer) -> str:
    """Return the page as text: by what its header says, else by what it says itself within 1,024 bytes, else UTF-8."""
    header = Message()
    header["Content-Type"] = answer.headers.get("content-type", "text/html")
    declared = _DECLARED.search(answer.body[:1024])
    charset = header.get_content_charset() or (declared[1].decode() if declared else "utf-8")
    try:
        return answer.body.decode(charset, errors="replace")
    except (LookupError, UnicodeError):
        return answer.body.decode("utf-8", errors="replace")
