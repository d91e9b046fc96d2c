"""A brand's calendar for others, by a link: what clients may see, nothing under an embargo, for a time."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from support.desk import Desk
from support.statements import recorded
from support.topics import at, opened, put_under
from support.world import World, build_world

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment
from unisson.calendars.models import CalendarFeed
from unisson.runtime import Runtime


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    return made


def make(desk: Desk, role: str = "cm", **more: str) -> Any:
    return desk.post(
        role, "/calendar/feeds/new", {"name": "Pour la mairie", "brand": desk.world.brand_slug, "lasts": "30"} | more
    )


def link(desk: Desk) -> str:
    """Return the path of a new link, below the agency."""
    answer = make(desk)
    assert answer.status_code == 201
    found = re.search(r"/shared/([\w-]+)", answer.text)
    assert found is not None
    return f"/shared/{found[1]}"


def month(desk: Desk, path: str, days: int = 10) -> Any:
    return desk.get(None, f"{path}?month={at(days):%Y-%m}")


def test_others_see_what_clients_see_and_no_more(desk: Desk) -> None:
    topic_id = opened(desk)
    put_under(desk, topic_id, at(4))
    path = link(desk)
    desk.write(title="Brouillon", wall_time=at(10))
    desk.submit(desk.write(title="Soumis", wall_time=at(10), body="Le texte reste ici"))
    desk.submit(desk.write(title="Embargo", wall_time=at(10), topic_id=topic_id))
    page = month(desk, path)
    assert page.status_code == 200
    assert "Soumis" in page.text
    for hidden in ("Brouillon", "Embargo", "Le texte reste ici", "Résultats"):
        assert hidden not in page.text
    assert "no-referrer" in page.headers["Referrer-Policy"]
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert "private" in page.headers["Cache-Control"]


def test_what_is_shared_shows_once_its_embargo_is_lifted(desk: Desk) -> None:
    topic_id = opened(desk)
    put_under(desk, topic_id, at(4))
    path = link(desk)
    content_id = desk.write(title="Enfin", wall_time=at(10), topic_id=topic_id)
    assert "Enfin" not in month(desk, path).text
    put_under(desk, topic_id, None)
    desk.submit(content_id)
    assert "Enfin" in month(desk, path).text


def closed(desk: Desk, how: str) -> None:
    with desk.session() as session:
        if how == "revoked":
            session.execute(update(CalendarFeed).values(revoked_at=utcnow()))
        elif how == "expired":
            session.execute(update(CalendarFeed).values(expires_at=utcnow() - timedelta(seconds=1)))
        elif how == "its maker lost the role":
            session.execute(
                delete(BrandAssignment).where(BrandAssignment.membership_id == desk.world.people["cm"].membership_id)
            )
        else:
            session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))


@pytest.mark.parametrize("how", ["revoked", "expired", "its maker lost the role", "the brand is archived"])
def test_it_closes(desk: Desk, how: str) -> None:
    path = link(desk)
    assert month(desk, path).status_code == 200
    closed(desk, how)
    assert month(desk, path).status_code == 404


def test_a_link_is_no_feed_and_a_feed_no_link(desk: Desk, runtime: Runtime) -> None:
    token = link(desk).rsplit("/", 1)[1]
    assert desk.get(None, f"/feeds/{token}.ics").status_code == 404
    feed = re.search(r"/feeds/([\w-]+)\.ics", make(desk, lasts="").text)
    assert feed is not None
    assert desk.get(None, f"/shared/{feed[1]}").status_code == 404
    neighbour = Desk(desk.app, runtime, build_world(runtime))
    assert neighbour.get(None, f"/shared/{token}").status_code == 404
    with desk.session() as session:
        held = session.scalars(select(CalendarFeed.token_hash)).all()
    assert token.encode() not in held


@pytest.mark.parametrize("bad", [{"brand": ""}, {"lasts": "9999"}, {"lasts": "bientôt"}, {"name": ""}, {"lasts": "31"}])
def test_bad_input_is_said_and_kept(desk: Desk, bad: dict[str, str]) -> None:
    answer = make(desk, **bad)
    assert answer.status_code == 422
    assert "Pour la mairie" in answer.text or "name" in bad
    with desk.session() as session:
        assert session.scalars(select(CalendarFeed)).all() == []


def test_a_client_shares_nothing(desk: Desk) -> None:
    assert make(desk, "client_approver").status_code == 403


def test_months_that_are_none_are_not_found(desk: Desk) -> None:
    path = link(desk)
    assert desk.get(None, f"{path}?month=2026-13").status_code == 404
    assert desk.get(None, f"/shared/{uuid.uuid4().hex}").status_code == 404


def test_it_asks_as_much_for_many_as_for_one(desk: Desk) -> None:
    path = link(desk)

    def asked() -> int:
        with recorded(desk.runtime) as statements:
            month(desk, path)
        return len(statements)

    desk.submit(desk.write(wall_time=at(10)))
    asked()
    few = asked()
    for _each in range(5):
        desk.submit(desk.write(wall_time=at(10)))
    assert asked() == few
