"""What is sent to PostgreSQL within a block: so that no page's queries grow with its rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from unisson.runtime import Runtime


@contextmanager
def recorded(runtime: Runtime) -> Iterator[list[str]]:
    """Record the statements of the runtime's role, in their order."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", note)
