"""Strategies: checked as one types and on submission, shares over the pillars, black-outs."""

import uuid
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from support.desk import HTTPS, Desk, days_ahead, today
from support.statements import recorded
from support.topics import at

from tenants.brands import Brand
from tenants.errors import RefusedError
from unisson.approvals import circuit
from unisson.editorial.composer import channel_registry
from unisson.editorial.limits import check_with
from unisson.editorial.writing import draft_of, edit
from unisson.strategy.checks import banned_in, claim_in, findings
from unisson.strategy.models import BlackOut, Check, Strategy, Weight
from unisson.strategy.planning import Pillar, StrategyPlan, archive_strategy, open_strategy, set_black_out
from unisson.strategy.reading import heard, shares


def plan(desk: Desk, **more: Any) -> StrategyPlan:
    given: dict[str, Any] = {
        "title": "Printemps",
        "starts_on": today() - timedelta(days=30),
        "ends_on": today() + timedelta(days=60),
        "banned": ["révolutionn*", "pas cher"],
        "mentions": {"partner": "Collaboration commerciale"},
        "pillars": [Pillar("Savoir-faire", 60), Pillar("Équipe", 40)],
    }
    return StrategyPlan(**(given | more))


def planned(desk: Desk, **more: Any) -> uuid.UUID:
    with desk.session() as session:
        return open_strategy(session, desk.actor("cm"), desk.world.brand_id, plan(desk, **more)).id


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Une recette RÉVOLUTIONNAIRE !", ["révolutionn*"]),
        ("revolutionner le goût", ["révolutionn*"]),
        ("C’est pas  cher du tout", ["pas cher"]),
        ("C’est pas chère", []),
        ("Contre-révolution", []),
        ("", []),
    ],
)
def test_banned_words_are_found_in_any_case_and_accent(text: str, found: list[str]) -> None:
    assert banned_in(text, ["révolutionn*", "pas cher", "  *"]) == found


@pytest.mark.parametrize("text", ["Réduit de 38 % l'emballage", "N° 1 en France", "cliniquement prouvé", "Le leader"])
def test_a_claim_without_a_source_is_found_and_one_with_a_source_is_not(text: str) -> None:
    assert claim_in(text)
    assert claim_in(f"{text}, selon l'Ifop.") is None
    assert claim_in("Samedi à 10 h, place du Commerce.") is None


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=5))
def test_no_text_is_too_strange_to_check(text: str, banned: list[str]) -> None:
    banned_in(text, banned)
    claim_in(text)


def test_what_stops_comes_first_and_what_is_off_says_nothing() -> None:
    strategy = Strategy(
        banned=["secret"], mentions={"partner": "pub"}, weights={Check.MENTION.value: "stop", Check.CLAIM.value: "off"}
    )
    found = findings(strategy, "Secret", "N° 1", ["partner"])
    assert [each.stops for each in found] == [True, False]
    assert findings(None, "Secret", "", []) == []
    assert findings(strategy, "", "C'est de la PUB", ["partner"]) == []


def composed(desk: Desk, body: str, **more: object) -> str:
    given = {"kind": "post", "body": body, "action": "preview", "channel_ids": str(desk.world.newsroom_id)}
    return desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/preview?lang=en", given | more).text


def test_the_composer_says_it_as_one_types(desk: Desk) -> None:
    desk.speak_english()
    assert "What the strategy says" not in composed(desk, "Une recette révolutionnaire")
    planned(desk, weights={Check.BANNED: Weight.STOP})
    page = composed(desk, "Une recette révolutionnaire, -50 %", risks="partner")
    assert "The strategy bans: révolutionn*." in page
    assert "be submitted like this" in page
    assert "Collaboration commerciale" in page
    assert "reads like a claim" in page
    assert "What the strategy says" not in composed(desk, "Samedi à dix heures.")


def submit(desk: Desk, content_id: uuid.UUID) -> None:
    with desk.app.test_request_context(), desk.session() as session:
        circuit.submit(session, desk.actor("cm"), content_id, None, check_with(channel_registry()))


def shown(desk: Desk, content_id: uuid.UUID) -> dict[str, object]:
    return {"version": str(desk.content(content_id).version)}


def test_a_stop_refuses_the_submission_and_an_advice_does_not(desk: Desk) -> None:
    strategy_id = planned(desk, weights={Check.BANNED: Weight.STOP})
    content_id = desk.write(body="Une recette révolutionnaire")
    answer = desk.post("cm", f"/contents/{content_id}/submission", shown(desk, content_id))
    assert answer.status_code == 422
    assert "révolutionn*" in answer.text
    assert desk.content(content_id).state == "draft"
    advised = desk.write(body="100 % beurre")
    assert desk.post("cm", f"/contents/{advised}/submission", shown(desk, advised)).status_code == 303
    with desk.session() as session:
        archive_strategy(session, desk.actor("rp"), strategy_id)
    assert desk.post("cm", f"/contents/{content_id}/submission", shown(desk, content_id)).status_code == 303
    assert desk.content(content_id).state == "in_review"


