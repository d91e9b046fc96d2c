"""What tests of approving share."""

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture
def csrf_on(app: Flask) -> Iterator[Flask]:
    """The application as it is served: forms prove where they come from."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False
