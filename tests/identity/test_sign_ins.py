"""Being signed in: how one gets in, how long it lasts, and that an old cookie is worth nothing."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from tenants.base import utcnow
from tenants.identities import Identity, SignIn
from unisson.identity.passwords import keeper
from unisson.vault import token_hash

PASSWORD = "gadoue-Lapin-74-orage"


@pytest.fixture
def person(runtime, settings) -> tuple[uuid.UUID, str]:
    """Somebody with a password: their id and address."""
    email = f"p-{uuid.uuid4().hex[:10]}@example.org"
    with runtime.database.everywhere() as session:
        one = Identity(
            email=email, name="Alix", language="en", password_hash=keeper(settings).hash(PASSWORD),
            email_verified_at=utcnow(),
        )  # fmt: skip
        session.add(one)
        session.flush()
        return one.id, email


def _enter(browser, email: str, password: str = PASSWORD, **more: str):
    return browser.post("/sign-in", data={"email": email, "password": password} | more)


def _token(browser) -> str:
    with browser.session_transaction() as cookie:
        return cookie["_user_id"]


def _hold(browser, token: str):
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = token
    return browser


def _is_in(browser) -> bool:
    answer = browser.get("/me")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


def test_somebody_signs_in_and_out(guest, person):
    assert not _is_in(guest)
    assert _enter(guest, person[1].upper()).status_code == 303
    assert _is_in(guest)
    assert guest.post("/sign-out").status_code == 303
    assert not _is_in(guest)


def test_only_the_hash_of_the_token_is_kept(guest, person, runtime):
    _enter(guest, person[1])
    token = _token(guest)
    with runtime.database.everywhere() as session:
        row = session.scalars(select(SignIn).where(SignIn.identity_id == person[0])).one()
    assert row.token_hash == token_hash(token)
    assert token not in str(vars(row))


def test_wrong_password_and_unknown_address_get_one_answer(new_browser, person):
    wrong = _enter(new_browser(), person[1], "some-other-Password-12")
    unknown = _enter(new_browser(), person[1].replace("p-", "q-"), "some-other-Password-12")
    assert wrong.status_code == unknown.status_code == 422
    assert not re.search("could not be saved|enregistrement", wrong.text)  # nothing was to be saved
    for answer in (wrong, unknown):
        assert "ne correspondent pas" in answer.text
    # The page differs by the address that was typed (as long) and by its form's random numbers.
    assert abs(len(wrong.data) - len(unknown.data)) < 8
    assert set(wrong.headers.keys()) == set(unknown.headers.keys())


def test_an_unknown_address_is_hashed_all_the_same(settings, runtime, person):
    """The same work is done whoever is named; a clock would only measure the machine."""
    from unisson.identity import accounts
    from unisson.identity.passwords import TEST_COST, Keeper

    class Counting(Keeper):
        tries = 0

        def matches(self, stored, password):
            self.tries += 1
            return super().matches(stored, password)

    counting = Counting(TEST_COST)
    for email in (person[1], "nobody@example.org"):
        with runtime.database.everywhere() as session, pytest.raises(accounts.RefusedError):
            accounts.authenticate(session, email, "some-other-Password-12", counting)
    assert counting.tries == 2


def test_each_sign_in_has_a_token_of_its_own_and_ends_the_one_before(guest, new_browser, person):
    _enter(guest, person[1])
    first = _token(guest)
    _enter(guest, person[1])
    assert _token(guest) != first
    assert not _is_in(_hold(new_browser(), first))


def test_a_planted_token_does_not_survive_signing_in(guest, person):
    _hold(guest, "planted-by-somebody-else")
    _enter(guest, person[1])
    assert _token(guest) != "planted-by-somebody-else"


def _sign_out(browser, _person, _runtime) -> None:
    browser.post("/sign-out")


def _change_password(browser, _person, _runtime) -> None:
    typed = {"present": PASSWORD, "password": "autre-Renard-93-tempete"}
    assert browser.post("/me/password", data=typed).status_code == 303


def _disable(_browser, person, runtime) -> None:
    with runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == person[0]).values(disabled_at=utcnow()))


def _end_from_elsewhere(browser, person, runtime) -> None:
    other = type(browser)(browser.application, browser.response_wrapper, use_cookies=True)
    _enter(other, person[1])
    assert other.post("/me/sessions/revocation").status_code == 303


@pytest.mark.parametrize("act", [_sign_out, _change_password, _disable, _end_from_elsewhere])
def test_an_old_cookie_is_worth_nothing(guest, new_browser, person, runtime, act: Callable[..., None]):
    _enter(guest, person[1])
    copy = _hold(new_browser(), _token(guest))
    assert _is_in(copy)
    act(guest, person, runtime)
    assert not _is_in(copy)


def test_changing_the_password_keeps_this_browser_and_ends_the_others(guest, new_browser, person, runtime):
    other = new_browser()
    _enter(guest, person[1])
    _enter(other, person[1])
    before = _token(guest)
    _change_password(guest, person, runtime)
    assert _token(guest) != before
    assert _is_in(guest)
    assert not _is_in(other)
    assert _enter(new_browser(), person[1]).status_code == 422


def test_a_password_is_changed_only_by_the_present_one(guest, person):
    _enter(guest, person[1])
    typed = {"present": "not-my-Password-12", "password": "autre-Renard-93-tempete"}
    assert guest.post("/me/password", data=typed).status_code == 422


@pytest.mark.parametrize(
    ("change", "is_in"),
    [
        ({"last_seen_at": timedelta(hours=23)}, True),
        ({"last_seen_at": timedelta(hours=25)}, False),
        ({"expires_at": timedelta(minutes=1)}, False),
    ],
)
def test_it_ends_by_itself(guest, person, runtime, change, is_in):
    _enter(guest, person[1])
    values = {column: utcnow() - age for column, age in change.items()}
    with runtime.database.everywhere() as session:
        session.execute(update(SignIn).where(SignIn.identity_id == person[0]).values(values))
    assert _is_in(guest) is is_in


def test_it_lasts_two_weeks_at_most(guest, person, runtime):
    _enter(guest, person[1])
    with runtime.database.everywhere() as session:
        row = session.scalars(select(SignIn).where(SignIn.identity_id == person[0])).one()
    assert timedelta(days=13, hours=23) < row.expires_at - utcnow() <= timedelta(days=14)


def test_a_person_is_one_statement_and_a_touch_a_minute(guest, person, runtime):
    _enter(guest, person[1])
    said: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        if "sign_ins" in statement:
            said.append(statement.split()[0].lower())

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    try:
        guest.get("/me")
        assert said == ["select"]
        with runtime.database.everywhere() as session:
            stale = utcnow() - timedelta(minutes=2)
            session.execute(update(SignIn).where(SignIn.identity_id == person[0]).values(last_seen_at=stale))
        said.clear()
        guest.get("/me")
        guest.get("/me")
        assert said == ["select", "update", "select"]
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", note)


def test_the_list_shows_each_browser_and_ends_one(guest, new_browser, person, runtime):
    other = new_browser()
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other.post("/sign-in", data={"email": person[1], "password": PASSWORD}, headers={"User-Agent": agent})
    _enter(guest, person[1])
    page = guest.get("/me/sessions")
    assert b"Firefox on Linux" in page.data
    assert other.address.encode() in page.data
    with runtime.database.everywhere() as session:
        ids = session.scalars(select(SignIn.id).where(SignIn.token_hash == token_hash(_token(other)))).one()
    assert guest.post(f"/me/sessions/{ids}/revocation").status_code == 303
    assert not _is_in(other)
    assert _is_in(guest)


def test_nobody_ends_another_persons_session(guest, person, world, runtime):
    _enter(guest, person[1])
    with runtime.database.everywhere() as session:
        theirs = session.scalars(select(SignIn.id).where(SignIn.identity_id == world.people["owner"].identity_id)).one()
    assert guest.post(f"/me/sessions/{theirs}/revocation").status_code == 404


def test_the_person_chooses_the_language(guest, person):
    _enter(guest, person[1])
    assert b'lang="en"' in guest.get("/me", headers={"Accept-Language": "fr"}).data
    guest.post("/me", data={"name": "Alix Martin", "language": "fr", "timezone": "Asia/Tokyo"})
    page = guest.get("/me", headers={"Accept-Language": "en"})
    assert b'lang="fr"' in page.data
    assert b"Alix Martin" in page.data


def test_saving_one_s_name_chooses_no_clock_for_who_has_none(guest, person, runtime):
    identity_id, email = person
    _enter(guest, email)
    assert 'selected value=""' in guest.get("/me").get_data(as_text=True)
    for typed, kept in (("", None), ("Asia/Tokyo", "Asia/Tokyo"), ("", None)):
        fields = {"name": "Alix Martin", "language": "en", "timezone": typed}
        assert guest.post("/me", data=fields).status_code == 303
        with runtime.database.everywhere() as session:
            assert session.get_one(Identity, identity_id).timezone == kept


@pytest.mark.parametrize("slug", ["no-such-agency", "x"])
def test_a_signed_in_person_at_an_unknown_agency_gets_a_404(guest, person, slug):
    _enter(guest, person[1])
    assert guest.get(f"/{slug}/brands").status_code == 404


def test_reading_pages_hands_out_no_cookie_each_time(guest, person):
    _enter(guest, person[1])
    guest.get("/me")  # shows what was to be told, once
    assert "Set-Cookie" not in guest.get("/me").headers


def test_a_person_of_no_agency_is_told_what_to_do(guest, person):
    _enter(guest, person[1])
    page = guest.get("/")
    assert page.status_code == 200
    assert b"/me/agencies/new" in page.data