def test_a_black_out_stops_what_is_for_its_days_and_says_until_when(desk: Desk) -> None:
    desk.speak_english()
    day = at(10).date()
    with desk.session() as session:
        set_black_out(session, desk.actor("rp"), desk.world.brand_id, day, day, reason="Deuil", stops=True)
    inside, outside = desk.write(wall_time=at(10)), desk.write(wall_time=at(11))
    refused = desk.post("cm", f"/contents/{inside}/submission", shown(desk, inside))
    assert refused.status_code == 422
    assert "keeps quiet until" in refused.text
    assert desk.post("cm", f"/contents/{outside}/submission", shown(desk, outside)).status_code == 303


def test_of_two_periods_the_one_that_begins_last_holds(desk: Desk) -> None:
    planned(desk, banned=["un"])
    planned(desk, banned=["deux"], starts_on=today())
    with desk.app.test_request_context("/?lang=en"), desk.session() as session:
        brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
        said = [str(each) for each in heard(session, brand, "un deux", "", risks=(), at=None)]
    assert len(said) == 1
    assert "deux" in said[0]


def test_shares_are_of_the_contents_dated_in_the_period(desk: Desk) -> None:
    strategy_id = planned(desk)
    for pillar, days in (("Savoir-faire", 3), ("Savoir-faire", 4), ("Équipe", 5), ("", 6), ("Équipe", 200)):
        desk.write(pillar=pillar, wall_time=at(days))
    with desk.session() as session:
        strategy = session.get_one(Strategy, (session.agency_id, strategy_id))
        brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
        found = shares(session, brand, strategy)
    assert [(each.name, each.contents, each.share, each.wanted) for each in found] == [
        ("Savoir-faire", 2, 50, 60),
        ("Équipe", 1, 25, 40),
    ]


def test_another_pillar_asks_nobody_again(desk: Desk) -> None:
    planned(desk)
    content_id = desk.in_state("scheduled")
    with desk.session() as session:
        content = desk.content(content_id, session)
        edit(session, desk.actor("cm"), content_id, replace(draft_of(session, content), pillar="Équipe"), None)
    assert (desk.content(content_id).state, desk.content(content_id).pillar) == ("scheduled", "Équipe")


def form(desk: Desk, **more: object) -> dict[str, object]:
    given = {
        "title": "Printemps & été", "starts_on": today().isoformat(), "ends_on": "2028-06-30",
        "objectives": "Que tous le sachent.", "pillars": "Savoir-faire : 60\nÉquipe: 40 %", "messages": "", "tone": "",
        "banned": "pas cher\n\nPas cher", "spokespersons": "", "links": "", "mention-partner": "Collaboration",
        "weight-banned": "stop", "weight-mention": "advice", "weight-claim": "off",
    }  # fmt: skip
    return given | more


def home(desk: Desk) -> str:
    return f"/brands/{desk.world.brand_slug}/strategy"


def stored(desk: Desk) -> list[Strategy]:
    with desk.session() as session:
        return list(session.scalars(select(Strategy)))


def test_a_strategy_is_written_read_changed_put_away_and_taken_back(desk: Desk) -> None:
    desk.speak_english()
    assert "No strategy holds today" in desk.get("cm", home(desk)).text
    assert desk.post("cm", f"{home(desk)}/new", form(desk)).status_code == 303
    (kept,) = stored(desk)
    assert kept.pillars == [{"name": "Savoir-faire", "share": 60}, {"name": "Équipe", "share": 40}]
    assert kept.weight_of(Check.CLAIM) is Weight.OFF
    page = desk.get("rp", home(desk)).text
    assert "Printemps &amp; été" in page
    assert "Savoir-faire" in page
    path = f"/strategies/{kept.id}"
    assert "Équipe: 40" in desk.get("rp", f"{path}/edit").text
    assert desk.post("rp", f"{path}/edit", form(desk, title="Autre", version="1")).status_code == 303
    stale = desk.post("cm", f"{path}/edit", form(desk, title="Le mien", version="1"))
    assert stale.status_code == 409
    assert "Le mien" in stale.text
    assert "Autre" in stale.text
    assert desk.post("cm", f"{path}/archive").status_code == 303
    assert "No strategy holds today" in desk.get("cm", home(desk)).text
    assert desk.post("cm", f"{path}/archive", {"back": "y"}).status_code == 303
    assert "Holds today" in desk.get("cm", home(desk)).text


