"""From a file to drafts: columns guessed and remembered, rows checked and corrected, all taken in or none, undone."""

import re
import uuid
from datetime import date, datetime, time

import pytest
from sqlalchemy import func, select, update
from support.desk import Desk
from support.plans import HEADERS, csv_file, kept, mapped, row, send, soon, started, take, xlsx_file
from support.statements import recorded
from support.topics import at, opened, put_under

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment
from unisson.activity.models import Event
from unisson.editorial.models import Content, Variant
from unisson.editorial.order import place_after
from unisson.editorial.writing import edit
from unisson.imports.columns import FIELDS
from unisson.imports.models import Import, ImportRow, ImportState, RowState
from unisson.imports.taking import OvertakenError, take_due, take_in
from unisson.notifications.composing import compose
from unisson.notifications.models import Letter
from unisson.publishing.models import Channel
from unisson.runtime import Runtime
from unisson.threads.models import Thread
from unisson.topics.planning import Plan, open_topic


def page(desk: Desk, import_id: uuid.UUID, rest: str = "") -> str:
    answer = desk.get("cm", f"/imports/{import_id}{rest}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def contents(desk: Desk) -> list[Content]:
    with desk.session() as session:
        return list(session.scalars(select(Content).order_by(Content.title)))


def rows(desk: Desk, import_id: uuid.UUID) -> list[ImportRow]:
    with desk.session() as session:
        return list(
            session.scalars(select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.number))
        )


def test_a_plan_becomes_drafts(desk: Desk, worker: Runtime) -> None:
    plan = csv_file(
        [list(HEADERS), row("Un"), row("Deux", time="18 h 30", kind="Communiqué de presse", tags="été, #Vrac")]
    )
    import_id = mapped(desk, plan)
    assert take(desk, worker, import_id) is ImportState.DONE
    second, first = contents(desk)
    assert (first.title, first.kind, first.state, first.version, first.tags) == ("Un", "post", "draft", 1, ["été"])
    assert (second.kind, second.tags, second.channel_kinds) == ("press_release", ["vrac", "été"], "newsroom")
    assert second.wall_time == datetime.combine(soon(), time(18, 30))
    assert second.zone == "Europe/Paris"
    assert second.author_id == desk.world.people["cm"].membership_id
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(Variant)) == 2
        verbs = session.scalars(select(Event.verb).order_by(Event.at, Event.id)).all()
    assert verbs.count("content.written") == 2
    assert {"import.opened", "import.started", "import.taken"} <= set(verbs)
    assert "2 brouillons" in page(desk, import_id) or "2 drafts" in page(desk, import_id)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_file_to_fill_in_can_be_taken_in_as_it_stands(desk: Desk, language: str) -> None:
    if language == "en":
        desk.speak_english()
    given = desk.get("cm", f"/brands/{desk.world.brand_slug}/imports/sample.csv")
    assert given.content_type == "text/csv; charset=utf-8"
    import_id = mapped(desk, given.data)
    assert [each.faulty for each in rows(desk, import_id)] == [False, False, False]
    assert set(kept(desk, import_id).mapping) == set(FIELDS)


def test_columns_are_guessed_in_two_languages_and_dates_in_their_order(desk: Desk) -> None:
    answer = send(
        desk, csv_file([["Publish", "Channel", "Headline", "Date"], ["x", "", "Un", "12/31/2026"]], separator=",")
    )
    import_id = uuid.UUID(answer.location.split("/")[-2])
    about = kept(desk, import_id)
    assert about.mapping == {"channels": 1, "title": 2, "date": 3}
    assert about.date_order == "mdy"


def test_the_mapping_is_remembered_by_the_names_wherever_they_stand(desk: Desk) -> None:
    names = ["Quoi", "Comment", "Pour quand"]
    mapped(desk, csv_file([names, ["Un", "deux", "31/12/2030"]]), title="0", body="1", date="2", date_order="ymd")
    answer = send(desk, csv_file([names[::-1], ["31/12/2030", "deux", "Un"]]))
    about = kept(desk, uuid.UUID(answer.location.split("/")[-2]))
    assert about.mapping == {"title": 2, "body": 1, "date": 0}
    assert about.date_order == "ymd"


