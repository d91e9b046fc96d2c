"""Coming in by a provider: who is linked gets in, and nothing that a provider or a stranger makes up does."""

import base64
import time
import uuid
import zlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from sign_on.conftest import PASSWORD, SignOn
from sqlalchemy import select, update
from standins import oidc
from standins.oidc import ACCESS_TOKEN
from standins.wire import Reply
from support.desk import HTTPS
from support.world import build_world
from werkzeug.test import TestResponse

from tenants.base import utcnow
from tenants.identities import Identity, IdentityLetter, IdentityLink, Seat, SignIn
from tenants.members import Membership
from tests.trust.test_erasing import everything_kept
from unisson.config import Settings
from unisson.sign_on.models import IdentityProvider
from unisson.vault import Vault


def who_is_in(sign_on: SignOn, client) -> str:
    return client.get("/me", base_url=HTTPS).text


def opens(sign_on: SignOn, client) -> bool:
    return client.get(sign_on.desk.path("/brands"), base_url=HTTPS).status_code == 200


def test_who_is_linked_gets_in_where_they_wanted(sign_on: SignOn) -> None:
    sign_on.link("cm")
    client = sign_on.desk.app.test_client()
    answer = sign_on.enter(client, sign_on.desk.path("/brands"))
    assert (answer.status_code, answer.location) == (303, sign_on.desk.path("/brands"))
    assert opens(sign_on, client)
    assert sign_on.desk.world.people["cm"].email in who_is_in(sign_on, client)
    assert sign_on.links() == [sign_on.identity("cm")]


def test_the_way_out_carries_what_protects_the_way_back(sign_on: SignOn) -> None:
    sent = [sign_on.go(sign_on.desk.app.test_client(), sign_on.path(f"/{sign_on.provider_id}")) for _ in range(2)]
    first, second = ({k: v[0] for k, v in parse_qs(urlsplit(each).query).items()} for each in sent)
    assert first["redirect_uri"] == f"http://localhost{sign_on.path(f'/{sign_on.provider_id}')}/return"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]
    assert first["code_challenge_method"] == "S256"


@pytest.mark.parametrize(
    "to", ["https://evil.example.org", "//evil.example.org", "/\\evil.example.org", "/nowhere-at-all"]
)
def test_nobody_is_led_elsewhere_afterwards(sign_on: SignOn, to: str) -> None:
    sign_on.link("cm")
    assert sign_on.enter(to=to).location == sign_on.desk.path("/calendar/") or sign_on.enter(to=to).location.startswith(
        "/"
    )
    assert "evil" not in sign_on.enter(to=to).location


def nobody_in(sign_on: SignOn, answer: TestResponse, before: int, status: int) -> None:
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert sign_on.sign_ins(sign_on.identity("cm")) == before
    assert "_user_id" not in (answer.headers.get("Set-Cookie") or "")


TOKENS: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://accounts.google.com"}},
    "no issuer": {"claims": {"iss": None}},
    "the issuer with a slash": {"claims": {"iss": "SLASH"}},
    "another audience": {"claims": {"aud": "somebody-else"}},
    "no audience": {"claims": {"aud": None}},
    "several audiences, none said to be asked": {"claims": {"aud": ["unisson", "somebody-else"]}},
    "several audiences, another asked": {"claims": {"aud": ["unisson", "other"], "azp": "other"}},
    "another asked": {"claims": {"azp": "other"}},
    "another nonce": {"claims": {"nonce": "guessed"}},
    "no nonce": {"claims": {"nonce": None}},
    "no nonce, and the claim that none is supported": {"claims": {"nonce": None, "nonce_supported": False}},
    "expired": {"claims": {"exp": 1_700_000_000, "iat": 1_699_999_000}},
    "no end": {"claims": {"exp": None}},
    "an end that is no time": {"claims": {"exp": "tomorrow"}},
    "made in the future": {"claims": {"iat": 4_000_000_000, "exp": 4_000_000_300}},
    "not valid yet": {"claims": {"nbf": 4_000_000_000}},
    "another access token": {"claims": {"at_hash": "bm90LWl0LWF0LWFsbA"}},
    "no subject": {"claims": {"sub": None}},
    "an empty subject": {"claims": {"sub": ""}},
    "a number for a subject": {"claims": {"sub": 7}},
    "a list for a subject": {"claims": {"sub": ["s"]}},
    "a subject without end": {"claims": {"sub": "s" * 300}},
    "a subject with a zero": {"claims": {"sub": "s\0"}},
    "unsigned": {"signing": oidc.unsigned},
    "signed by a key that nobody published": {"signing": oidc.signed_by_another},
    "signed by the key in its own header": {"signing": oidc.signed_by_the_key_of_its_header},
    "signed with the public key for a secret": {"signing": oidc.signed_with_the_public_key},
    "signed with the client's secret": {"signing": oidc.signed_with_the_client_secret},
    "no token at all": {"signing": lambda _claims: None},
    "no token but a word": {"signing": lambda _claims: "signed"},
    "a token of five parts": {"signing": lambda _claims: "a.b.c.d.e"},
    "no keys": {"keys": []},
    "keys that are none": {"keys": [{"kty": "RSA"}]},
    "a secret among the keys": {"keys": [{"kty": "oct", "kid": "one", "k": "aXRzLXNlY3JldA"}]},
}  # fmt: skip


