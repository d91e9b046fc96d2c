"""The newsroom: published once, read by anybody, kept by caches, followed by feed."""

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import feedparser
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from support.pictures import picture as draw
from support.world import World
from support.xss import CORPUS, live_markup

from tenants.base import new_id, utcnow
from tenants.brands import Brand
from tenants.context import acting_for
from unisson.media.reading import picture_key, read_bytes, sum_of
from unisson.newsroom.entries import slug_of
from unisson.newsroom.models import NewsroomEntry
from unisson.publishing.channels.newsroom import NewsroomAdapter
from unisson.publishing.channels.port import (
    Absent,
    Account,
    Found,
    NotSent,
    Outgoing,
    Picture,
    Published,
    Refused,
    Sketch,
)
from unisson.runtime import Runtime
from unisson.storage import storage_of

BASE = "http://localhost"
NOBODY: Account = Account(new_id(), {}, {}, None)  # type: ignore[arg-type]  # the newsroom never signs in


@pytest.fixture
def adapter(worker: Runtime) -> NewsroomAdapter:
    return NewsroomAdapter(worker.database, BASE, partial(sum_of, storage_of(worker.settings)))


def leaving(world: World, **changes: object) -> Outgoing:
    publication_id = new_id()
    made = Outgoing(
        agency_id=world.agency_id,
        brand_id=world.brand_id,
        publication_id=publication_id,
        client_ref=f"newsroom:{publication_id}",
        brand_name="Marque",
        language="fr",
        title="Été à l’œuvre : 3 nouveautés",
        text="Un **communiqué**.\n\nVoir https://example.org/.",
        due_at=utcnow(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # names of Outgoing's own fields


def stored_picture(runtime: Runtime, world: World, alt: str = "Une chaise bleue") -> Picture:
    content = draw("PNG", size=(40, 30))
    digest = hashlib.sha256(content).hexdigest()
    storage = storage_of(runtime.settings)
    with acting_for(world.agency_id):
        storage.put(content, *picture_key(digest))
    return Picture(digest, "image/png", 40, 30, len(content), alt, lambda: read_bytes(storage, world.agency_id, digest))


def publish(adapter: NewsroomAdapter, outgoing: Outgoing) -> str:
    outcome = adapter.publish(outgoing, NOBODY)
    assert isinstance(outcome, Published)
    assert outcome.url
    return outcome.url.removeprefix(BASE)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Été à l’œuvre : 3 nouveautés", "ete-a-l-oeuvre-3-nouveautes"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本語", "page"),
        ("x" * 300, "x" * 80),
        ("<script>", "script"),
    ],
)
def test_a_title_makes_an_address(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_the_list_says_of_each_page_its_kind_and_shows_its_first_picture(
    runtime: Runtime, adapter: NewsroomAdapter, world: World, client: FlaskClient
) -> None:
    picture = stored_picture(runtime, world)
    publish(adapter, leaving(world, title="Avec image", kind="press_release", pictures=(picture,)))
    publish(adapter, leaving(world, title="Sans image", kind="post"))
    publish(adapter, leaving(world, title="D’avant"))
    page = client.get(f"/newsroom/{world.slug}/marque/", base_url="https://localhost").text
    kinds = re.findall(r'newsroom-kind" lang="fr">([^<]+)<', page)
    assert kinds == ["Brève", "Communiqué de presse"]
    thumbs = re.findall(r'newsroom-thumb" src="([^"]+)" alt=""', page)
    assert thumbs == [f"/newsroom/{world.slug}/marque/pictures/{picture.digest}"]
    assert client.get(thumbs[0], base_url="https://localhost").status_code == 200


def test_a_page_is_published_and_read(adapter: NewsroomAdapter, world: World, client: FlaskClient) -> None:
    path = publish(adapter, leaving(world))
    assert path == f"/newsroom/{world.slug}/marque/ete-a-l-oeuvre-3-nouveautes"
    answer = client.get(path, base_url="https://localhost")
    assert answer.status_code == 200
    assert "<strong>communiqué</strong>" in answer.text
    assert '<html lang="fr"' in answer.text
    assert f'<link rel="canonical" href="{BASE}{path}">' in answer.text
    assert '<meta property="og:type" content="article">' in answer.text
    assert "article:published_time" in answer.text
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in answer.headers
    assert not live_markup(answer.text)


def test_publishing_again_finds_the_same_page(adapter: NewsroomAdapter, runtime: Runtime, world: World) -> None:
    outgoing = leaving(world)
    first, second = adapter.publish(outgoing, NOBODY), adapter.publish(outgoing, NOBODY)
    assert first == second
    assert adapter.read_back(outgoing, NOBODY) == Found(first.remote_id, first.url)
    assert count(runtime, world) == 1


def count(runtime: Runtime, world: World) -> int | None:
    with runtime.database.agency(world.agency_id) as session:
        return session.scalar(select(func.count()).select_from(NewsroomEntry))


def test_many_at_once_make_one_page(adapter: NewsroomAdapter, runtime: Runtime, world: World) -> None:
    outgoing = leaving(world)
    urls: set[str] = set()
    threads = [threading.Thread(target=lambda: urls.add(publish(adapter, outgoing))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(urls) == 1
    assert count(runtime, world) == 1


def test_the_same_title_twice_makes_two_addresses(adapter: NewsroomAdapter, world: World) -> None:
    first, second = publish(adapter, leaving(world)), publish(adapter, leaving(world))
    assert first != second
    assert second.startswith(f"{first}-")


def test_what_was_never_published_is_absent(adapter: NewsroomAdapter, world: World) -> None:
    assert adapter.read_back(leaving(world), NOBODY) == Absent(resend_is_safe=True)


def archive(runtime: Runtime, world: World) -> None:
    with runtime.database.agency(world.agency_id) as session:
        session.get_one(Brand, (world.agency_id, world.brand_id)).archived_at = utcnow()


def test_an_archived_brand_has_no_newsroom(
    adapter: NewsroomAdapter, runtime: Runtime, world: World, client: FlaskClient
) -> None:
    path = publish(adapter, leaving(world))
    archive(runtime, world)
    assert isinstance(adapter.publish(leaving(world), NOBODY), Refused)
    for address in (path, path.rpartition("/")[0] + "/", path.rpartition("/")[0] + "/feed.atom"):
        assert client.get(address, base_url="https://localhost").status_code == 404


@pytest.mark.parametrize(
    "path", ["nobody/marque/", "{slug}/nothing/", "{slug}/marque/nothing", "{slug}/marque/?before=x"]
)
def test_what_is_not_there_is_not_found(client: FlaskClient, world: World, path: str) -> None:
    answer = client.get("/newsroom/" + path.format(slug=world.slug), base_url="https://localhost")
    assert answer.status_code == 404


def test_who_misses_a_page_stays_with_the_brand(client: FlaskClient, world: World) -> None:
    answer = client.get(f"/newsroom/{world.slug}/marque/nothing", base_url="https://localhost")
    assert answer.status_code == 404
    assert f'href="/newsroom/{world.slug}/marque/"' in answer.text
    assert "Unisson" not in answer.text.partition("<body")[2]
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_empty_newsroom_says_what_will_come(client: FlaskClient, world: World) -> None:
    answer = client.get(f"/newsroom/{world.slug}/marque/", base_url="https://localhost")
    assert answer.status_code == 200
    assert 'class="empty"' in answer.text


def test_a_long_list_is_read_page_by_page(
    adapter: NewsroomAdapter, runtime: Runtime, world: World, client: FlaskClient
) -> None:
    paths = [publish(adapter, leaving(world, title=f"Nouvelle {number}")) for number in range(23)]
    home = f"/newsroom/{world.slug}/marque/"
    first = client.get(home, base_url="https://localhost").text
    second = client.get(f"{home}?before=nouvelle-3", base_url="https://localhost").text
    assert f"{home}?before=nouvelle-3" in first
    assert [path for path in paths if f'href="{path}"' in first] == paths[3:]
    assert [path for path in paths if f'href="{path}"' in second] == paths[:3]


def test_an_unchanged_page_is_not_sent_again(adapter: NewsroomAdapter, world: World, client: FlaskClient) -> None:
    path = publish(adapter, leaving(world))
    home = path.rpartition("/")[0] + "/"
    for address in (path, home, f"{home}feed.atom"):
        seen = client.get(address, base_url="https://localhost")
        tag = {"If-None-Match": seen.headers["ETag"]}
        assert seen.headers["Last-Modified"]
        assert client.get(address, base_url="https://localhost", headers=tag).status_code == 304


def test_the_feed_is_read_by_a_feed_reader(
    adapter: NewsroomAdapter, runtime: Runtime, world: World, client: FlaskClient
) -> None:
    seen = stored_picture(runtime, world, alt='Un "mot" & <un autre>')
    path = publish(adapter, leaving(world, pictures=(seen,), title="A \x0bB & <b>"))
    answer = client.get(f"/newsroom/{world.slug}/marque/feed.atom", base_url="https://localhost")
    feed = feedparser.parse(answer.data)
    assert answer.content_type.startswith("application/atom+xml")
    assert not feed.bozo
    assert feed.feed.title == "Marque"
    assert feed.entries[0].link == BASE + path
    assert feed.entries[0].title == "A B &amp; &lt;b&gt;" or feed.entries[0].title == "A B & <b>"
    assert f'src="{BASE}/newsroom/{world.slug}/marque/pictures/{seen.digest}"' in feed.entries[0].content[0].value
    assert datetime.fromisoformat(feed.entries[0].updated) > utcnow() - timedelta(minutes=5)


def test_only_pictures_of_what_is_published_are_shown(
    adapter: NewsroomAdapter, runtime: Runtime, world: World, client: FlaskClient
) -> None:
    seen = stored_picture(runtime, world)
    address = f"/newsroom/{world.slug}/marque/pictures/{seen.digest}"
    assert client.get(address, base_url="https://localhost").status_code == 404
    page = client.get(publish(adapter, leaving(world, pictures=(seen,))), base_url="https://localhost").text
    answer = client.get(address, base_url="https://localhost")
    assert hashlib.sha256(answer.data).hexdigest() == seen.digest
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert f'<meta property="og:image" content="{BASE}{address}">' in page
    assert 'alt="Une chaise bleue"' in page


def test_a_picture_that_can_t_be_read_stops_the_page(adapter: NewsroomAdapter, world: World) -> None:
    def away() -> bytes:
        raise OSError("away")

    lost = Picture("ab" * 32, "image/png", 1, 1, 1, "x", away)
    assert isinstance(adapter.publish(leaving(world, pictures=(lost,)), NOBODY), NotSent)


def test_a_page_needs_a_title(adapter: NewsroomAdapter, app: Flask) -> None:
    assert [each.field for each in adapter.problems(Sketch("", "Texte", (), 0))] == ["title"]
    assert [each.field for each in adapter.problems(Sketch("Titre", "é" * 50_001, (), 0))] == ["text"]
    assert not adapter.problems(Sketch("Titre", "Texte", (900_000,) * 10, 0))


@pytest.mark.parametrize("attack", CORPUS)
def test_nothing_typed_comes_alive(
    adapter: NewsroomAdapter, runtime: Runtime, world: World, client: FlaskClient, attack: str
) -> None:
    with runtime.database.agency(world.agency_id) as session:
        session.get_one(Brand, (world.agency_id, world.brand_id)).name = attack
    seen = stored_picture(runtime, world, alt=attack)
    path = publish(adapter, leaving(world, title=attack, text=attack, pictures=(seen,)))
    for address in (path, path.rpartition("/")[0] + "/"):
        assert not live_markup(client.get(address, base_url="https://localhost").text)
    feed = client.get(f"/newsroom/{world.slug}/marque/feed.atom", base_url="https://localhost")
    assert not feedparser.parse(feed.data).bozo


def test_one_agency_s_page_is_not_in_another_s_room(
    adapter: NewsroomAdapter, world: World, client: FlaskClient, new_world: Callable[[], World], tmp_path: Path
) -> None:
    path = publish(adapter, leaving(world))
    other = path.replace(world.slug, new_world().slug)
    assert client.get(other, base_url="https://localhost").status_code == 404
