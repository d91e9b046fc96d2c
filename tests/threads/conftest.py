"""What tests of writing and approving share."""

import pytest
from flask import Flask
from support.desk import Desk
from support.world import World

from unisson.runtime import Runtime


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    """An agency at work: browsers signed in, contents in any state."""
    return Desk(app, runtime, world)