def test_a_file_without_names_keeps_its_first_row(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(
        desk, csv_file([[f"{soon():%d/%m/%Y}", "Un"], [f"{soon():%d/%m/%Y}", "Deux"]]), date="0", title="1"
    )
    assert not kept(desk, import_id).has_header
    take(desk, worker, import_id)
    assert [each.title for each in contents(desk)] == ["Deux", "Un"]


def test_names_that_come_twice_are_told_apart(desk: Desk) -> None:
    answer = send(desk, csv_file([["Texte", "Texte", "Date"], ["Un", "Deux", "31/12/2030"]]))
    body = desk.get("cm", "/" + answer.location.split("/", 2)[2]).get_data(as_text=True)
    assert "Texte (colonne A)" in body or "Texte (column A)" in body
    assert "Texte (colonne B)" in body or "Texte (column B)" in body


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"date": "demain"}, "This is no date"),
        ({"date": "01/01/2020"}, "This time has passed"),
        ({"time": "midi"}, "This is no time"),
        ({"date": ""}, "There is a time, and no date"),
        ({"channels": "Minitel"}, "no connected channel called “Minitel”. It has: "),
        ({"kind": "Vidéo"}, "This is none of"),
        ({"tags": "x" * 41}, "twenty tags at most"),
    ],
)
def test_what_is_wrong_is_said_of_its_cell(desk: Desk, change: dict[str, str], sentence: str) -> None:
    desk.speak_english()
    import_id = mapped(desk, csv_file([list(HEADERS), row(**change), row("Sans faute")]))
    body = page(desk, import_id)
    assert body.count("field-error") == 1
    assert sentence in body
    assert [each.faulty for each in rows(desk, import_id)] == [False, True, False]


def test_a_row_is_corrected_in_place_and_then_taken_in(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row("Un", date="demain")]))
    faulty = rows(desk, import_id)[1]
    answer = desk.post("cm", f"/imports/{import_id}/rows/{faulty.id}", {"cell-date": f"{soon():%Y-%m-%d}"})
    assert answer.location.endswith(f"#row-{faulty.id}")
    assert not rows(desk, import_id)[1].faulty
    assert take(desk, worker, import_id) is ImportState.DONE
    assert [each.title for each in contents(desk)] == ["Un"]


def test_hours_that_a_clock_skips_or_repeats_are_said_of_their_row(desk: Desk, worker: Runtime) -> None:
    desk.speak_english()
    year = soon().year + 1
    spring = max(day for day in range(25, 32) if date(year, 3, day).weekday() == 6)
    autumn = max(day for day in range(25, 32) if date(year, 10, day).weekday() == 6)
    plan = csv_file([list(HEADERS), row("Saut", date=f"{spring}/03/{year}", time="02:30"),
                     row("Double", date=f"{autumn}/10/{year}", time="02:30")])  # fmt: skip
    import_id = mapped(desk, plan)
    body = page(desk, import_id)
    assert "does not exist there" in body
    assert "comes twice there" in body
    assert "UTC+02:00" in body
    double = rows(desk, import_id)[2]
    desk.post("cm", f"/imports/{import_id}/rows/{double.id}", {"fold": "1"})
    assert take(desk, worker, import_id) is ImportState.DONE
    (content,) = contents(desk)
    assert (content.title, content.fold, content.scheduled_at.hour) == ("Double", 1, 1)


def test_topics_and_channels_are_found_by_their_names(desk: Desk, worker: Runtime) -> None:
    with desk.session() as session:
        topic_id = open_topic(session, desk.actor("owner"), desk.world.brand_id, Plan("Centenaire")).id
    desk.letter()
    names = ["Titre", "Canal", "Sujet"]
    import_id = mapped(
        desk, csv_file([names, ["Un", "newsletter, salle de presse", "CENTENAIRE"], ["Deux", "", "Autre"]])
    )
    assert [each.faulty for each in rows(desk, import_id)] == [False, False, True]
    take(desk, worker, import_id)
    (content,) = contents(desk)
    assert (content.topic_id, content.channel_kinds) == (topic_id, "email newsroom")


def test_a_row_before_the_embargo_of_its_topic_is_a_fault_of_its_date(desk: Desk, worker: Runtime) -> None:
    topic_id = opened(desk)
    put_under(desk, topic_id, at(30))
    names = ["Titre", "Date", "Heure", "Sujet"]
    early, late = (f"{at(days):%d/%m/%Y}" for days in (29, 31))
    plan = [names, ["Tôt", early, "10:00", "Résultats"], ["Tard", late, "10:00", "Résultats"]]
    import_id = mapped(desk, csv_file(plan))
    assert [each.faulty for each in rows(desk, import_id)] == [False, True, False]
    take(desk, worker, import_id)
    assert [each.title for each in contents(desk)] == ["Tard"]


def test_undoing_keeps_what_another_content_follows(desk: Desk, worker: Runtime) -> None:
    topic_id = opened(desk)
    import_id = mapped(desk, csv_file([["Titre", "Sujet"], ["Premier", "Résultats"], ["Autre", "Résultats"]]))
    take(desk, worker, import_id)
    _other, first = contents(desk)
    with desk.session() as session:
        follower = desk.write(topic_id=topic_id, title="Suite")
        place_after(session, desk.actor("cm"), follower, first.id, 15, topic_id=topic_id)
    desk.post("cm", f"/imports/{import_id}/undoing")
    take_due(worker)
    assert kept(desk, import_id).state == ImportState.UNDONE
    assert [each.title for each in contents(desk)] == ["Premier", "Suite"]


