"""Several people are invited at once: each with the roles, row by row, and everybody or nobody."""

import io
import re
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from unisson.notifications.models import Letter

HERE = "/team/invitations/several"


@pytest.fixture
def mark() -> str:
    """What the addresses of one test have in common."""
    return uuid.uuid4().hex[:10]


@pytest.fixture
def second(world, runtime) -> uuid.UUID:
    """Return a second brand of the agency."""
    with runtime.database.agency(world.agency_id) as session:
        brand = Brand(
            name="Seconde", slug="seconde", timezone="Europe/Paris", language="fr", accent="plum", sector="food"
        )
        session.add(brand)
        session.flush()
        return brand.id


def invited(browser, world, people: str, *brands: uuid.UUID, **more: Any):
    data = {"recipients": people, "brands": [str(each) for each in brands], "brand_role": "rp", "agency_role": "member"}
    return browser.post(f"/{world.slug}{HERE}", data=data | more)


def there(runtime, world, mark: str) -> dict[str, tuple[str, set[str]]]:
    """Return by address who is in the agency of those with the mark: their name, and the brands of their roles."""
    with runtime.database.agency(world.agency_id) as session:
        rows = session.execute(
            select(Membership.email, Membership.name, Brand.slug)
            .outerjoin(BrandAssignment, BrandAssignment.membership_id == Membership.id)
            .outerjoin(Brand, Brand.id == BrandAssignment.brand_id)
            .where(Membership.email.contains(mark))
        ).all()
        return {email: (name, {brand for each, _name, brand in rows if each == email}) for email, name, _ in rows}


def letters(runtime, world) -> int:
    with runtime.database.agency(world.agency_id) as session:
        return session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == "invitation"))


def test_each_is_invited_with_the_roles_and_told_of_row_by_row(as_, world, runtime, second, mark) -> None:
    owner, here = as_("owner"), world.people["cm"].email
    pasted = f"Léa Martin <lea.{mark}@example.org>\nnoe.{mark}@example.org; ZOE.{mark}@example.org\n{here}\nlea.{mark}@example.org"
    before = letters(runtime, world)
    answer = invited(owner, world, pasted, world.brand_id, second)
    assert answer.status_code == 303
    found = there(runtime, world, mark)
    assert found == {
        f"lea.{mark}@example.org": ("Léa Martin", {world.brand_slug, "seconde"}),
        f"noe.{mark}@example.org": (f"noe.{mark}", {world.brand_slug, "seconde"}),
        f"zoe.{mark}@example.org": (f"zoe.{mark}", {world.brand_slug, "seconde"}),
    }
    assert letters(runtime, world) == before + 3
    told = owner.get(answer.headers["Location"]).get_data(as_text=True)
    shown = re.findall(r'data-label="E-mail address">([^<]+)<|data-label="Adresse e-mail">([^<]+)<', told)
    assert {first or second for first, second in shown} == {*found, here}


def test_a_file_is_read_beside_what_was_typed(as_, world, runtime, mark) -> None:
    rows = f"nom,email\nLéa Martin,lea.{mark}@example.org\n".encode()
    answer = invited(
        as_("owner"), world, f"noe.{mark}@example.org", world.brand_id, file=(io.BytesIO(rows), "equipe.csv")
    )
    assert answer.status_code == 303
    assert set(there(runtime, world, mark)) == {f"lea.{mark}@example.org", f"noe.{mark}@example.org"}


@pytest.mark.parametrize(
    ("people", "brands", "said"),
    [
        ("good.{mark}@example.org\nnot an address", 1, "not an address"),
        ("good.{mark}@example.org\n@{mark}", 1, "@{mark}"),
        ("", 1, ""),
        ("good.{mark}@example.org", 0, "good.{mark}@example.org"),
        ("\n".join(f"p{number}.{{mark}}@example.org" for number in range(51)), 1, "50"),
    ],
)
def test_where_one_row_is_wrong_nobody_is_invited_and_what_was_typed_stays(
    as_, world, runtime, mark, people, brands, said
) -> None:
    before = letters(runtime, world)
    answer = invited(as_("owner"), world, people.format(mark=mark), *[world.brand_id][:brands])
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said.format(mark=mark) in page
    assert people.format(mark=mark).partition("\n")[0] in page
    assert there(runtime, world, mark) == {}
    assert letters(runtime, world) == before


def test_a_role_that_is_not_theirs_to_give_is_refused_for_all(as_, world, new_world, runtime, second, mark) -> None:
    person = f"lea.{mark}@example.org"
    assert (
        invited(as_("account_manager"), world, person, world.brand_id, agency_role="account_manager").status_code == 403
    )
    assert invited(as_("owner"), world, person, world.brand_id, agency_role="owner").status_code == 422
    assert invited(as_("owner"), world, person, world.brand_id, new_world().brand_id).status_code == 404
    assert invited(as_("owner"), world, person, agency_role="account_manager").status_code == 303
    assert there(runtime, world, mark) == {person: (f"lea.{mark}", {None})}


def test_nobody_of_another_agency_is_told_of(as_, world, new_world) -> None:
    other = new_world()
    page = as_("owner").get(f"/{world.slug}{HERE}?made={other.people['cm'].membership_id}").get_data(as_text=True)
    assert other.people["cm"].email not in page
