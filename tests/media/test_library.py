"""The library of a brand: found again, described, put away; and rights past which nothing is planned or leaves."""

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import update
from support.addresses import digests_in
from support.desk import Desk, days_ahead, today
from support.gate import plan_publication, try_attempt
from support.pictures import picture
from support.statements import recorded

from tenants.errors import RefusedError
from unisson.editorial import writing
from unisson.media.library import Details, Wanted, describe, put_away, shelf
from unisson.media.models import Media
from unisson.publishing.ledger import look
from unisson.publishing.verdicts import stop
from unisson.runtime import Runtime


def image(desk: Desk, number: int = 0, **details: object) -> uuid.UUID:
    media_id, _digest = desk.picture(picture(size=(64 + number, 48)), f"Été {number}.jpg")
    if details:
        with desk.session() as session:
            describe(session, desk.actor("cm"), media_id, Details(**details), None)  # type: ignore[arg-type]  # named
    return media_id


def found(desk: Desk, **wanted: object) -> set[uuid.UUID]:
    with desk.session() as session:
        asked = Wanted(today=today(), **wanted)  # type: ignore[arg-type]  # a test names the fields it means
        return {each.id for each in shelf(session, desk.world.brand_id, asked).images}


def details_of(desk: Desk, media_id: uuid.UUID) -> Media:
    with desk.session() as session:
        return session.get_one(Media, (session.agency_id, media_id))


def end_rights(desk: Desk, media_id: uuid.UUID, last: date) -> None:
    with desk.session() as session:
        session.execute(update(Media).where(Media.id == media_id).values(rights_until=last))


def illustrated(desk: Desk, media_id: uuid.UUID, state: str = "draft") -> uuid.UUID:
    return desk.in_state(state, pictures=((media_id, "La place"),))


def test_images_are_found_by_what_is_said_of_them(desk: Desk) -> None:
    plain = image(desk)
    said = image(desk, 1, alt_fr="La halle", credit="Zoé Léger", folder="Halles", tags=("Marché", "nuit"))
    assert found(desk, words="zoe") == found(desk, words="MARCHE hall") == found(desk, folder="Halles") == {said}
    assert found(desk, words="été") == {plain, said}
    assert found(desk, words="100%") == found(desk, words="_") == set()


def test_what_is_used_nowhere_and_what_ends_are_found(desk: Desk) -> None:
    used, ending = image(desk), image(desk, 1, rights_until=today() + timedelta(days=20))
    image(desk, 2, rights_until=today() + timedelta(days=90))
    illustrated(desk, used)
    assert used not in found(desk, show="unused")
    assert found(desk, show="ending") == {ending}
    assert found(desk, show="ended") == set()
    end_rights(desk, ending, today() - timedelta(days=1))
    assert found(desk, show="ending") == found(desk, show="ended") == {ending}


def test_the_number_of_statements_does_not_grow(desk: Desk) -> None:
    illustrated(desk, image(desk))
    desk.get("cm", f"/brands/{desk.world.brand_slug}/media")
    counts = []
    for more in (1, 5):
        for number in range(more):
            image(desk, more + number)
        with recorded(desk.runtime) as statements:
            assert desk.get("cm", f"/brands/{desk.world.brand_slug}/media").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_page_shows_images_and_what_uses_one(desk: Desk) -> None:
    desk.speak_english()
    media_id = image(desk, credit="Zoé Léger", rights_until=today() + timedelta(days=3))
    content_id = illustrated(desk, media_id)
    page = desk.get("cm", f"/brands/{desk.world.brand_slug}/media?lang=en&page=zz&show=zz").text
    assert "Zoé Léger" in page
    assert "Rights until" in page
    page = desk.get("cm", f"/media/{media_id}/details?lang=en").text
    assert f"/contents/{content_id}" in page
    assert "No such image" in desk.get("cm", f"/brands/{desk.world.brand_slug}/media?words=rien&lang=en").text


def test_an_image_is_described(desk: Desk) -> None:
    media_id = image(desk)
    typed = {
        "alt_fr": "La place",
        "alt_en": "The square",
        "credit": "Zoé",
        "rights_until": "2031-02-03",
        "version": "1",
    }
    answer = desk.post("cm", f"/media/{media_id}/details", {**typed, "folder": "Halles", "tags": "a, b,, a"})
    assert answer.status_code == 303
    kept = details_of(desk, media_id)
    assert (kept.alt_en, kept.rights_until, kept.tags, kept.version) == ("The square", date(2031, 2, 3), ["a", "b"], 2)


