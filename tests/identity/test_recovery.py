"""A forgotten password: asked for without telling who exists, set once, within the hour."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tenants.base import utcnow
from tenants.identities import IdentityLetter

NEW = "autre-Renard-93-tempete"


@pytest.fixture
def holder(world):
    return world.people["owner"]


def _is_in(browser) -> bool:
    return browser.get("/me").status_code == 200


def test_a_forgotten_password_is_set_by_mail_and_signs_out_everywhere(guest, new_browser, letters, world, holder):
    elsewhere = world.sign_in(new_browser(), "owner")
    assert _is_in(elsewhere)
    assert guest.post("/password-reset", data={"email": holder.email.upper()}).status_code == 303
    token = letters.token(holder.email, "password_reset")
    for _look in range(3):
        assert guest.get(f"/password-reset/{token}").status_code == 200
    assert guest.post(f"/password-reset/{token}", data={"password": NEW}).status_code == 303
    assert _is_in(guest)
    assert not _is_in(elsewhere)
    assert new_browser().post("/sign-in", data={"email": holder.email, "password": NEW}).status_code == 303


def test_the_link_is_good_once(guest, letters, holder):
    guest.post("/password-reset", data={"email": holder.email})
    token = letters.token(holder.email, "password_reset")
    guest.post(f"/password-reset/{token}", data={"password": NEW})
    over = guest.get(f"/password-reset/{token}")
    assert over.status_code == 410
    assert 'href="/password-reset"' in over.text  # where to have another one, and not "the person who sent it"
    assert guest.post(f"/password-reset/{token}", data={"password": NEW + "x"}).status_code == 410


def test_a_refused_password_does_not_use_the_link_up(guest, letters, holder):
    guest.post("/password-reset", data={"email": holder.email})
    token = letters.token(holder.email, "password_reset")
    assert guest.post(f"/password-reset/{token}", data={"password": "password1234"}).status_code == 422
    assert guest.post(f"/password-reset/{token}", data={"password": NEW}).status_code == 303


def test_the_link_is_good_for_an_hour(guest, letters, holder, runtime):
    guest.post("/password-reset", data={"email": holder.email})
    token = letters.token(holder.email, "password_reset")
    with runtime.database.everywhere() as session:
        late = utcnow() - timedelta(seconds=1)
        session.execute(
            update(IdentityLetter).where(IdentityLetter.identity_id == holder.identity_id).values(expires_at=late)
        )
    assert guest.get(f"/password-reset/{token}").status_code == 410
    assert guest.post(f"/password-reset/{token}", data={"password": NEW}).status_code == 410


def test_using_one_link_ends_the_others(guest, letters, holder):
    guest.post("/password-reset", data={"email": holder.email})
    first = letters.token(holder.email, "password_reset")
    guest.post("/password-reset", data={"email": holder.email})
    second = letters.token(holder.email, "password_reset")
    assert guest.post(f"/password-reset/{second}", data={"password": NEW}).status_code == 303
    assert guest.post(f"/password-reset/{first}", data={"password": NEW}).status_code == 410


def test_a_link_of_another_purpose_is_no_link(guest, letters, sign_up_form):
    typed = sign_up_form()
    guest.post("/sign-up", data=typed)
    token = letters.token(typed["email"], "verification")
    assert guest.get(f"/password-reset/{token}").status_code == 404
    assert guest.post(f"/password-reset/{token}", data={"password": NEW}).status_code == 404
    assert guest.get(f"/verification/{token[:-1]}x").status_code == 404


def test_known_and_unknown_addresses_get_one_answer(new_browser, letters, holder):
    known = new_browser().post("/password-reset", data={"email": holder.email})
    unknown = new_browser().post("/password-reset", data={"email": "x" + holder.email})
    assert (known.status_code, known.location, len(known.data)) == (
        unknown.status_code,
        unknown.location,
        len(unknown.data),
    )
    assert set(known.headers.keys()) == set(unknown.headers.keys())
    assert letters.to(holder.email) == ["password_reset"]
    assert letters.to("x" + holder.email) == []


def test_the_pages_stay_out_of_caches_and_referrers(guest, letters, holder):
    guest.post("/password-reset", data={"email": holder.email})
    page = guest.get(f"/password-reset/{letters.token(holder.email, 'password_reset')}")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
