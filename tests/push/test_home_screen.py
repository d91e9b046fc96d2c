"""Phones of one maker tell in the background only what stands on their home screen."""

import json

from flask.testing import FlaskClient
from support.desk import HTTPS, Desk


def test_the_desk_can_stand_on_a_home_screen(desk: Desk, client: FlaskClient) -> None:
    assert 'rel="manifest"' in desk.get("cm", "/notices/choices").text
    with client.get("/static/app.webmanifest", base_url=HTTPS) as answer:
        assert answer.mimetype == "application/manifest+json"
        told = json.loads(answer.data)
    assert told["display"] == "standalone"
    for each in (told["start_url"], *(icon["src"] for icon in told["icons"])):
        with client.get(each, base_url=HTTPS) as found:
            assert found.status_code < 400