@pytest.mark.parametrize("lie", TOKENS)
def test_a_provider_that_lies_lets_nobody_in(sign_on: SignOn, lie: str) -> None:
    sign_on.link("cm")
    before = sign_on.sign_ins(sign_on.identity("cm"))
    for name, value in TOKENS[lie].items():
        setattr(sign_on.idp, name, value)
    if sign_on.idp.claims.get("iss") == "SLASH":
        sign_on.idp.claims["iss"] = f"{sign_on.idp.issuer}/"
    client = sign_on.desk.app.test_client()
    answer = sign_on.enter(client)
    nobody_in(sign_on, answer, before, 403)
    assert "can&#39;t be trusted" in answer.text
    assert not opens(sign_on, client)


def test_a_clock_that_is_a_minute_off_is_forgiven(sign_on: SignOn) -> None:
    sign_on.link("cm")
    sign_on.idp.claims = {"iat": int(time.time()) + 60, "exp": int(time.time()) - 60}
    assert sign_on.enter().status_code == 303


BACK: dict[str, tuple[dict[str, str], int]] = {
    "another state": ({"state": "guessed"}, 422),
    "no state": ({"state": ""}, 422),
    "another code": ({"code": "guessed"}, 422),
    "no code": ({"code": ""}, 403),
    "another provider's name": ({"iss": "https://accounts.google.com"}, 403),
    "a no of the person": ({"error": "access_denied", "code": ""}, 422),
    "a fault of the provider": ({"error": "server_error<script>", "code": ""}, 422),
    "a no beside a code": ({"error": "access_denied"}, 422),
}


@pytest.mark.parametrize("case", BACK)
def test_a_way_back_that_was_tampered_with_lets_nobody_in(sign_on: SignOn, case: str) -> None:
    sign_on.link("cm")
    before, (query, status) = sign_on.sign_ins(sign_on.identity("cm")), BACK[case]
    answer = sign_on.enter(**query)
    nobody_in(sign_on, answer, before, status)
    assert "<script>" not in answer.text.split("<main")[1].split("</main>")[0]


def test_a_provider_that_names_itself_always_does(sign_on: SignOn) -> None:
    sign_on.link("cm")
    sign_on.idp.described = {"authorization_response_iss_parameter_supported": True}
    where = f"/settings/sign-on/{sign_on.provider_id}"
    assert sign_on.desk.post("owner", where, {"name": "Le portail", "client_id": "unisson"}).status_code == 303
    assert sign_on.enter().status_code == 403
    assert sign_on.enter(iss=sign_on.idp.issuer).status_code == 303


def test_a_way_back_is_good_once_in_the_browser_that_left(sign_on: SignOn) -> None:
    sign_on.link("cm")
    client, another = sign_on.desk.app.test_client(), sign_on.desk.app.test_client()
    back = sign_on.idp.consent(sign_on.go(client, sign_on.path(f"/{sign_on.provider_id}")))
    assert another.get(back, base_url=HTTPS).status_code == 422
    assert not opens(sign_on, another)
    assert client.get(back, base_url=HTTPS).status_code == 303
    assert client.get(back, base_url=HTTPS).status_code == 422
    assert opens(sign_on, client)


def test_a_code_is_taken_once_even_from_a_copied_cookie(sign_on: SignOn) -> None:
    sign_on.link("cm")
    client, copy = sign_on.desk.app.test_client(), sign_on.desk.app.test_client()
    back = sign_on.idp.consent(sign_on.go(client, sign_on.path(f"/{sign_on.provider_id}")))
    with client.session_transaction(base_url=HTTPS) as held, copy.session_transaction(base_url=HTTPS) as made:
        made.update(held)
    assert client.get(back, base_url=HTTPS).status_code == 303
    assert copy.get(back, base_url=HTTPS).status_code == 422
    assert not opens(sign_on, copy)


