"""When an agency works, and where a brand's holidays are: kept, refused, and counted in deadlines."""

from datetime import UTC, datetime, time

import pytest
from sqlalchemy import select, update
from support.desk import Desk

from tenants.agencies import Agency
from tenants.brands import Brand
from unisson.approvals.working_time import working_time

HOURS = {"work_days": ["0", "1", "2", "3"], "work_starts": "08:30", "work_ends": "16:00"}


def kept(desk: Desk) -> tuple[list[int], time, time]:
    with desk.session() as session:
        agency = session.scalars(select(Agency)).one()
        return agency.work_days, agency.work_starts, agency.work_ends


def test_deadlines_are_counted_in_the_hours_that_the_agency_gave(desk: Desk) -> None:
    assert desk.post("owner", "/settings/working-hours", HOURS).status_code == 303
    assert kept(desk) == ([0, 1, 2, 3], time(8, 30), time(16))
    assert 'value="08:30"' in desk.get("owner", "/settings").text
    with desk.session() as session:
        brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
        # Monday 1 March 2027 at ten in Paris: two hours of work before it is Thursday at half past three.
        at = working_time(session, brand).before(datetime(2027, 3, 1, 9, tzinfo=UTC), 2)
    assert at == datetime(2027, 2, 25, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"work_days": []}, {"work_days": ["7"]}, {"work_days": ["x"]}, {"work_starts": ""}, {"work_ends": "8h"},
        {"work_ends": "08:30"}, {"work_ends": "07:00"}, {"work_starts": "25:00"},
    ],
)  # fmt: skip
def test_hours_that_leave_none_are_refused(desk: Desk, change: dict[str, object]) -> None:
    before = kept(desk)
    assert desk.post("owner", "/settings/working-hours", HOURS | change).status_code == 422
    assert kept(desk) == before


def test_only_those_who_set_the_agency_up_set_its_hours(desk: Desk) -> None:
    for role in ("cm", "account_manager", "client_approver"):
        assert desk.post(role, "/settings/working-hours", HOURS).status_code == 403


def test_a_brand_has_the_holidays_of_its_country(desk: Desk) -> None:
    form = {"name": "Marque", "sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "ocean"}
    path = f"/brands/{desk.world.brand_slug}/edit"
    assert desk.post("owner", path, form | {"country": "XX"}).status_code == 422
    assert desk.post("owner", path, form | {"country": "BE"}).status_code == 303
    with desk.session() as session:
        brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
        assert brand.country == "BE"
        # Wednesday 21 July 2027 is Belgium's national day: an hour before Thursday at nine is Tuesday at five.
        there = working_time(session, brand)
        assert there.before(datetime(2027, 7, 22, 7, tzinfo=UTC), 1) == datetime(2027, 7, 20, 15, tzinfo=UTC)
        session.execute(update(Brand).values(country="FR"))
    assert '<option selected value="FR"' in desk.get("owner", path).text
    assert desk.post("owner", path, form).status_code == 303
