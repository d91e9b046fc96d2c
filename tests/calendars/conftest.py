"""The desk of the calendar's tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask
from sqlalchemy import event
from support.calendar import Desk
from support.world import World

from unisson.runtime import Runtime


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    return Desk(app, runtime, world)


@pytest.fixture
def statements(runtime: Runtime) -> Callable[[], AbstractContextManager[list[str]]]:
    """Record what is sent to PostgreSQL within a block."""

    @contextmanager
    def recording() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(runtime.database.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(runtime.database.engine, "before_cursor_execute", note)

    return recording