def test_a_way_back_of_another_provider_is_none_of_this_one(sign_on: SignOn) -> None:
    """Mix-up (RFC 9700 §4.4): each provider has a return address of its own, and the browser knows whom it went to."""
    sign_on.link("cm")
    client = sign_on.desk.app.test_client()
    back = sign_on.idp.consent(sign_on.go(client, sign_on.path(f"/{sign_on.provider_id}")))
    assert client.get(back.replace(str(sign_on.provider_id), str(uuid.uuid4())), base_url=HTTPS).status_code == 422
    assert client.get(back, base_url=HTTPS).status_code == 422


def test_ten_minutes_are_enough(sign_on: SignOn) -> None:
    sign_on.link("cm")
    client = sign_on.desk.app.test_client()
    back = sign_on.idp.consent(sign_on.go(client, sign_on.path(f"/{sign_on.provider_id}")))
    with time_machine.travel(time.time() + 601, tick=True):
        assert client.get(back, base_url=HTTPS).status_code == 422


DOWN = {
    "cut at the token": ("/token", Reply(cut=True)),
    "busy": ("/token", Reply(503, b"busy", "text/plain")),
    "a page for a token": ("/token", Reply(200, b"<html>", "text/html")),
    "a list for a token": ("/token", Reply(200, b"[]")),
    "cut at the keys": ("/keys", Reply(cut=True)),
    "no keys there": ("/keys", Reply(404)),
    "keys that are a list": ("/keys", Reply(200, b"[]")),
    "keys led elsewhere": ("/keys", Reply(302, headers={"Location": "http://169.254.169.254/"})),
    "huge": ("/token", Reply(200, b'{"a":"' + b"x" * 300_000 + b'"}')),
}


@pytest.mark.parametrize("case", DOWN)
def test_a_provider_that_is_down_changes_nothing_and_is_said_to_be(sign_on: SignOn, case: str) -> None:
    sign_on.link("cm")
    before, (path, reply) = sign_on.sign_ins(sign_on.identity("cm")), DOWN[case]
    sign_on.idp.answers[path] = reply
    client = sign_on.desk.browser("cm")
    answer = sign_on.enter(client)
    nobody_in(sign_on, answer, before, 502)
    assert "did not answer" in answer.text
    assert opens(sign_on, client), "who was in stays in"


def test_a_secret_that_is_accepted_no_more_is_told(sign_on: SignOn) -> None:
    sign_on.idp.answers["/token"] = Reply(401, b'{"error":"invalid_client","error_description":"<b>x</b>"}')
    answer = sign_on.enter()
    assert answer.status_code == 422
    assert "client secret" in answer.text
    assert "<b>" not in answer.text


def test_a_secret_sealed_by_another_key_is_a_sentence(sign_on: SignOn) -> None:
    with sign_on.desk.session() as session:
        session.execute(update(IdentityProvider).values(secret=Vault("another key" * 4).seal({"secret": "x"})))
    there = sign_on.path(f"/{sign_on.provider_id}")
    answer = sign_on.desk.app.test_client().get(there, base_url=HTTPS, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "enter a new one" in answer.text


def test_a_provider_s_tokens_reach_neither_browser_nor_database(sign_on: SignOn, settings: Settings) -> None:
    sign_on.link("cm")
    client = sign_on.desk.app.test_client()
    told = [sign_on.enter(client), client.get(sign_on.desk.path("/brands"), base_url=HTTPS)]
    assert told[0].status_code == 303
    (id_token,) = {sign_on.idp.issued}
    for secret in (ACCESS_TOKEN, id_token):
        assert everything_kept(settings, secret) == []
        assert not any(secret in answer.text + str(answer.headers) for answer in told)
        cookie = client.get_cookie("__Host-unisson")
        assert cookie is not None
        held = cookie.value.lstrip(".").partition(".")[0]
        plain = base64.urlsafe_b64decode(held + "=" * (-len(held) % 4))
        assert secret.encode() not in (zlib.decompress(plain) if cookie.value.startswith(".") else plain)


# Who is who: by issuer and subject, and by nothing else.


def test_nobody_is_found_by_an_address_even_a_verified_one(sign_on: SignOn) -> None:
    """The provider's account has the address of a member (and the member's is confirmed): it is nobody's all the same."""
    sign_on.idp.email, sign_on.idp.email_verified = sign_on.desk.world.people["owner"].email, True
    answer = sign_on.enter()
    assert answer.status_code == 422
    assert "Nobody here is linked" in answer.text
    assert sign_on.links() == []


def test_a_changed_address_changes_nobody(sign_on: SignOn) -> None:
    sign_on.idp.email = "cm@portail.example.org"
    sign_on.link("cm")
    sign_on.idp.email, sign_on.idp.email_verified = sign_on.desk.world.people["owner"].email, True
    client = sign_on.desk.app.test_client()
    assert sign_on.enter(client).status_code == 303
    assert sign_on.desk.world.people["cm"].email in who_is_in(sign_on, client)
    with sign_on.desk.runtime.database.everywhere() as session:
        assert session.get_one(Identity, sign_on.identity("cm")).email == sign_on.desk.world.people["cm"].email


def test_the_same_subject_of_another_provider_is_somebody_else(sign_on: SignOn) -> None:
    with sign_on.desk.runtime.database.everywhere() as session:
        session.add(
            IdentityLink(
                issuer="https://other.example.org", subject=sign_on.idp.subject, identity_id=sign_on.identity("owner")
            )
        )
    assert sign_on.enter().status_code == 422


def test_who_is_linked_and_no_member_stays_out(sign_on: SignOn) -> None:
    sign_on.link("cm")
    cm = sign_on.identity("cm")
    with sign_on.desk.session() as session:
        session.execute(update(Membership).where(Membership.identity_id == cm).values(removed_at=utcnow()))
    answer = sign_on.enter()
    assert answer.status_code == 422
    assert "not of this agency" in answer.text


def test_who_is_disabled_stays_out(sign_on: SignOn) -> None:
    sign_on.link("cm")
    with sign_on.desk.runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == sign_on.identity("cm")).values(disabled_at=utcnow()))
    assert sign_on.enter().status_code == 422