BAD = {
    "no name": ({"title": " "}, "Give the strategy a name"),
    "no period": ({"ends_on": "bientôt"}, "first and the last day"),
    "a period that ends first": ({"ends_on": "2001-01-01"}, "first and the last day"),
    "a share that is none": ({"pillars": "Savoir-faire"}, "per cent"),
    "shares beyond the whole": ({"pillars": "A: 60\nB: 60"}, "per cent"),
    "a pillar twice": ({"pillars": "A: 10\na: 20"}, "twelve pillars"),
    "a long text": ({"tone": "x" * 5_001}, "5,000 characters"),
    "too many words": ({"banned": "\n".join(map(str, range(301)))}, "three hundred words"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_and_what_was_typed_stays(desk: Desk, case: str) -> None:
    desk.speak_english()
    change, sentence = BAD[case]
    answer = desk.post("cm", f"{home(desk)}/new", form(desk, **change))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Que tous le sachent." in answer.text
    assert stored(desk) == []


def test_black_outs_are_set_and_taken_away(desk: Desk) -> None:
    desk.speak_english()
    path = f"/brands/{desk.world.brand_slug}/black-outs"
    given = {"starts_on": today().isoformat(), "ends_on": "", "reason": "Élections <b>", "stops": "y"}
    assert desk.post("rp", path, given).status_code == 303
    page = desk.get("rp", home(desk)).text
    assert "Élections &lt;b&gt;" in page
    for bad in ({"reason": ""}, {"starts_on": ""}, {"ends_on": "2001-01-01"}):
        answer = desk.post("rp", path, given | bad)
        assert answer.status_code == 422
    with desk.session() as session:
        (black_out,) = session.scalars(select(BlackOut)).all()
        assert black_out.ends_on == black_out.starts_on
    assert desk.post("rp", f"/black-outs/{black_out.id}/remove").status_code == 303
    assert "Élections" not in desk.get("rp", home(desk)).text


def test_clients_see_no_strategy(desk: Desk) -> None:
    strategy_id = planned(desk)
    for role in ("client_approver", "client_contact", "legal"):
        assert desk.get(role, home(desk)).status_code == 403
        assert desk.get(role, f"/strategies/{strategy_id}/edit").status_code == 403


def test_the_calendar_s_clashes_are_said(desk: Desk) -> None:
    desk.speak_english()
    first = desk.write(wall_time=at(10), body="Le même texte", title="Premier")

    def asked(body: str, when: Any, **more: object) -> str:
        return composed(desk, body, date=f"{when:%Y-%m-%d}", time=f"{when:%H:%M}", **more)

    assert "The same text goes to one of these channels: “Premier”" in asked("Le même texte ", at(20))
    assert "The same text" not in asked("Le même texte", at(45))
    assert "Close to another content" in asked("Autre", at(10) + timedelta(minutes=10))
    assert "Close to another" not in asked("Autre", at(10) + timedelta(minutes=16))
    assert f"/contents/{first}" in asked("Autre", at(10))
    assert "Close to another" not in asked("Autre", at(10), channel_ids="")
    assert "public holiday: National Day" in asked("Autre", datetime.combine(date(today().year + 1, 7, 14), time(10)))


def test_the_composer_asks_as_much_among_many_as_among_few(desk: Desk) -> None:
    planned(desk)
    desk.write(wall_time=at(10), body="Le même texte")

    def asked() -> int:
        with recorded(desk.runtime) as statements:
            composed(desk, "Le même texte", date=f"{at(10):%Y-%m-%d}", time="10:00")
        return len(statements)

    asked()
    few = asked()
    for _each in range(8):
        desk.write(wall_time=at(10), body="Le même texte")
        planned(desk)
    assert asked() == few


def test_what_a_stop_refuses_is_refused_by_every_way_to_submit(desk: Desk) -> None:
    planned(desk, weights={Check.BANNED: Weight.STOP})
    content_id = desk.write(body="C'est pas cher")
    with pytest.raises(RefusedError):
        submit(desk, content_id)


def test_what_was_planned_in_a_black_out_is_shown_and_stays(desk: Desk) -> None:
    desk.speak_english()
    day = days_ahead().date()
    content_id = desk.write()
    typed = {"starts_on": str(day), "ends_on": str(day), "reason": "Deuil", "stops": "y"}
    answer = desk.post("rp", f"/brands/{desk.world.brand_slug}/black-outs", typed)
    assert answer.status_code == 303
    assert f"since={day}" in answer.location
    shown = desk.browser("rp").get(answer.location, base_url=HTTPS).text
    assert "1 content is planned in it and stays." in shown
    assert str(content_id) in shown
    elsewhere = {**typed, "starts_on": "2030-05-01", "ends_on": "2030-05-02"}
    assert "black-outs" in desk.post("rp", f"/brands/{desk.world.brand_slug}/black-outs", elsewhere).location