def test_only_the_chosen_rows_are_taken_in(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row("Un"), row("Deux"), row("Trois")]))
    one, two, three = rows(desk, import_id)[1:]
    shown = [str(each.id) for each in (one, two, three)]
    desk.post("cm", f"/imports/{import_id}/choice", {"act": "import", "shown": shown, "row": [str(two.id)]})
    take_due(worker)
    assert [each.title for each in contents(desk)] == ["Deux"]
    assert [each.state for each in rows(desk, import_id)[1:]] == [RowState.WAITING, RowState.TAKEN, RowState.WAITING]


def test_nothing_is_taken_in_by_halves(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row("Un"), row("Deux", channels="")]))
    started(desk, import_id)
    with desk.session() as session:
        session.execute(update(Channel).values(disconnected_at=utcnow()))
    take_due(worker)
    assert contents(desk) == []
    about = kept(desk, import_id)
    assert (about.state, about.problem) == (ImportState.PREVIEW, "rows_changed")
    assert [each.faulty for each in rows(desk, import_id)[1:]] == [True, False]


def test_who_lost_their_role_meanwhile_imports_nothing(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row()]))
    started(desk, import_id)
    with desk.session() as session:
        for each in session.scalars(
            select(BrandAssignment).where(BrandAssignment.membership_id == desk.world.people["cm"].membership_id)
        ):
            session.delete(each)
    take_due(worker)
    assert contents(desk) == []
    assert kept(desk, import_id).problem == "not_allowed"


def test_undoing_takes_back_what_nobody_touched(desk: Desk, worker: Runtime) -> None:
    plan = csv_file([list(HEADERS), row("A changé"), row("Comparé"), row("Dit"), row("Intact")])
    import_id = mapped(desk, plan)
    take(desk, worker, import_id)
    changed, _compared, talked, _intact = contents(desk)
    actor = desk.actor("cm")
    with desk.session() as session:
        edit(session, actor, changed.id, desk.draft(title="A changé deux fois"), None)
        session.add(
            Thread(
                content_id=talked.id, brand_id=desk.world.brand_id, audience="internal", created_by=actor.membership_id
            )
        )
    assert desk.post("cm", f"/imports/{import_id}/undoing").status_code == 303
    take_due(worker)
    assert kept(desk, import_id).state == ImportState.UNDONE
    assert [each.title for each in contents(desk)] == ["A changé deux fois", "Dit"]
    states = [each.state for each in rows(desk, import_id)[1:]]
    assert states == [RowState.KEPT, RowState.REMOVED, RowState.KEPT, RowState.REMOVED]
    assert "2 contenus" in page(desk, import_id) or "2 contents" in page(desk, import_id)
    assert f"/contents/{talked.id}" in page(desk, import_id, "?show=left")
    desk.post("cm", f"/imports/{import_id}/undoing")
    take_due(worker)
    assert len(contents(desk)) == 2


def test_a_started_import_can_be_neither_changed_nor_started_again(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row()]))
    started(desk, import_id)
    line = rows(desk, import_id)[1]
    desk.post("cm", f"/imports/{import_id}/rows/{line.id}", {"cell-title": "Autre"})
    desk.post("cm", f"/imports/{import_id}/choice", {"act": "none"})
    started(desk, import_id)
    take_due(worker)
    take_due(worker)
    assert [each.title for each in contents(desk)] == ["La saison ouvre"]


def test_what_was_typed_of_the_columns_stays(desk: Desk) -> None:
    answer = send(desk, csv_file([["A", "B"], ["Un", "Deux"]]))
    import_id = answer.location.split("/")[-2]
    answer = desk.post("cm", f"/imports/{import_id}/columns", {"title": "0", "body": "0", "default_time": "midi"})
    assert answer.status_code == 422
    assert 'value="midi"' in answer.get_data(as_text=True)
    assert desk.post("cm", f"/imports/{import_id}/columns", {"title": "7"}).status_code == 404
    assert desk.post("cm", f"/imports/{import_id}/columns", {"date": "0"}).status_code == 422


def test_an_archived_brand_takes_nothing_in(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row()]))
    started(desk, import_id)
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))
    take_due(worker)
    assert contents(desk) == []
    assert desk.get("cm", f"/imports/{import_id}").status_code == 404
    assert send(desk, csv_file([["Titre"], ["Un"]])).status_code == 404