@pytest.mark.parametrize(
    "typed",
    [
        {"rights_until": "31/02"},
        {"alt_fr": "é" * 1001},
        {"credit": "x" * 201},
        {"tags": "x" * 41},
        {"tags": ",".join(str(each) for each in range(21))},
    ],
)
def test_what_can_t_be_kept_stays_in_the_form(desk: Desk, typed: dict[str, object]) -> None:
    media_id = image(desk)
    answer = desk.post("cm", f"/media/{media_id}/details", {**typed, "rights_holder": "Agence Vue", "version": "1"})
    assert answer.status_code == 422
    assert "Agence Vue" in answer.text
    assert details_of(desk, media_id).version == 1


def test_a_stale_form_keeps_what_was_typed(desk: Desk) -> None:
    media_id = image(desk, credit="Leur crédit")
    answer = desk.post("cm", f"/media/{media_id}/details", {"credit": "Mon crédit", "version": "1"})
    assert answer.status_code == 409
    assert "Mon crédit" in answer.text
    assert "Leur crédit" in answer.text
    assert details_of(desk, media_id).credit == "Leur crédit"


def test_an_image_is_put_away_and_taken_back(desk: Desk) -> None:
    media_id = image(desk)
    content_id = illustrated(desk, media_id, "scheduled")
    assert desk.post("cm", f"/media/{media_id}/archive").status_code == 303
    assert found(desk) == set()
    assert found(desk, show="archived") == {media_id}
    page = desk.get("cm", f"/contents/{content_id}").text
    assert digests_in(desk.runtime.settings, page) == {details_of(desk, media_id).digest}
    with desk.session() as session:
        put_away(session, desk.actor("cm"), media_id, back=True)
    assert found(desk) == {media_id}


def test_a_content_past_the_rights_of_its_image_is_not_submitted(desk: Desk) -> None:
    desk.speak_english()
    media_id = image(desk)
    content_id = illustrated(desk, media_id)
    day = days_ahead().date()
    for last, status in ((day - timedelta(days=1), 422), (day, 303)):
        end_rights(desk, media_id, last)
        answer = desk.post(
            "cm", f"/contents/{content_id}/submission", {"version": str(desk.content(content_id).version)}
        )
        assert answer.status_code == status
        assert status == 303 or "Été 0.jpg” end on" in answer.text


def test_what_is_submitted_is_not_moved_past_the_rights(desk: Desk) -> None:
    media_id = image(desk)
    content_id = illustrated(desk, media_id, "scheduled")
    end_rights(desk, media_id, days_ahead(12).date())
    for days, passes in ((13, False), (12, True)):
        with desk.app.test_request_context(), desk.session() as session:
            if passes:
                writing.move(session, desk.actor("cm"), content_id, days_ahead(days), fold=None)
            else:
                with pytest.raises(RefusedError) as refusal:
                    writing.move(session, desk.actor("cm"), content_id, days_ahead(days), fold=None)
                assert refusal.value.field == "wall_time"
                session.rollback()


def test_nothing_leaves_after_the_rights_of_its_image(desk: Desk, worker: Runtime) -> None:
    media_id = image(desk)
    publication_id = plan_publication(desk, worker, illustrated(desk, media_id, "scheduled"))
    for last, code, reason in ((0, None, None), (-1, "UN018", "rights ended")):
        end_rights(desk, media_id, today() + timedelta(days=last))
        assert try_attempt(desk, worker, publication_id) == code
        with worker.database.agency(desk.world.agency_id) as session:
            seen = look(session.connection(), publication_id)
        assert seen is not None
        verdict = stop(seen, 900.0)
        assert (verdict.reason if verdict else None) == reason


def test_an_image_of_the_library_joins_a_content(desk: Desk) -> None:
    media_id = image(desk, alt_fr="La halle la nuit")
    brand = desk.world.brand_slug
    assert f"/brands/{brand}/media/choice" in desk.get("cm", f"/brands/{brand}/contents/new").text
    offered = desk.get("cm", f"/brands/{brand}/media/choice?words=halle").text
    assert f'name="picture_id" value="{media_id}"' in offered
    assert f'name="alt-{media_id}" value="La halle la nuit"' in offered
    assert str(media_id) not in desk.get("cm", f"/brands/{brand}/media/choice?words=rien").text