def test_a_provider_says_its_address_by_its_userinfo_too_of_the_same_person(sign_on: SignOn) -> None:
    sign_on.idp.told = {"sub": sign_on.idp.subject, "email": "cm@portail.example.org"}
    where = f"/settings/sign-on/{sign_on.provider_id}"
    assert sign_on.desk.post("owner", where, {"name": "Le portail", "client_id": "unisson"}).status_code == 303
    sign_on.link("cm")
    assert "cm@portail.example.org" in sign_on.desk.browser("cm").get("/me/sign-on", base_url=HTTPS).text
    sign_on.idp.told = {"sub": "another", "email": "owner@portail.example.org"}
    assert sign_on.enter().status_code == 403


# Linking: by the person alone.


def ageing(sign_on: SignOn, role: str) -> None:
    with sign_on.desk.runtime.database.everywhere() as session:
        long_ago = utcnow().replace(year=2020)
        session.execute(
            update(SignIn).where(SignIn.identity_id == sign_on.identity(role)).values(confirmed_at=long_ago)
        )


def test_linking_wants_a_fresh_confirmation(sign_on: SignOn) -> None:
    sign_on.give_password("cm")
    ageing(sign_on, "cm")
    browser = sign_on.desk.browser("cm")
    asked = browser.get(sign_on.path(f"/{sign_on.provider_id}/linking"), base_url=HTTPS)
    assert asked.location.startswith("/me/confirmation")
    browser.post(asked.location, data={"confirmation-present": PASSWORD, "next": "/me"}, base_url=HTTPS)
    came = browser.get(
        sign_on.idp.consent(sign_on.go(browser, sign_on.path(f"/{sign_on.provider_id}/linking"))), base_url=HTTPS
    )
    ageing(sign_on, "cm")
    assert browser.post(came.location, base_url=HTTPS).status_code == 403
    assert sign_on.links() == []


def test_nothing_is_linked_before_its_person_says_yes(sign_on: SignOn) -> None:
    """Somebody may have been lured to the provider, where they are signed in as a stranger: they see it, and say no."""
    sign_on.idp.email = "attacker@portail.example.org"
    browser = sign_on.desk.browser("cm")
    came = browser.get(
        sign_on.idp.consent(sign_on.go(browser, sign_on.path(f"/{sign_on.provider_id}/linking"))), base_url=HTTPS
    )
    assert sign_on.links() == []
    page = browser.get(came.location, base_url=HTTPS).text
    assert "attacker@portail.example.org" in page
    assert sign_on.desk.world.people["cm"].email in page


def test_the_yes_of_somebody_else_links_nobody(sign_on: SignOn) -> None:
    browser = sign_on.desk.browser("cm")
    back = sign_on.idp.consent(sign_on.go(browser, sign_on.path(f"/{sign_on.provider_id}/linking")))
    sign_on.desk.world.sign_in(browser, "owner")
    assert "Somebody else is signed in" in browser.get(back, base_url=HTTPS).text
    assert browser.post(sign_on.path("/link"), base_url=HTTPS).status_code == 422
    assert sign_on.links() == []


