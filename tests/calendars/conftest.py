"""The desk of the calendar's tests."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from support.calendar import Desk
from support.statements import recorded
from support.world import World

from unisson.runtime import Runtime


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    return Desk(app, runtime, world)


@pytest.fixture
def statements(runtime: Runtime) -> Callable[[], AbstractContextManager[list[str]]]:
    """Record what is sent to PostgreSQL within a block."""

    return lambda: recorded(runtime)
