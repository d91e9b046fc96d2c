"""Random bytes in every path, query and field of every route, by every person: never a fault of ours, never a leak."""

import random
import secrets
from collections.abc import Iterator
from urllib.parse import quote_from_bytes, urlencode

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.support.estate import Estate, random_values
from tests.support.world import PEOPLE

HTTPS = "https://localhost"
ROUNDS = 15
"""Requests a person and round go through a seventh of all routes: about 1,600 in all."""

NASTY = (
    b"", b"\0", b"a\0b", b"\xff\xfe\xfa", b"\xed\xa0\x80", b"\xf0\x9f\x8f\xb3\xef\xb8\x8f", b"\xe2\x80\xae\xe2\x81\xa6",
    b"\r\nSet-Cookie: a=b", b"../../etc/passwd", b"%00", b"%", b"'\"><svg onload=alert(1)>", b"{{7*7}}", b"-1", b"0",
    b"9" * 40, b"1e309", b"NaN", b"0001-01-01", b"9999-12-31T23:59", b"2027-03-28T02:30", b"0000-13-40", b"2026-10",
    b"99999-01", b"null", b"[]", b"true", b"\xc2\xa0", b"\xe2\x80\xa8", b"A" * 3000, b"1", b"cm", b"owner", b"live",
    b"again", b"submit", b"preview", b"add", b"x@example.org", b"x@xn--example", b"\xf0\x9f\x98\x80@example.org",
    b"https://[::1", b"//evil.example", b"published", b"2026-10-01T00:00:00_x_y", b"email", b"bluesky",
)  # fmt: skip
FIELDS = (
    "operation_id", "title", "body", "kind", "date", "time", "fold", "version", "wall_time", "channel_ids", "picture_id",
    "new_alt", "action", "digest", "stage", "comment", "typed_name", "confirmed", "email", "name", "password", "present",
    "agency", "slug", "language", "timezone", "sector", "accent", "brand", "brand_role", "agency_role", "service",
    "handle", "app_password", "sender_name", "reply_to", "recipients", "choice", "url", "everyone", "back", "next",
)  # fmt: skip
ASKED = ("month", "brand", "before", "state", "after", "date", "wall_time", "kind", "role", "next", "media_id", "part")
SECRET = {"identity.sign_out", "identity.ending_other_sessions", "identity.ending_session", "identity.changing_password",
          "agency.removing", "agency.changing_role", "agency.withdrawing_role"}  # fmt: skip
"""These take the people off the stage; the matrix and their own tests go there."""


class Dice:
    """Reproducible choices: the seed is in the assertion's message."""

    def __init__(self, seed: int) -> None:
        self.seed, self._random = seed, random.Random(seed)

    def raw(self) -> bytes:
        if self._random.random() < 0.2:
            return self._random.randbytes(self._random.randint(1, 60))
        return self._random.choice(NASTY)

    def of(self, *choices: object) -> object:
        return self._random.choice(choices)

    def some(self, names: tuple[str, ...], most: int) -> list[tuple[str, bytes]]:
        return [(self._random.choice(names), self.raw()) for _ in range(self._random.randint(0, most))]

    def true(self, share: float) -> bool:
        return self._random.random() < share


def _path(app: Flask, rule: Rule, values: dict[str, str], dice: Dice) -> str:
    """The route's address, with one of its words replaced by bytes now and then."""
    named = {name: values.get(name, "x") for name in rule.arguments}
    path = str(app.url_map.bind("localhost").build(rule.endpoint, named))
    for value in named.values():
        if dice.true(0.15):
            path = path.replace(value, quote_from_bytes(dice.raw() or b"x", safe=""), 1)
    return path


def _body(dice: Dice, values: dict[str, str], foreign: dict[str, str]) -> tuple[bytes, str]:
    ids = [(name, dice.of(*values.values(), *foreign.values())) for name in FIELDS if dice.true(0.1)]
    fields = [*dice.some(FIELDS, 8), *ids]
    kind = dice.of("urlencoded", "urlencoded", "multipart", "json", "broken", "other")
    if kind == "urlencoded":
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"
    if kind == "json":
        return dice.raw(), "application/json"
    if kind == "broken":
        return b"--x\r\n" + dice.raw(), "multipart/form-data"
    if kind == "other":
        return dice.raw(), "text/plain; charset=utf-99"
    parts = b""
    for name, value in fields:
        raw = value if isinstance(value, bytes) else str(value).encode()
        parts += b'--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), raw)
    parts += b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n' % (
        str(dice.of("uploads", "picture", "file")).encode(), dice.raw().replace(b'"', b""), dice.raw(),
    )  # fmt: skip
    return parts + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def _headers(dice: Dice) -> dict[str, str]:
    asked = {
        "Accept-Language": str(dice.of("fr", "en", "\xff", "q=x;;,*", "tlh-*-x-y")),
        "Accept": str(dice.of("text/html", "application/json", "*/*", "x", "")),
        "HX-Request": str(dice.of("", "true", "maybe")),
        "HX-Target": str(dice.of("", "month", "<b>")),
        "If-None-Match": str(dice.of("", "W/", '"x"', "\xff")),
        "Range": str(dice.of("", "bytes=9-1", "bytes=0-99999999999")),
        "If-Modified-Since": str(dice.of("", "never", "Thu, 01 Jan 0001 00:00:00 GMT")),
    }
    return {name: value for name, value in asked.items() if value and dice.true(0.4)}


def _sent(app: Flask, dice: Dice, here: Estate, there: Estate, role: str | None) -> Iterator[tuple[str, object]]:
    client = app.test_client()
    address = f"10.{secrets.randbelow(250)}.{secrets.randbelow(250)}.{secrets.randbelow(250)}"
    if role:
        here.world.sign_in(client, role)
    for rule in app.url_map.iter_rules():
        if rule.endpoint in SECRET or not dice.true(1 / 7):
            continue
        values = dict(dice.of(here.own, here.own, here.sibling, there.own, random_values()))  # type: ignore[call-overload]
        values |= {"agency": here.world.slug, "filename": "css/app.css"}
        method = str(dice.of(*(rule.methods or ()), *(rule.methods or ()), "PUT", "TRACE", "BREW"))
        body, kind = _body(dice, values, there.own) if method not in {"GET", "HEAD"} else (b"", "text/plain")
        path = f"{_path(app, rule, values, dice)}?{urlencode(dice.some(ASKED, 4))}"
        answer = client.open(
            path, method=method, data=body, content_type=kind, headers=_headers(dice), base_url=HTTPS,
            environ_overrides={"REMOTE_ADDR": address},
        )  # fmt: skip
        yield f"{role} {method} {path} {kind} {body[:600]!r}", answer


@pytest.mark.parametrize("role", [*PEOPLE, None])
def test_random_bytes_find_no_fault_and_no_foreign_row(
    app: Flask, here: Estate, there: Estate, canary: str, role: str | None
) -> None:
    dice, bad = Dice(secrets.randbits(32)), []
    for _ in range(ROUNDS):
        for said, answer in _sent(app, dice, here, there, role):
            status = answer.status_code  # type: ignore[attr-defined]  # a werkzeug TestResponse
            if status >= 500:
                bad.append((status, said))
            text = answer.get_data().decode(errors="replace")  # type: ignore[attr-defined]
            assert canary not in text, (dice.seed, said)
            assert "Set-Cookie: a=b" not in str(answer.headers), (dice.seed, said)  # type: ignore[attr-defined]
    assert not bad, (dice.seed, len(bad), bad[:12])
