"""The public newsroom. Its pages know nothing of who looks at them, so anybody's cache may keep them."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, make_response, request

from tenants.errors import NotFoundError
from unisson.editorial.models import ContentKind
from unisson.editorial.press import Press
from unisson.media.answers import public_answer
from unisson.newsroom import entries
from unisson.newsroom.entries import Room, still_of
from unisson.newsroom.feed import atom
from unisson.newsroom.models import NewsroomEntry
from unisson.newsroom.prose import to_html
from unisson.newsroom.release import Voice, lead, press_desk, release_html
from unisson.storage import storage_of
from unisson.web.db import runtime, session
from unisson.web.guards import public
from unisson.web.i18n import lazy, speaking

blueprint = Blueprint("newsroom", __name__, url_prefix="/newsroom/<agency>/<brand>")

PAGE_SECONDS = 60
KINDS = {
    ContentKind.POST.value: lazy("News in brief"),
    ContentKind.PRESS_RELEASE.value: lazy("Press release"),
    ContentKind.ARTICLE.value: lazy("Article"),
    ContentKind.REPLY.value: lazy("Our answer"),
}
"""As the brand's readers call what its agency writes."""


@blueprint.get("/")
@public
def page(brand: str) -> Response:
    """List what stands in the newsroom, newest first."""
    room = _room(brand)
    before = request.args.get("before")
    start = entries.by_slug(session(), room, before) if before else None
    found = entries.latest(session(), room, before=start, limit=entries.PAGE_LENGTH + 1)
    shown = found[: entries.PAGE_LENGTH]
    older = f"{room.path}?before={shown[-1].slug}" if len(found) > entries.PAGE_LENGTH else None
    shows_press = start is None
    press = entries.newest_press(session(), room) if shows_press else None
    asking = press_desk(press, Voice(room.name, room.language), to_html) if press else None
    body = _drawn(
        "newsroom/page.html",
        room,
        entries=shown,
        kinds=KINDS,
        still_of=still_of,
        lead=lead,
        older=older,
        is_first=shows_press,
        asking=asking,
    )
    return _kept(body, max((entry.published_at for entry in shown), default=None))


@blueprint.get("/<slug>")
@public
def entry(brand: str, slug: str) -> Response:
    """Show one entry, at its permanent address."""
    room = _room(brand)
    try:
        found = entries.by_slug(session(), room, slug)
    except NotFoundError:
        return _missing(room)
    home = _home(room) + room.path
    pictures = [
        {**each, "src": f"{room.path}pictures/{each['digest']}", "still": f"{room.path}pictures/{still_of(each)}"}
        for each in found.pictures
    ]
    body = _drawn(
        "newsroom/entry.html",
        room,
        entry=found,
        text=release_html(Press.of(found.press), found.text, Voice(room.name, found.language), to_html),
        pictures=pictures,
        canonical_url=home + found.slug,
        og_description=lead(found.text, found.press),
        og_image=f"{home}pictures/{still_of(pictures[0])}" if pictures else None,
    )
    return _kept(body, found.published_at)


@blueprint.get("/feed.atom")
@public
def feed(brand: str) -> Response:
    """Give the newest entries to feed readers."""
    room = _room(brand)
    found: list[NewsroomEntry] = list(entries.latest(session(), room))
    response = _kept(atom(room, found, runtime().settings.base_url), found[0].published_at if found else None)
    response.content_type = "application/atom+xml; charset=utf-8"
    return response


@blueprint.get("/pictures/<digest>")
@public
def picture(brand: str, digest: str) -> Response:
    """Show a picture of a published entry, and no other."""
    room = _room(brand)
    shown = entries.published_picture(session(), room, digest)
    storage = storage_of(runtime().settings)
    return public_answer(storage, session().agency_id, shown["digest"], shown["mime"])


def _missing(room: Room) -> Response:
    """Say to a reader of the brand that this page is not there, and where all of them are."""
    response = make_response(_drawn("newsroom/missing.html", room, canonical_url=None, robots="noindex"), 404)
    response.headers["Cache-Control"] = "no-store"
    return response


def _room(brand: str) -> Room:
    room = entries.room_of(session(), brand)
    g.brand_language = room.language
    return room


def _home(room: Room) -> str:
    """Return where the newsroom is at home, by whichever name one came: the agency's own if it has one."""
    return f"https://{room.own_host}" if room.own_host else runtime().settings.base_url


def _drawn(template: str, room: Room, **page_of: Any) -> str:
    """Return the page in the brand's language, drawn without anything of the person in front of it."""
    given: dict[str, Any] = {
        "brand": room,
        "agency": {"name": room.agency_name, "slug": room.agency_slug},
        "newsroom_url": room.path,
        "feed_url": f"{_home(room)}{room.path}feed.atom",
        "canonical_url": _home(room) + room.path,
        "lang": room.language,
    }
    with speaking(room.language):
        return current_app.jinja_env.get_template(template).render(**{**given, **page_of})


def _kept(body: str | bytes, changed_at: datetime | None) -> Response:
    """Return an answer that caches may keep for a minute, and ask after by its tag or its date."""
    response = make_response(body)
    response.headers["Cache-Control"] = f"public, max-age={PAGE_SECONDS}"
    response.last_modified = changed_at
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug returns the same object


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
