"""Pages leave compressed where that is understood, and are the same pages."""

import gzip

import pytest
from support.campaign import approve_many
from support.desk import HTTPS, Desk

GZIP = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def test_a_month_of_two_hundred_entries_is_under_100_kb_on_the_way(desk: Desk):
    approve_many(desk.runtime, desk.world, [desk.world.newsroom_id], 200, due_in=3600.0, spread=60.0)
    plain = desk.get("cm", "/calendar?brand=marque")
    packed = desk.get("cm", "/calendar?brand=marque", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < 100_000
    assert gzip.decompress(packed.data) == plain.data
    assert plain.data.count(b'class="entry"') == 200
    assert "Accept-Encoding" in ", ".join(packed.headers.getlist("Vary"))


def test_a_page_that_one_holds_is_not_sent_again_in_either_form(desk: Desk):
    first = desk.get("cm", "/calendar?brand=marque", headers=GZIP)
    held = {"If-None-Match": first.headers["ETag"]}
    for more in (GZIP, {}):
        again = desk.get("cm", "/calendar?brand=marque", headers={**held, **more})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("accepted", ["", "br", "identity", "gzip;q=0, identity"])
def test_who_takes_no_gzip_gets_none(desk: Desk, accepted: str):
    answer = desk.get("cm", "/calendar", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert answer.data.startswith(b"<!doctype html>") or answer.data.startswith(b"<!DOCTYPE html>")


def test_what_is_short_or_no_text_or_a_head_is_left_as_it_is(desk: Desk):
    for path in ("/health", "/static/img/mark.svg"):
        with desk.browser("cm").get(path, headers=GZIP, base_url=HTTPS) as answer:
            assert "Content-Encoding" not in answer.headers
    head = desk.browser("cm").head(desk.path("/calendar"), headers=GZIP, base_url=HTTPS)
    assert "Content-Encoding" not in head.headers
