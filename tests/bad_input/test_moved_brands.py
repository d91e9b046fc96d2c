"""A brand that moves to another zone while contents wait: what was promised to the minute stays promised."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from support.desk import Desk

from tenants.base import utcnow
from tenants.brands import Brand
from unisson.editorial.models import Content
from unisson.editorial.timing import wall_time_of

NOUMEA = "Pacific/Noumea"


def move_brand(desk: Desk, zone: str = NOUMEA) -> None:
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(timezone=zone, language="en"))


def sent(desk: Desk, content_id, **more: str) -> dict[str, str]:
    """What the composer's own page would send back, the date as the page shows it."""
    content = desk.content(content_id)
    assert content.scheduled_at
    there = wall_time_of(content.scheduled_at, NOUMEA)
    return {
        "kind": "post", "title": content.title, "body": content.body, "date": f"{there:%Y-%m-%d}",
        "time": f"{there:%H:%M}", "channel_ids": str(desk.world.newsroom_id), "version": str(content.version),
    } | more  # fmt: skip


@pytest.mark.parametrize("tail", ["edit", "move"])
def test_the_forms_show_the_moment_on_the_clock_of_today(desk: Desk, tail: str) -> None:
    content_id = desk.in_state("scheduled")
    move_brand(desk)
    page = desk.get("cm", f"/contents/{content_id}/{tail}").text
    shown = sent(desk, content_id)
    assert f'value="{shown["time"]}"' in page
    assert f'value="{shown["date"]}"' in page


def test_what_is_saved_unchanged_stays_scheduled(desk: Desk) -> None:
    content_id = desk.in_state("scheduled")
    before = desk.content(content_id)
    move_brand(desk)
    for tail in ("edit", "move"):
        assert desk.post("cm", f"/contents/{content_id}/{tail}", sent(desk, content_id)).status_code == 303
        after = desk.content(content_id)
        assert (after.state, after.scheduled_at, after.revision_id) == (
            "scheduled",
            before.scheduled_at,
            before.revision_id,
        )


def test_a_new_text_keeps_the_instant_and_takes_the_new_zone(desk: Desk) -> None:
    content_id = desk.in_state("draft")
    before = desk.content(content_id).scheduled_at
    move_brand(desk)
    assert desk.post("cm", f"/contents/{content_id}/edit", sent(desk, content_id, body="Autre")).status_code == 303
    after = desk.content(content_id)
    assert (after.scheduled_at, after.zone, after.body) == (before, NOUMEA, "Autre")


def test_a_date_that_has_passed_may_stay_in_another_zone_too(desk: Desk) -> None:
    content_id = desk.in_state("draft")
    past = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with desk.session() as session:
        session.execute(update(Content).where(Content.id == content_id).values(
            scheduled_at=past, wall_time=datetime(2026, 1, 5, 10)))  # noqa: DTZ001 - a wall time has no zone  # fmt: skip
    move_brand(desk)
    assert desk.post("cm", f"/contents/{content_id}/edit", sent(desk, content_id, body="Autre")).status_code == 303
    assert desk.content(content_id).scheduled_at == past < utcnow()


def test_the_other_passage_of_an_hour_asks_before_it_reopens(desk: Desk) -> None:
    """Choosing the second 02:30 of a night is a move like any other."""
    night = datetime(2027, 10, 31, 2, 30)  # noqa: DTZ001 - a wall time has no zone
    content_id = desk.write(wall_time=night, fold=0)
    desk.submit(content_id)
    data = {"date": "2027-10-31", "time": "02:30", "fold": "1", "version": str(desk.content(content_id).version)}
    assert desk.post("cm", f"/contents/{content_id}/move", data).status_code == 409
    assert desk.content(content_id).state == "in_review"
    assert desk.post("cm", f"/contents/{content_id}/move", data | {"confirmed": "y"}).status_code in {303, 409}


@pytest.mark.parametrize(("language", "word"), [("fr", "n’existe pas"), ("en", "does not exist")])
def test_the_hour_that_is_skipped_is_refused_in_the_readers_language(desk: Desk, language: str, word: str) -> None:
    from tenants.identities import Identity

    with desk.runtime.database.everywhere() as session:
        session.execute(
            update(Identity).where(Identity.id == desk.world.people["cm"].identity_id).values(language=language)
        )
    typed = {"kind": "post", "title": "Nuit", "body": "Texte gardé", "date": "2027-03-28", "time": "02:30",
             "channel_ids": str(desk.world.newsroom_id)}  # fmt: skip
    answer = desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/new", typed)
    assert answer.status_code == 422
    assert word in answer.text
    assert "Texte gardé" in answer.text
    assert 'value="02:30"' in answer.text
