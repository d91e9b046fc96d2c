"""What stands in the address bar after a form was refused, opened again."""

import uuid

import pytest
from support.desk import Desk

NAVIGATION = {"Sec-Fetch-Mode": "navigate"}


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/contents/{content}/approval", "/contents/{content}"),
        ("/contents/{content}/change-request", "/contents/{content}"),
        ("/settings/domains/{other}/verification", "/settings/domains"),
        ("/billing/checkout", "/billing"),
    ],
)
def test_a_person_is_led_to_the_page_of_the_form(desk: Desk, form: str, page: str) -> None:
    names = {"content": str(desk.write()), "other": str(uuid.uuid4())}
    answer = desk.get("owner", form.format(**names), headers=NAVIGATION)
    assert (answer.status_code, answer.headers.get("Location")) == (303, desk.path(page.format(**names)))


def test_a_program_reads_that_the_method_is_wrong(desk: Desk) -> None:
    answer = desk.get("owner", "/billing/checkout")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
