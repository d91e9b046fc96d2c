"""A visitor opens an agency, and nobody learns from it who else has an account."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tenants.identities import DirectoryEntry, Identity, Seat
from tenants.members import Membership
from unisson.runtime import Runtime

Form = Callable[..., dict[str, str]]


def _identity(runtime: Runtime, email: str) -> Identity | None:
    with runtime.database.everywhere() as session:
        return session.scalars(select(Identity).where(Identity.email == email)).first()


def test_a_visitor_opens_an_agency_and_is_in_it_after_the_mail(guest, letters, sign_up_form: Form, runtime):
    typed = sign_up_form()
    answer = guest.post("/sign-up", data=typed)
    assert (answer.status_code, answer.location) == (303, "/sign-up/sent")
    token = letters.token(typed["email"], "verification")
    page = guest.get(f"/verification/{token}")
    assert page.status_code == 200
    assert b'name="password"' not in page.data
    assert _identity(runtime, typed["email"]).email_verified_at is None  # looking confirms nothing
    assert guest.post(f"/verification/{token}").status_code == 303
    assert _identity(runtime, typed["email"]).email_verified_at is not None
    brands = guest.get(f"/{typed['slug']}/brands")
    assert brands.status_code == 200
    assert typed["agency"].encode() in brands.data
    assert guest.post(f"/verification/{token}").status_code == 410


def test_identity_agency_address_seat_and_owner_stand_together(guest, sign_up_form: Form, runtime):
    typed = sign_up_form()
    guest.post("/sign-up", data=typed)
    person = _identity(runtime, typed["email"])
    with runtime.database.everywhere() as session:
        entry = session.scalars(select(DirectoryEntry).where(DirectoryEntry.slug == typed["slug"])).one()
        seats = session.scalars(select(Seat.identity_id).where(Seat.agency_id == entry.agency_id)).all()
    assert seats == [person.id]
    with runtime.database.agency(entry.agency_id) as session:
        owner = session.scalars(select(Membership)).one()
        assert (owner.identity_id, owner.agency_role) == (person.id, "owner")


def test_an_empty_address_is_made_from_the_name(guest, sign_up_form: Form, runtime):
    typed = sign_up_form(slug="")
    assert guest.post("/sign-up", data=typed).status_code == 303
    with runtime.database.everywhere() as session:
        assert session.scalar(select(DirectoryEntry.slug).where(DirectoryEntry.name == typed["agency"])) == (
            typed["agency"].lower().replace(" ", "-")
        )


def test_a_known_address_gets_the_same_answer_and_another_letter(new_browser, letters, sign_up_form: Form):
    typed = sign_up_form()
    first, second = new_browser(), new_browser()
    new = first.post("/sign-up", data=typed)
    known = second.post("/sign-up", data=sign_up_form(email=typed["email"]))
    assert (new.status_code, new.location, len(new.data)) == (known.status_code, known.location, len(known.data))
    assert set(new.headers.keys()) == set(known.headers.keys())
    pages = [one.get("/sign-up/sent").data for one in (first, second)]
    assert len(pages[0]) == len(pages[1])
    assert letters.to(typed["email"]) == ["verification", "already_registered"]


def test_the_page_names_the_address_and_writes_once_more(guest, new_browser, letters, sign_up_form: Form):
    typed, other = sign_up_form(), new_browser()
    guest.post("/sign-up", data=typed)
    assert typed["email"] in guest.get("/sign-up/sent").text
    for _ in range(2):
        assert guest.post("/sign-up/sent").location == "/sign-up/sent"
    assert letters.to(typed["email"]) == ["verification"] * 3
    other.post("/sign-up", data=sign_up_form(email=typed["email"]))
    guest.post(f"/verification/{letters.token(typed['email'], 'verification')}")
    other.post("/sign-up/sent")
    assert letters.to(typed["email"])[-1] == "already_registered"


def test_who_signed_up_with_nothing_has_nobody_written_to(guest):
    assert guest.post("/sign-up/sent").location == "/sign-up"


def test_with_one_agency_another_one_can_be_opened(guest, letters, sign_up_form: Form):
    typed = sign_up_form()
    guest.post("/sign-up", data=typed)
    guest.post(f"/verification/{letters.token(typed['email'], 'verification')}")
    assert guest.get("/").location == f"/{typed['slug']}/calendar"
    assert 'href="/?all=1"' in guest.get("/me").text
    assert "/me/agencies/new" in guest.get("/?all=1").text


def test_a_known_address_opens_nothing(guest, new_browser, sign_up_form: Form, runtime):
    typed = sign_up_form()
    guest.post("/sign-up", data=typed)
    again = sign_up_form(email=typed["email"], password="un-Autre-mot-de-passe-31")
    new_browser().post("/sign-up", data=again)
    with runtime.database.everywhere() as session:
        assert session.scalar(select(DirectoryEntry.slug).where(DirectoryEntry.slug == again["slug"])) is None
    stranger = new_browser().post("/sign-in", data={"email": typed["email"], "password": again["password"]})
    assert stranger.status_code == 422


def test_a_holders_click_does_not_confirm_what_a_stranger_signed_up(new_browser, letters, sign_up_form: Form, runtime):
    """Whoever signs up with another's address must not have it confirmed by its holder, and keep the password."""
    typed = sign_up_form()
    new_browser().post("/sign-up", data=typed)
    token, holder = letters.token(typed["email"], "verification"), new_browser()
    assert b'name="password"' in holder.get(f"/verification/{token}").data
    assert holder.post(f"/verification/{token}").status_code == 422
    assert holder.post(f"/verification/{token}", data={"password": "not-the-one-chosen"}).status_code == 422
    assert _identity(runtime, typed["email"]).email_verified_at is None
    assert holder.post(f"/verification/{token}", data={"password": typed["password"]}).status_code == 303


