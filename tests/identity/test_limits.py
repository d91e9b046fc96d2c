"""How often one may try, from one place and for one account."""

import pytest
from redis import Redis

from unisson.web import limits
from unisson.web.limits import Allowance, Limiter, RateLimitItemPerMinute, address_block

WRONG = {"email": "somebody@example.org", "password": "some-other-Password-12"}


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "nowhere"),
        (None, "nowhere"),
        ("rubbish", "nowhere"),
    ],
)
def test_one_place_is_an_ipv4_address_or_an_ipv6_64(address, block):
    assert address_block(address) == block


def _try(browser, address: str, email: str):
    return browser.post("/sign-in", data=WRONG | {"email": email}, environ_overrides={"REMOTE_ADDR": address})


def test_an_account_is_tried_ten_times_a_quarter_of_an_hour(guest, world):
    email = world.people["cm"].email
    answers = [_try(guest, f"198.51.100.{number}", email).status_code for number in range(12)]
    assert answers == [422] * 10 + [429] * 2


def test_a_place_is_counted_over_its_whole_64(guest, world):
    block = f"2001:db8:{world.agency_id.hex[-4:]}:7"
    answers = [_try(guest, f"{block}::{number + 1:x}", f"x{number}@example.org").status_code for number in range(101)]
    assert answers == [422] * 100 + [429]
    assert _try(guest, f"2001:db8:{world.agency_id.hex[-4:]}:8::1", "y@example.org").status_code == 422


def test_the_answer_says_when_in_the_readers_language(guest, world):
    email = world.people["rp"].email
    for number in range(10):
        _try(guest, f"203.0.113.{number}", email)
    form = {"email": email, "password": "x"}
    english = guest.post("/sign-in", data=form, headers={"Accept-Language": "en"})
    assert english.status_code == 429
    assert 0 < int(english.headers["Retry-After"]) <= 900
    assert b"Try again in" in english.data
    assert b'lang="en"' in english.data
    assert b'lang="fr"' in guest.post("/sign-in", data=form, headers={"Accept-Language": "fr"}).data


def test_getting_in_forgets_the_tries(guest, runtime, settings, world):
    from sqlalchemy import update

    from tenants.identities import Identity
    from unisson.identity.passwords import keeper

    person = world.people["admin"]
    with runtime.database.everywhere() as session:
        hashed = keeper(settings).hash("gadoue-Lapin-74-orage")
        session.execute(update(Identity).where(Identity.id == person.identity_id).values(password_hash=hashed))
    for _round in range(3):
        for _wrong in range(7):
            assert _try(guest, guest.address, person.email).status_code == 422
        right = {"email": person.email, "password": "gadoue-Lapin-74-orage"}
        assert guest.post("/sign-in", data=right).status_code == 303


@pytest.mark.parametrize(
    ("path", "allowance"),
    [
        ("/sign-up", limits.SIGN_UP),
        ("/password-reset", limits.RESET),
        ("/password-reset/some-token", limits.TOKEN),
        ("/verification/some-token", limits.TOKEN),
        ("/{agency}/invitations/some-token", limits.TOKEN),
    ],
)
def test_every_form_that_takes_a_secret_or_sends_a_mail_is_counted(guest, world, path, allowance: Allowance):
    path = path.format(agency=world.slug)
    statuses = [guest.post(path).status_code for _try in range(allowance.by_address.amount + 1)]
    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429


def test_the_present_password_is_counted(guest, world):
    world.sign_in(guest, "cm")
    typed = {"present": "x", "password": "gadoue-Lapin-74-orage"}
    statuses = [guest.post("/me/password", data=typed).status_code for _try in range(11)]
    assert statuses == [422] * 10 + [429]


def test_without_valkey_each_process_counts_for_itself():
    limiter = Limiter(Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2))
    item = RateLimitItemPerMinute(3, 10)
    waits = [limiter.hit(item, "some", "key") for _try in range(5)]
    assert waits[:3] == [0, 0, 0]
    assert all(0 < wait <= 600 for wait in waits[3:])
    limiter.clear(item, "some", "key")
    assert limiter.hit(item, "some", "key") == 0


def test_an_agencys_keys_are_its_own(app, world, new_world):
    other, item = new_world(), RateLimitItemPerMinute(1, 10)
    with app.test_request_context():
        limits.spend_of_agency("letters", item, world.agency_id)
        limits.spend_of_agency("letters", item, other.agency_id)
        with pytest.raises(limits.TooManyRequests):
            limits.spend_of_agency("letters", item, world.agency_id)


def test_no_address_is_kept_in_the_keys(guest, runtime, world):
    email = world.people["expert"].email
    _try(guest, guest.address, email)
    assert not [key for key in runtime.valkey.keys("*") if email.encode() in key]
