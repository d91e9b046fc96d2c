"""An agency's providers: what one says of itself is read at once, and what is wrong with it is said."""

import uuid

import pytest
from sign_on.conftest import SignOn, provider_of
from sqlalchemy import select
from standins.oidc import SECRET, StandInProvider
from standins.wire import Reply
from support.desk import Desk

from tenants.base import new_id
from unisson.sign_on.models import IdentityProvider


def typed(idp: StandInProvider, **more: str) -> dict[str, str]:
    about = {"name": "Le portail", "issuer": idp.issuer, "client_id": "unisson", "secret": SECRET}
    return {**about, "number": str(new_id()), **more}


def add(desk: Desk, data: dict[str, str], kind: str = "other", role: str = "owner"):
    return desk.post(role, f"/settings/sign-on/new?kind={kind}", data)


def kept(desk: Desk) -> list[IdentityProvider]:
    with desk.session() as session:
        return list(session.scalars(select(IdentityProvider)))


def test_it_is_read_and_kept_with_its_secret_sealed(desk: Desk, idp: StandInProvider) -> None:
    number = str(new_id())
    page = desk.get("owner", "/settings/sign-on/new?kind=other").text
    assert "/return" in page
    assert add(desk, typed(idp, number=number)).status_code == 303
    (provider,) = kept(desk)
    assert str(provider.id) == number
    assert provider.token_endpoint == f"{idp.issuer}/token"
    assert SECRET.encode() not in provider.secret
    assert desk.runtime.vault.open(provider.secret) == {"secret": SECRET}
    assert SECRET not in desk.get("owner", f"/settings/sign-on/{number}").text
    assert idp.issuer in desk.get("admin", "/settings/sign-on").text


def test_a_double_click_adds_it_once(desk: Desk, idp: StandInProvider) -> None:
    data = typed(idp, operation_id=str(uuid.uuid4()))
    assert [add(desk, data).status_code for _ in range(2)] == [303, 303]
    assert len(kept(desk)) == 1
    assert add(desk, typed(idp)).status_code == 422