def test_an_account_is_of_one_person(sign_on: SignOn) -> None:
    sign_on.link("cm")
    browser = sign_on.desk.browser("owner")
    came = browser.get(
        sign_on.idp.consent(sign_on.go(browser, sign_on.path(f"/{sign_on.provider_id}/linking"))), base_url=HTTPS
    )
    answer = browser.post(came.location, base_url=HTTPS)
    assert answer.status_code == 422
    assert "somebody else already" in answer.text
    assert sign_on.links() == [sign_on.identity("cm")]


def test_a_stranger_to_the_agency_links_nothing_there(sign_on: SignOn) -> None:
    other = build_world(sign_on.desk.runtime)
    client = other.sign_in(sign_on.desk.app.test_client(), "owner")
    for path in (f"/{sign_on.provider_id}/linking", "/link"):
        assert client.get(sign_on.path(path), base_url=HTTPS).status_code == 404
    assert client.post(sign_on.path("/link"), base_url=HTTPS).status_code == 404
    assert client.get(f"/{other.slug}/sign-on/{sign_on.provider_id}", base_url=HTTPS).status_code == 404


def test_linking_and_unlinking_are_told_by_mail(sign_on: SignOn) -> None:
    sign_on.link("cm")
    browser = sign_on.desk.browser("cm")
    with sign_on.desk.runtime.database.everywhere() as session:
        link_id = session.scalars(select(IdentityLink.id).where(IdentityLink.subject == sign_on.idp.subject)).one()
    refused = browser.post(f"/me/sign-on/{link_id}/removal", base_url=HTTPS)
    assert refused.status_code == 422
    assert "no password yet" in refused.text
    sign_on.give_password("cm")
    assert sign_on.desk.browser("owner").post(f"/me/sign-on/{link_id}/removal", base_url=HTTPS).status_code == 404
    assert browser.post(f"/me/sign-on/{link_id}/removal", base_url=HTTPS).status_code == 303
    assert sign_on.links() == []
    with sign_on.desk.runtime.database.everywhere() as session:
        wanted = select(IdentityLetter.purpose).where(IdentityLetter.identity_id == sign_on.identity("cm"))
        assert sorted(session.scalars(wanted)) == ["linked", "unlinked"]
    assert sign_on.enter().status_code == 422


# What a provider's word opens: its own agency.


def test_a_provider_s_word_opens_its_own_agency_alone(sign_on: SignOn) -> None:
    """Whoever runs one agency's provider could else come in to another one as anybody who works for both."""
    desk, cm = sign_on.desk, sign_on.identity("cm")
    other = build_world(desk.runtime, "Ailleurs")
    with desk.runtime.database.agency(other.agency_id) as session:
        session.add(Membership(identity_id=cm, email="cm@ailleurs.example.org", name="Cm", joined_at=utcnow()))
        session.add(Seat(identity_id=cm, agency_id=other.agency_id))
    sign_on.give_password("cm")
    sign_on.link("cm")
    client = desk.app.test_client()
    sign_on.enter(client)
    there = client.get(f"/{other.slug}/brands", base_url=HTTPS)
    assert (there.status_code, there.location.split("?")[0]) == (303, f"/{other.slug}/sign-on")
    assert client.post(f"/{other.slug}/team/invitations", base_url=HTTPS).location.startswith(f"/{other.slug}/sign-on")
    for page in ("/", "/me/sign-on", desk.path("/brands")):
        assert "Ailleurs" not in client.get(page, base_url=HTTPS, follow_redirects=True).text
    client.post("/sign-in", data={"email": desk.world.people["cm"].email, "password": PASSWORD}, base_url=HTTPS)
    assert client.get(f"/{other.slug}/brands", base_url=HTTPS).status_code == 200
    assert opens(sign_on, client)


def test_a_provider_s_word_confirms_nothing_of_the_account(sign_on: SignOn) -> None:
    """Who runs the provider could else plant a second factor of their own in an account that opens other agencies."""
    sign_on.give_password("cm")
    sign_on.link("cm")
    client = sign_on.desk.app.test_client()
    sign_on.enter(client)
    answer = client.post("/me/second-factor", base_url=HTTPS)
    assert answer.status_code == 403
    assert "Present password" in answer.text
    with sign_on.desk.runtime.database.everywhere() as session:
        session.execute(update(Identity).where(Identity.id == sign_on.identity("cm")).values(password_hash=None))
    again = sign_on.desk.app.test_client()
    sign_on.enter(again)
    answer = again.post("/me/second-factor", base_url=HTTPS)
    assert answer.status_code == 403
    assert "choose a password first" in answer.text
