"""After signing in one lands on a page of ours, whatever the link said."""

import pytest

from unisson.identity.destinations import safe_destination

HOSTS = ("evil.example", "localhost@evil.example", "localhost.evil.example", "[::1]", "127.0.0.1:80", "%65vil.example")
PREFIXES = (
    "//", "///", "////", "/\\", "\\\\", "\\/", "/\\/", "http://", "https://", "https:", "https:/", "https:///", "HTTP://",
    "ftp://", "ws://", "//\\", "/%2f", "/%5c", "/%252f", "/%255c",
)  # fmt: skip
PAYLOADS = [prefix + host for prefix in PREFIXES for host in HOSTS[:4]] + [
    "", " ", "/ ", " /me", "/me ", "\t/me", "/\t/evil.example", "/\n/evil.example", "/\r\nSet-Cookie: a=b",
    "/me\r\nX: y", "/me\x00", "/\x00/evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,<script>", "vbscript:x", "mailto:x@evil.example", "me", "./me", "../me", "/..//evil.example",
    "/./me", "/../me", "/me/../../evil", "//me", "/me//", "/%2e%2e//evil.example", "/%2F%2Fevil.example",
    "/%09/evil.example", "/%0d%0aSet-Cookie:a=b", "/%00", "/\u2215evil.example", "\uff0f\uff0fevil.example",
    "/\u200b/evil.example", "/me#@evil.example", "?next=//evil.example", "#/me", "@evil.example", ":80/me",
    "/@evil.example", "/no/such/page/at/all/here", "/sign-out", "/me/password", "/a/b/c/d", "/{me}", "/me|x",
    "/<me>", "/'me'", "/me\"x", "/" + "a" * 2000, "http:me", "https:me", "///me", "/:80",
    "/%c0%af%c0%afevil.example", "/;//evil.example", "/me;@evil.example", "/me/@evil.example",
]  # fmt: skip


@pytest.fixture
def pages(app):
    return app.url_map.bind("localhost")


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_link_leads_away(pages, payload):
    assert safe_destination(payload, pages) is None


def test_signing_in_follows_none_of_them(guest, world):
    world.sign_in(guest, "cm")
    for payload in PAYLOADS:
        answer = guest.get("/sign-in", query_string={"next": payload})
        assert answer.location == "/" or answer.status_code == 400, payload


def test_there_are_enough_of_them():
    assert len(set(PAYLOADS)) >= 100


@pytest.mark.parametrize(
    "wanted",
    ["/me", "/me/sessions", "/atelier/brands", "/atelier/calendar?month=2026-11&brand=x", "/atelier/team", "/",
     "/atelier/invitations/abc-DEF_123", "/atelier/brands?next=%2F%2Fevil.example"],
)  # fmt: skip
def test_pages_of_ours_are_reached(guest, world, pages, wanted):
    assert safe_destination(wanted, pages) == wanted
    world.sign_in(guest, "cm")
    assert guest.get("/sign-in", query_string={"next": wanted}).location == wanted


def test_a_stranger_is_brought_back_to_the_page_they_wanted(guest, world):
    answer = guest.get(f"/{world.slug}/brands?x=1")
    assert answer.status_code == 303
    assert answer.location == f"/sign-in?next=/{world.slug}/brands?x%3D1"
    page = guest.get(answer.location)
    assert f'name="next" value="/{world.slug}/brands?x=1"'.encode() in page.data


def test_who_was_signed_out_while_writing_is_told_and_comes_back_to_the_form(guest, world):
    page = f"/{world.slug}/brands/{world.brand_slug}/contents/new"
    answer = guest.post(
        page,
        data={"body": "typed"},
        headers={"Referer": f"http://localhost{page}?day=2027-01-04", "Accept": "text/html", "Accept-Language": "en"},
    )
    assert answer.status_code == 303
    assert answer.location == f"/sign-in?next={page}?day%3D2027-01-04"
    assert "Nothing was saved" in guest.get(answer.location).text


@pytest.mark.parametrize("before", ["https://evil.example/x", "http://localhost//evil.example/x", "", "nowhere"])
def test_a_form_that_came_from_elsewhere_leads_nowhere(guest, world, before):
    answer = guest.post(f"/{world.slug}/calendar/views", headers={"Referer": before})
    assert answer.location == "/sign-in"