def test_a_client_can_t_import_and_nobody_sees_another_agency_s(desk: Desk, new_world, new_browser) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row()]))
    assert send(desk, csv_file([["Titre"], ["Un"]]), role="client_approver").status_code == 403
    assert desk.get("client_approver", f"/imports/{import_id}").status_code == 403
    other = new_world()
    stranger = other.sign_in(new_browser(), "owner")
    for path in ("", "/columns", "/progress"):
        assert stranger.get(f"/{other.slug}/imports/{import_id}{path}", base_url="https://localhost").status_code == 404
    assert stranger.post(f"/{other.slug}/imports/{import_id}/undoing", base_url="https://localhost").status_code == 404


def test_two_imports_at_once_both_come_in(desk: Desk, worker: Runtime) -> None:
    both = [
        mapped(desk, csv_file([list(HEADERS), row(f"{which} un"), row(f"{which} deux")], encoding="utf-8"))
        for which in "ab"
    ]
    for import_id in both:
        started(desk, import_id)
    take_due(worker)
    assert [kept(desk, each).state for each in both] == [ImportState.DONE, ImportState.DONE]
    assert len(contents(desk)) == 4


def test_no_page_asks_more_for_more_rows(desk: Desk, runtime: Runtime) -> None:
    few = mapped(desk, csv_file([list(HEADERS), row("Un", date="x")]))
    many = mapped(desk, csv_file([list(HEADERS)] + [row(f"N° {n}", date="x") for n in range(200)]))
    counts = []
    for import_id in (few, many):
        with recorded(runtime) as seen:
            page(desk, import_id)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_hundred_drafts_take_as_many_statements_as_one(desk: Desk, worker: Runtime) -> None:
    counts = []
    for number in (1, 100):
        import_id = mapped(desk, csv_file([list(HEADERS)] + [row(f"N° {n}") for n in range(number)]))
        started(desk, import_id)
        with recorded(worker) as seen:
            take_due(worker)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_dates_of_excel_are_dates(desk: Desk, worker: Runtime) -> None:
    moment = datetime.combine(soon(), time(14, 15))
    import_id = mapped(desk, xlsx_file([["Date", "Titre"], [moment, "Un"], [soon(), "Deux"]]), "plan.xlsx")
    take(desk, worker, import_id)
    two, one = contents(desk)
    assert one.wall_time == moment
    assert (two.wall_time.hour, two.wall_time.minute) == (10, 0)


def test_the_page_asks_again_while_a_worker_is_on_it_and_no_longer(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row()]))
    started(desk, import_id)
    assert re.search(r'hx-trigger="every \d+s"', page(desk, import_id, "/progress"))
    take_due(worker)
    assert "hx-trigger" not in page(desk, import_id, "/progress")


def test_who_started_it_is_written_to_once_it_is_over(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row("Un"), row("Deux")]))
    take(desk, worker, import_id)
    with desk.session() as session:
        (letter,) = session.scalars(select(Letter).where(Letter.kind == "import_over")).all()
        assert letter.membership_id == desk.world.people["cm"].membership_id
        with desk.app.app_context():
            ready = compose(session, letter, "https://localhost")
    assert ready is not None
    assert "plan.csv" in ready.words.subject
    assert ready.words.paragraphs == ("2 brouillons ont été créés.",)
    assert ready.words.action_url.endswith(f"/imports/{import_id}")


def test_of_what_could_not_be_taken_in_the_mail_says_why(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row("Un")]))
    started(desk, import_id)
    with desk.session() as session:
        session.execute(update(Channel).values(disconnected_at=utcnow()))
    take_due(worker)
    with desk.session() as session, desk.app.app_context():
        ready = compose(
            session, session.scalars(select(Letter).where(Letter.kind == "import_over")).one(), "https://localhost"
        )
    assert ready is not None
    assert ready.words.heading == "Rien n’a été importé"


def test_the_page_is_shown_anew_once_it_is_over(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row()]))
    started(desk, import_id)
    asked = {"HX-Request": "true"}
    assert "HX-Refresh" not in desk.get("cm", f"/imports/{import_id}/progress", headers=asked).headers
    take_due(worker)
    assert desk.get("cm", f"/imports/{import_id}/progress", headers=asked).headers["HX-Refresh"] == "true"


def test_the_second_of_two_workers_on_one_import_leaves_nothing(desk: Desk, worker: Runtime) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), row()]))
    started(desk, import_id)

    def second() -> None:
        with worker.database.agency(desk.world.agency_id) as session:
            about = session.get_one(Import, (desk.world.agency_id, import_id))
            take_due(worker)
            take_in(session, about, lambda _handled: None)

    with pytest.raises(OvertakenError):
        second()
    assert len(contents(desk)) == 1
    assert kept(desk, import_id).state == ImportState.DONE
