"""The card of a web page: title, description and image that it announces itself (ogp.me)."""

from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser

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


class _Announcements(HTMLParser):
    """Reads `<meta>` and `<title>` up to the end of the head."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: dict[str, str] = {}
        self.title = ""
        self._in_title = False
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._over or tag == "body":
            self._over = True
            return
        self._in_title = tag == "title" and not self.title
        if tag == "meta":
            named = {name: value or "" for name, value in attrs}
            key = (named.get("property") or named.get("name") or "").lower()
            self.said.setdefault(key, " ".join(named.get("content", "").split()))

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        self._over = self._over or tag == "head"

    def handle_data(self, data: str) -> None:
        if self._in_title and not self._over:
            self.title += data


def link_card(outbound: Outbound, url: str, deadline: Deadline) -> LinkCard | None:
    """Return the card of the page at `url`, or None: whatever goes wrong, there is just no card."""
    try:
        answer = outbound.page(url, deadline=deadline, max_bytes=PAGE_BYTES)
    except OutboundError:
        return None
    if answer.status != 200 or _media_type(answer) not in {"text/html", "application/xhtml+xml"}:
        return None
    return _card(_text(answer), url, answer.url)


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


def _card(html: str, url: str, found_at: str) -> LinkCard | None:
    page = _Announcements()
    page.feed(html)
    said = page.said
    title = said.get("og:title") or said.get("twitter:title") or " ".join(page.title.split())
    if not title:
        return None
    description = said.get("og:description") or said.get("description") or said.get("twitter:description") or ""
    image = said.get("og:image:secure_url") or said.get("og:image") or said.get("twitter:image") or ""
    return LinkCard(url, title[:TITLE_CHARACTERS], description[:DESCRIPTION_CHARACTERS], _absolute(found_at, image))


def _absolute(base: str, where: str) -> str:
    try:
        return Outbound.joined(base, where) if where else ""
    except OutboundError:
        return ""


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _text(answer: Answer) -> str:
    header = Message()
    header["Content-Type"] = answer.headers.get("content-type", "text/html")
    try:
        return answer.body.decode(header.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return answer.body.decode("utf-8", errors="replace")