LIES = {
    "another name": ({"issuer": "https://accounts.google.com"}, "says that it is https://accounts.google.com"),
    "no name": ({"issuer": None}, "says that it is None"),
    "a list for a name": ({"issuer": ["x"]}, "says that it is"),
    "no keys": ({"jwks_uri": None}, "lacks jwks_uri"),
    "no token endpoint": ({"token_endpoint": 7}, "lacks token_endpoint"),
    "a token endpoint in the clear": (
        {"token_endpoint": "http://sign-in.example.org/token"},
        "no address that we send",
    ),
    "a token endpoint that is no web address": ({"token_endpoint": "file:///etc/passwd"}, "no address that we send"),
    "keys inside": ({"jwks_uri": "http://169.254.169.254/keys"}, "no address that we send"),
    "a script to go to": ({"authorization_endpoint": "javascript:alert(1)"}, "no address that we send"),
    "no code": ({"response_types_supported": ["id_token"]}, "sign-in by a code"),
    "no proof": ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
    "no signature": ({"id_token_signing_alg_values_supported": ["none"]}, "in no way that can be trusted"),
    "shared secrets": ({"id_token_signing_alg_values_supported": ["HS256"]}, "in no way that can be trusted"),
    "no way to show the secret": (
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        "lacks client_secret",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_poisoned_description_is_refused_with_what_is_wrong(desk: Desk, idp: StandInProvider, lie: str) -> None:
    idp.described, sentence = LIES[lie]
    answer = add(desk, typed(idp))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="unisson"' in answer.text
    assert SECRET not in answer.text
    assert kept(desk) == []


ANSWERS = {
    "nothing there": (Reply(404), "404"),
    "led elsewhere": (Reply(302, headers={"Location": "http://169.254.169.254/"}), "302"),
    "a page": (Reply(200, b"<html>", "text/html"), "not the description"),
    "a list": (Reply(200, b"[]"), "not the description"),
    "nested without end": (Reply(200, b"[" * 100_000), "not the description"),
    "huge": (Reply(200, b'{"a":"' + b"x" * 300_000 + b'"}'), "not the description"),
    "cut": (Reply(cut=True), "Nothing answered"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_is_no_provider_is_refused(desk: Desk, idp: StandInProvider, case: str) -> None:
    reply, sentence = ANSWERS[case]
    idp.answers["/.well-known/openid-configuration"] = reply
    answer = add(desk, typed(idp))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert kept(desk) == []


@pytest.mark.parametrize(
    "address",
    ["", "portail", "http://portail.example.org", "https://", "https://user@portail.example.org", "ftp://example.org",
     "https://portail.example.org/?x=1", "https://portail.example.org/#x", "https://portail.example.org:99999",
     "https://éé.example.org", "https://a b.example.org", "https://" + "x" * 600 + ".org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(desk: Desk, idp: StandInProvider, address: str) -> None:
    answer = add(desk, typed(idp, issuer=address))
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert idp.asked == []


@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1", "https://localhost", "https://[::1]", "https://169.254.169.254", "https://2130706433",
     "https://0x7f.1", "https://[::ffff:10.0.0.1]", "https://10.0.0.1"],
)  # fmt: skip
def test_nothing_inside_is_called(desk: Desk, idp: StandInProvider, address: str) -> None:
    answer = add(desk, typed(idp, issuer=address))
    assert answer.status_code == 422
    assert "is not one that we connect to" in answer.text or "Write the provider" in answer.text, answer.text
    assert idp.asked == []


@pytest.mark.parametrize("directory", ["", "common", "organizations", "agence.onmicrosoft.com", "../x"])
def test_microsofts_shared_directories_can_t_be_pinned(desk: Desk, idp: StandInProvider, directory: str) -> None:
    answer = add(desk, typed(idp, issuer=directory), "microsoft")
    assert answer.status_code == 422
    assert "directory (tenant) ID" in answer.text


def test_it_is_read_again_and_its_secret_stays_unless_another_is_typed(sign_on: SignOn) -> None:
    desk, where = sign_on.desk, f"/settings/sign-on/{sign_on.provider_id}"
    sign_on.idp.described = {"token_endpoint": f"{sign_on.idp.issuer}/token2"}
    assert desk.post("admin", where, {"name": "Portail", "client_id": "other"}).status_code == 303
    changed = provider_of(desk, sign_on.provider_id)
    assert changed is not None
    assert (changed.name, changed.client_id, changed.token_endpoint[-7:]) == ("Portail", "other", "/token2")
    assert desk.runtime.vault.open(changed.secret) == {"secret": SECRET}
    sign_on.idp.described = {"issuer": "https://evil.example.org"}
    answer = desk.post("admin", where, {"name": "Volé", "client_id": "x"})
    assert answer.status_code == 422
    assert "Volé" in answer.text
    again = provider_of(desk, sign_on.provider_id)
    assert again is not None
    assert again.name == "Portail"


def test_off_it_lets_nobody_in_and_removed_it_is_gone(sign_on: SignOn) -> None:
    desk, where = sign_on.desk, f"/settings/sign-on/{sign_on.provider_id}"
    assert desk.post("owner", f"{where}/suspension").status_code == 303
    assert desk.get(None, f"/sign-on/{sign_on.provider_id}").status_code == 404
    assert "Le portail" not in desk.get(None, "/sign-on").text
    assert desk.post("owner", f"{where}/resumption").status_code == 303
    assert "Le portail" in desk.get(None, "/sign-on").text
    assert desk.post("owner", f"{where}/removal").status_code == 303
    assert kept(desk) == []


def test_who_may_not_steer_the_sign_in_sees_nothing_of_it(sign_on: SignOn) -> None:
    for role in ("account_manager", "member", "cm", "client_approver"):
        assert sign_on.desk.get(role, "/settings/sign-on").status_code == 403
        assert add(sign_on.desk, typed(sign_on.idp), role=role).status_code == 403
