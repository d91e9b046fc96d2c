"""What tests of approving share."""

from collections.abc import Iterator

import pytest
from flask import Flask
from support.desk import Desk
from support.world import World

from unisson.runtime import Runtime


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    """An agency at work: browsers signed in, contents in any state."""
    return Desk(app, runtime, world)


@pytest.fixture
def csrf_on(app: Flask) -> Iterator[Flask]:
    """The application as it is served: forms prove where they come from."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False
