"""Rights about to end: told a month and a week before, once each, in the morning of the brand, to who works for it."""

import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update
from support.desk import PARIS, Desk, today
from support.pictures import picture
from support.statements import recorded

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.identities import Dispatch, Identity
from tenants.members import BrandAssignment
from unisson.editorial.models import Content
from unisson.media.endings import next_look, tell, tell_due
from unisson.media.library import Details, describe, put_away
from unisson.media.models import Media, RightsNotice
from unisson.notifications.composing import compose
from unisson.notifications.models import Letter
from unisson.runtime import Runtime

READERS = {"cm", "account_manager"}


def image(desk: Desk, until: date | None, number: int = 0) -> uuid.UUID:
    media_id, _digest = desk.picture(picture(size=(64 + number, 48)), f"prise-{number}.jpg")
    with desk.session() as session:
        describe(session, desk.actor("cm"), media_id, Details(rights_until=until), None)
    return media_id


def look(desk: Desk, worker: Runtime) -> None:
    """Have the brand's morning come."""
    with worker.database.everywhere() as session:
        session.execute(
            update(Dispatch)
            .where(Dispatch.item_id == desk.world.brand_id)
            .values(due_at=func.clock_timestamp(), lease_until=None)
        )
    tell_due(worker, 20)


def letters(desk: Desk) -> list[Letter]:
    with desk.session() as session:
        return list(session.scalars(select(Letter).where(Letter.kind == "rights_ending").order_by(Letter.created_at)))


def readers(desk: Desk) -> set[str]:
    roles = {person.membership_id: role for role, person in desk.world.people.items()}
    return {roles[letter.membership_id] for letter in letters(desk)}


def due_at(desk: Desk, worker: Runtime) -> datetime | None:
    with worker.database.everywhere() as session:
        return session.scalar(select(Dispatch.due_at).where(Dispatch.item_id == desk.world.brand_id))


def mail(desk: Desk, letter: Letter):
    with desk.app.test_request_context(), desk.session() as session:
        return compose(session, session.get_one(Letter, (session.agency_id, letter.id)), "https://u.example")


def end(desk: Desk, until: date) -> None:
    """As if time had passed since the day was noted."""
    with desk.session() as session:
        session.execute(update(Media).values(rights_until=until))


@pytest.mark.parametrize("days", [30, 8, 7, 1])
def test_who_works_for_the_brand_is_told_once(desk: Desk, worker: Runtime, days: int) -> None:
    image(desk, today() + timedelta(days=days))
    look(desk, worker)
    assert readers(desk) == READERS
    look(desk, worker)
    assert len(letters(desk)) == len(READERS)


def test_the_letter_is_in_its_reader_s_language(desk: Desk, worker: Runtime) -> None:
    with desk.runtime.database.everywhere() as session:
        english = desk.world.people["account_manager"].identity_id
        session.execute(update(Identity).where(Identity.id == english).values(language="en"))
    until = today() + timedelta(days=20)
    image(desk, until)
    image(desk, until, 1)
    look(desk, worker)
    by_person = {letter.membership_id: mail(desk, letter) for letter in letters(desk)}
    french = by_person[desk.world.people["cm"].membership_id]
    assert french.words.heading == "Les droits de 2 images prennent bientôt fin"
    assert [name for name, _day in french.words.facts] == ["prise-0.jpg", "prise-1.jpg"]
    assert french.words.facts[0][1].startswith("jusqu’au ")
    assert french.words.action_url.endswith(f"/{desk.world.slug}/brands/marque/media?show=ending")
    said = by_person[desk.world.people["account_manager"].membership_id]
    assert said.words.subject == "The rights of 2 images end soon (Marque)"


def test_a_month_and_a_week_before_and_nothing_in_between(desk: Desk, worker: Runtime) -> None:
    media_id, first = image(desk, today() + timedelta(days=30)), today()
    with worker.database.agency(desk.world.agency_id) as session:
        brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
        told = {day: tell(session, brand, first + timedelta(days=day)) for day in range(-2, 33)}
    assert {day for day, images in told.items() if images} == {0, 23}
    with desk.session() as session:
        marks = session.scalars(select(RightsNotice.mark).where(RightsNotice.media_id == media_id))
        assert sorted(marks) == ["month", "week"]


def test_its_turn_comes_at_nine_on_the_brand_s_clock(desk: Desk, worker: Runtime) -> None:
    with desk.session() as session:
        session.execute(update(Brand).values(timezone="Indian/Reunion"))
    until = (utcnow().astimezone(ZoneInfo("Indian/Reunion")) + timedelta(days=100)).date()
    image(desk, until)
    there = due_at(desk, worker).astimezone(ZoneInfo("Indian/Reunion"))
    assert (there.date(), there.hour, there.minute) == (until - timedelta(days=30), 9, 0)