@pytest.mark.parametrize("slug", ["static", "me", "sign-in", "sign-up", "newsroom", "health", "dev", "password-reset"])
def test_our_own_addresses_are_no_agencys(guest, sign_up_form: Form, slug):
    answer = guest.post("/sign-up", data=sign_up_form(slug=slug))
    assert answer.status_code == 422
    assert f'value="{slug}"'.encode() in answer.data


def test_every_first_segment_of_ours_is_reserved(app):
    from unisson.identity.browser import reserved_slugs

    with app.test_request_context():
        reserved = reserved_slugs()
    for rule in app.url_map.iter_rules():
        first = rule.rule.split("/")[1]
        assert not first or "<" in first or first in reserved


@pytest.mark.parametrize("slug", ["a", "-abc", "a b", "é-e", "a/b", "a" * 50, "ab\r\nx", "<b>x</b>"])
def test_an_unfit_address_is_refused_and_everything_typed_is_kept(guest, sign_up_form: Form, slug):
    typed = sign_up_form(slug=slug)
    answer = guest.post("/sign-up", data=typed)
    assert answer.status_code == 422
    assert typed["agency"].encode() in answer.data
    assert typed["email"].encode() in answer.data
    assert typed["password"].encode() not in answer.data


def test_a_taken_address_is_said_whoever_asks(guest, new_browser, sign_up_form: Form):
    typed = sign_up_form()
    guest.post("/sign-up", data=typed)
    for email in (typed["email"], sign_up_form()["email"]):
        answer = new_browser().post("/sign-up", data=sign_up_form(slug=typed["slug"], email=email))
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "email", ["", "x", "x@", "@example.org", "x@example", "a b@example.org", "x@example.org\r\nBcc: y@example.org"]
)
def test_what_is_no_address_is_refused(guest, sign_up_form: Form, email):
    assert guest.post("/sign-up", data=sign_up_form(email=email)).status_code == 422


def test_addresses_are_one_whatever_their_case(guest, new_browser, letters, sign_up_form: Form):
    typed = sign_up_form()
    guest.post("/sign-up", data=typed)
    new_browser().post("/sign-up", data=sign_up_form(email=typed["email"].upper()))
    assert letters.to(typed["email"]) == ["verification", "already_registered"]


def test_the_pages_are_in_the_readers_language(new_browser):
    french = new_browser().get("/sign-up", headers={"Accept-Language": "fr"})
    english = new_browser().get("/sign-up", headers={"Accept-Language": "en"})
    assert b'lang="fr"' in french.data
    assert b'lang="en"' in english.data
