"""What the product stands on is away: the database, the store, a row that somebody holds. A sentence, and nothing lost."""

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from support.desk import Desk
from support.pictures import picture

from tenants.engines import make_engine
from tenants.session import Database
from unisson.app import create_app
from unisson.editorial.models import Content
from unisson.media.models import Media
from unisson.runtime import Runtime

HTTPS = "https://localhost"


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/me", "/{slug}/calendar", "/{slug}/brands", "/newsroom/{slug}/marque/"]
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_database_that_is_away_is_one_page(runtime: Runtime, desk: Desk, path: str, language: str) -> None:
    app = create_app(runtime=runtime)
    away = Database(make_engine("postgresql://nobody@127.0.0.1:1/none"))
    app.extensions["unisson"] = replace(runtime, database=away)
    client = desk.world.sign_in(app.test_client(), "cm")
    client.set_cookie("lang", language, domain="localhost")
    answer = client.get(path.format(slug=desk.world.slug), base_url=HTTPS)
    if path == "/sign-in" and answer.status_code == 200:
        return
    assert answer.status_code == 503, answer.text[:500]
    assert {"fr": "Réessayez dans un instant", "en": "Try again in a moment"}[language] in answer.text
    away.engine.dispose()


def test_a_row_that_somebody_holds_is_said_and_changes_nothing(desk: Desk, runtime: Runtime) -> None:
    """The database stops waiting for a lock; the page after it is whole, header and brands included."""
    content_id = desk.in_state("draft")
    with desk.session() as holder:
        holder.execute(text("select 1 from app.contents where id = :id for update"), {"id": content_id})
        answer = desk.post("cm", f"/contents/{content_id}/cancellation")
    assert answer.status_code == 409
    assert "409" in answer.text
    assert desk.content(content_id).state == "draft"


@pytest.fixture
def full_disk(app: Flask, runtime: Runtime, tmp_path: Path):
    """The same application, whose store has no place: its folder is a file."""
    (tmp_path / "store").write_text("not a folder")
    held = app.extensions["unisson"]
    app.extensions["unisson"] = replace(
        runtime, settings=replace(runtime.settings, storage_url=f"file://{tmp_path}/store/inside")
    )
    yield
    app.extensions["unisson"] = held


@pytest.mark.parametrize("action", ["save", "submit", "add"])
def test_a_picture_that_cannot_be_kept_costs_no_word(desk: Desk, full_disk: None, action: str) -> None:
    typed = {"kind": "post", "title": "Grand <titre>", "body": "Tout le texte & plus", "date": "2027-05-05", "time": "10:00",
             "channel_ids": str(desk.world.newsroom_id), "action": action, "new_alt": "La place au matin",
             "uploads": (BytesIO(picture()), "place.jpg")}  # fmt: skip
    answer = desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/new", typed, content_type="multipart/form-data")
    assert answer.status_code in {200, 422, 503}
    for kept in ("Grand &lt;titre&gt;", "Tout le texte &amp; plus", "2027-05-05", "La place au matin"):
        assert kept in answer.text, kept
    assert re.search("image|picture", answer.text)
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(Media)) == 0
        assert session.scalar(select(func.count()).select_from(Content)) == 0
