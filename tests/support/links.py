"""Pages out there that links lead to, and a desk that may fetch them."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from support.desk import Desk
from support.pictures import picture

from tests.standins.wire import Call, HttpServer, Reply
from unisson.app import create_app
from unisson.publishing.models import Channel

PAGE = """<!doctype html><html><head><title>La marée</title><meta property="og:site_name" content="Le Phare">
<meta property="og:title" content="La marée &amp; nous"><meta name="description" content="Une page d’été.">
<meta property="og:image" content="/image.jpg"></head><body><p>Texte.</p></body></html>"""


class Site:
    """A site with one page, `/page`, and its image; `pages` may be added to, by path."""

    def __init__(self) -> None:
        self.pages = {
            "/page": Reply(200, PAGE.encode(), "text/html; charset=utf-8"),
            "/image.jpg": Reply(200, picture("JPEG", (120, 63)), "image/jpeg"),
        }
        self.asked: list[str] = []
        self.server = HttpServer(self._answer)

    def _answer(self, call: Call) -> Reply:
        self.asked.append(call.target)
        return self.pages.get(call.target.partition("?")[0], Reply(404))

    @property
    def page(self) -> str:
        return f"{self.server.url}/page"


@contextmanager
def site_and_desk(desk: Desk) -> Iterator[tuple[Site, Desk]]:
    """A site on the loopback, and the same desk in a product that may call it."""
    site = Site()
    settings = replace(desk.runtime.settings, outbound_allow=(site.server.place,))
    app = create_app(runtime=replace(desk.runtime, settings=settings))
    app.config["WTF_CSRF_ENABLED"] = False
    desk.speak_english()
    try:
        yield site, Desk(app, desk.runtime, desk.world)
    finally:
        site.server.close()


def bluesky_of(desk: Desk) -> uuid.UUID:
    """Connect a Bluesky channel to the brand, without a server behind it."""
    with desk.session() as session:
        settings = {"service": "https://pds.example", "handle": "marque.example"}
        channel = Channel(brand_id=desk.world.brand_id, kind="bluesky", name="@marque.example", settings=settings)
        session.add(channel)
        session.flush()
        return channel.id


def field_of(page: str, name: str) -> str:
    """Return the value of a page's input; "" where it has none."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""
