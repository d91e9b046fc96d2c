"""What tests of bad input share: browsers over HTTPS, and an agency at work."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support.desk import Desk
from support.world import World

from unisson.runtime import Runtime


class Browser(FlaskClient):
    """A browser on HTTPS, at an address of its own, so that one test's tries do not count for another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = ".".join(["10", *(str(secrets.randbelow(250)) for _ in range(3))])

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", "https://localhost")
        kwargs.setdefault("environ_overrides", {"REMOTE_ADDR": self.address})
        return super().open(*args, **kwargs)

    def session_transaction(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", "https://localhost")
        return super().session_transaction(*args, **kwargs)


@pytest.fixture
def new_browser(app: Flask) -> Callable[[], Browser]:
    """Make browsers."""
    return lambda: Browser(app, app.response_class, use_cookies=True)


@pytest.fixture
def as_(new_browser: Callable[[], Browser], world: World) -> Callable[[str], Browser]:
    """Make the browser of the person with a role."""
    return lambda role: world.sign_in(new_browser(), role)


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    """An agency at work: browsers signed in, contents in any state."""
    return Desk(app, runtime, world)
