"""The views that want a fresh confirmation are those that the decision lists."""

import re

from flask import Flask

from unisson.identity.confirming import is_marked
from unisson.resources import CHECKOUT


def test_the_marked_views_are_those_that_the_decision_lists(app: Flask) -> None:
    text = (CHECKOUT / "docs" / "decisions" / "second_factor.md").read_text()
    table = text.split("| Marked view |")[1].split("\n\n")[0]
    listed = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", table))
    assert listed == {endpoint for endpoint, view in app.view_functions.items() if is_marked(view)}