@pytest.mark.parametrize(
    ("now", "until", "looked"),
    [
        (datetime(2026, 10, 1, 8, 0, tzinfo=PARIS), date(2026, 10, 20), datetime(2026, 10, 1, 9, 0, tzinfo=PARIS)),
        (datetime(2026, 10, 1, 9, 30, tzinfo=PARIS), date(2026, 10, 20), datetime(2026, 10, 2, 9, 0, tzinfo=PARIS)),
        # Over the night in which the clocks go back.
        (datetime(2026, 10, 1, 8, 0, tzinfo=PARIS), date(2026, 11, 25), datetime(2026, 10, 26, 9, 0, tzinfo=PARIS)),
        (datetime(2026, 10, 1, 9, 30, tzinfo=PARIS), date(2026, 10, 1), None),
        (datetime(2026, 10, 1, 9, 30, tzinfo=PARIS), date(2026, 9, 1), None),
    ],
)
def test_when_it_is_looked_at(desk: Desk, now: datetime, until: date, looked: datetime | None) -> None:
    image(desk, until)
    with desk.session() as session:
        brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
        at = next_look(session, brand, now.astimezone(UTC))
    assert at == (looked or None)


def test_prolonged_rights_are_told_of_anew_and_the_old_letter_does_not_leave(desk: Desk, worker: Runtime) -> None:
    media_id = image(desk, today() + timedelta(days=20))
    look(desk, worker)
    first = letters(desk)
    with desk.session() as session:
        describe(session, desk.actor("cm"), media_id, Details(rights_until=today() + timedelta(days=25)), None)
    assert [mail(desk, letter) for letter in first] == [None, None]
    look(desk, worker)
    assert len(letters(desk)) == 2 * len(READERS)


def test_an_image_put_away_is_told_of_only_where_something_shows_it(desk: Desk, worker: Runtime) -> None:
    until = today() + timedelta(days=15)
    away, shown, cancelled = (image(desk, until, number) for number in range(3))
    desk.in_state("scheduled", pictures=((shown, "La place"),))
    desk.in_state("cancelled", pictures=((cancelled, "La place"),))
    for media_id in (away, shown, cancelled):
        with desk.session() as session:
            put_away(session, desk.actor("cm"), media_id)
    look(desk, worker)
    with desk.session() as session:
        assert set(session.scalars(select(RightsNotice.media_id))) == {shown}
        put_away(session, desk.actor("cm"), away, back=True)
    look(desk, worker)
    with desk.session() as session:
        assert set(session.scalars(select(RightsNotice.media_id))) == {shown, away}
        assert session.scalar(select(func.count()).select_from(Content)) == 2


def test_who_left_the_brand_meanwhile_is_not_written_to(desk: Desk, worker: Runtime) -> None:
    image(desk, today() + timedelta(days=15))
    look(desk, worker)
    cm = desk.world.people["cm"].membership_id
    with desk.session() as session:
        session.delete(session.scalars(select(BrandAssignment).where(BrandAssignment.membership_id == cm)).one())
    assert {letter.membership_id for letter in letters(desk) if mail(desk, letter) is None} == {cm}


def test_nothing_waits_where_nothing_ends(desk: Desk, worker: Runtime) -> None:
    media_id = image(desk, today() + timedelta(days=90))
    assert due_at(desk, worker) is not None
    with desk.session() as session:
        describe(session, desk.actor("cm"), media_id, Details(), None)
    assert due_at(desk, worker) is None


def test_an_archived_brand_is_left_in_peace(desk: Desk, worker: Runtime) -> None:
    image(desk, today() + timedelta(days=15))
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))
    look(desk, worker)
    assert letters(desk) == []
    assert due_at(desk, worker) > utcnow() + timedelta(hours=23)


def test_two_workers_tell_once(desk: Desk, worker: Runtime) -> None:
    """Both have read what is due before either has written."""
    image(desk, today() + timedelta(days=15))
    met, told = threading.Barrier(2), []

    def work() -> None:
        with worker.database.agency(desk.world.agency_id) as session:
            brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
            met.wait(120)
            told.append(tell(session, brand, today()))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(told) == [0, 1]
    assert len(letters(desk)) == len(READERS)


def test_the_morning_takes_as_many_statements_however_many_images(desk: Desk, worker: Runtime) -> None:
    counts = []
    for number, more in enumerate((1, 6)):
        for each in range(more):
            image(desk, today() + timedelta(days=15), 10 * number + each)
        with recorded(worker) as statements, worker.database.agency(desk.world.agency_id) as session:
            brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
            assert tell(session, brand, today()) == more
        counts.append(len(statements))
    assert counts[0] == counts[1]
