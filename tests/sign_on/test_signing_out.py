"""Leaving the provider too, and the provider's word that somebody left."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from sqlalchemy import update
from standins.oidc import (
    OTHERS_KEY,
    StandInProvider,
    signed_with_the_client_secret,
    signed_with_the_public_key,
    unsigned,
)  # fmt: skip
from structlog.testing import capture_logs
from support.desk import HTTPS
from werkzeug.test import TestResponse

from tenants.base import utcnow
from tests.sign_on.conftest import SignOn, provider_of
from tests.standins.wire import Reply
from unisson.sign_on.logout_tokens import EVENT
from unisson.sign_on.models import IdentityProvider


@pytest.fixture
def known(sign_on: SignOn) -> SignOn:
    """The provider says where one signs out, and knows somebody of the agency."""
    with sign_on.desk.session() as session:
        where = f"{sign_on.idp.issuer}/end?tenant=a%20b"
        session.execute(update(IdentityProvider).values(end_session_endpoint=where))
    sign_on.link("cm")
    return sign_on


def came_in(known: SignOn) -> FlaskClient:
    client = known.desk.app.test_client()
    assert known.enter(client).status_code == 303
    assert is_in(known, client)
    return client


def is_in(known: SignOn, client: FlaskClient) -> bool:
    return client.get(known.desk.path("/brands"), base_url=HTTPS).status_code == 200


def said(idp: StandInProvider, **claims: object) -> dict[str, Any]:
    """A true logout token's claims, some of them changed; None takes one away."""
    now = int(time.time()) + 1
    whole = {
        "iss": idp.issuer, "aud": "unisson", "sub": idp.subject, "iat": now, "exp": now + 120, "jti": "j-1",
        "events": {EVENT: {}}, **claims,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def tell(known: SignOn, token: str) -> TestResponse:
    there = known.path(f"/{known.provider_id}/logout")
    return known.desk.app.test_client().post(there, data={"logout_token": token}, base_url=HTTPS)


def test_signing_out_leads_on_to_the_provider(known: SignOn) -> None:
    client = came_in(known)
    answer = client.post("/sign-out", base_url=HTTPS)
    assert answer.location == known.path(f"/{known.provider_id}/signed-out")
    assert not is_in(known, client)
    page = client.get(answer.location, base_url=HTTPS)
    assert page.status_code == 200
    leads = page.text.partition(f'href="{known.idp.issuer}/end')[2].partition('"')[0].replace("&amp;", "&")
    assert parse_qs(urlsplit(leads).query) == {"tenant": ["a b"], "client_id": ["unisson"], "ui_locales": ["en"]}
    assert "Sign out there too" in page.text


def test_who_came_by_a_password_or_whose_provider_names_no_way_out_goes_home(sign_on: SignOn) -> None:
    sign_on.give_password("rp")
    assert sign_on.by_password("rp").post("/sign-out", base_url=HTTPS).location == "/"
    sign_on.link("cm")
    client = sign_on.desk.app.test_client()
    assert sign_on.enter(client).status_code == 303
    assert client.post("/sign-out", base_url=HTTPS).location == "/"
    there = sign_on.path(f"/{sign_on.provider_id}/signed-out")
    assert client.get(there, base_url=HTTPS).location == "/"


@pytest.mark.parametrize(
    ("named", "kept"), [("{issuer}/end", True), ("http://elsewhere.example/end", False), (["x"], False), (None, False)]
)
def test_a_way_out_is_read_with_the_rest_and_kept_if_it_is_fit(sign_on: SignOn, named: Any, kept: bool) -> None:
    sign_on.idp.described = {
        "end_session_endpoint": named.format(issuer=sign_on.idp.issuer) if isinstance(named, str) else named
    }
    form = {"name": "Le portail", "client_id": "unisson", "secret": ""}
    answer = sign_on.desk.post("owner", f"/settings/sign-on/{sign_on.provider_id}", form)
    assert answer.status_code == 303, answer.text
    found = provider_of(sign_on.desk, sign_on.provider_id)
    assert found is not None
    assert (found.end_session_endpoint is not None) is kept


def test_the_provider_s_word_ends_what_rests_on_it_and_nothing_else(known: SignOn) -> None:
    known.give_password("cm")
    alone, other, both = came_in(known), came_in(known), known.by_password("cm")
    assert known.enter(both).status_code == 303
    with capture_logs() as lines:
        answer = tell(known, known.idp.sign(said(known.idp)))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert not is_in(known, alone)
    assert not is_in(known, other)
    assert is_in(known, both), "a password was typed there, too"
    assert [line["of"] for line in lines if line["event"] == "sign_in.ended"] == [str(known.identity("cm"))]


def test_said_a_second_time_it_ends_nothing_that_began_since(known: SignOn) -> None:
    token = known.idp.sign(said(known.idp, iat=int(time.time()) - 5))
    client = came_in(known)
    assert tell(known, token).status_code == 200
    assert is_in(known, client)


def test_another_s_sign_in_goes_on(known: SignOn) -> None:
    client = came_in(known)
    assert tell(known, known.idp.sign(said(known.idp, sub="somebody-else"))).status_code == 200
    assert is_in(known, client)


LIES: dict[str, Callable[[StandInProvider], str]] = {
    "nothing": lambda _idp: "",
    "no token": lambda _idp: "a.b.c",
    "unsigned": lambda idp: unsigned(said(idp)),
    "another key": lambda idp: jwt.encode({"alg": "RS256", "kid": "one"}, said(idp), OTHERS_KEY),
    "the public key as a secret": lambda idp: signed_with_the_public_key(said(idp)),
    "the client secret": lambda idp: signed_with_the_client_secret(said(idp)),
    "another issuer": lambda idp: idp.sign(said(idp, iss="https://evil.example")),
    "another client": lambda idp: idp.sign(said(idp, aud="another")),
    "no event": lambda idp: idp.sign(said(idp, events=None)),
    "another event": lambda idp: idp.sign(said(idp, events={"https://evil.example": {}})),
    "an event that is no object": lambda idp: idp.sign(said(idp, events={EVENT: True})),
    "an ID token": lambda idp: idp.sign(said(idp, nonce="n", events=None)),
    "a nonce": lambda idp: idp.sign(said(idp, nonce="n")),
    "nobody": lambda idp: idp.sign(said(idp, sub=None, sid="s-1")),
    "no number": lambda idp: idp.sign(said(idp, jti=None)),
    "no time": lambda idp: idp.sign(said(idp, iat=None)),
    "long ago": lambda idp: idp.sign(said(idp, iat=int(time.time()) - 3600, exp=None)),
    "over": lambda idp: idp.sign(said(idp, exp=int(time.time()) - 600)),
    "in the future": lambda idp: idp.sign(said(idp, iat=int(time.time()) + 3600)),
}


def test_a_word_that_does_not_hold_ends_nothing(known: SignOn) -> None:
    client = came_in(known)
    for lie, made in LIES.items():
        with capture_logs() as lines:
            answer = tell(known, made(known.idp))
        assert (answer.status_code, json.loads(answer.text)) == (400, {"error": "invalid_request"}), lie
        assert any(line["event"] == "sign_on.refused" for line in lines), lie
        assert is_in(known, client), lie
    known.idp.answers["/keys"] = Reply(503)
    assert tell(known, known.idp.sign(said(known.idp))).status_code == 400
    assert is_in(known, client)


def test_a_provider_that_is_off_is_not_heard(known: SignOn) -> None:
    with known.desk.session() as session:
        session.execute(update(IdentityProvider).values(off_since=utcnow()))
    assert tell(known, known.idp.sign(said(known.idp))).status_code == 404
