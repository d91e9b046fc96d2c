"""Connections that stay at hand, for questions that are asked again with every request.

To borrow a connection from SQLAlchemy's pool and to give it back costs as much as such an exchange itself. What this
keeps was borrowed from the pool as ever, and is kept only as an exchange left it: idle, with nothing set, so that there
is nothing to wipe before the next. After whatever fails it goes back to the pool, which wipes or closes it.
"""

import os
import re
import uuid
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import NamedTuple

import psycopg
from sqlalchemy import Engine, Pool, PoolProxiedConnection, event

from tenants.wire import Question, Reminder, WiredConnection

_numbers = count(1)


class _Kept(NamedTuple):
    borrowed: PoolProxiedConnection
    driver: WiredConnection
    pool: Pool
    """Where it belongs: an engine that is disposed of gets another."""


class AtHand:
    """Some of an engine's connections, for any thread to ask something by; never more than half of its pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._most = max(1, engine.pool.size() // 2)  # type: ignore[attr-defined]  # every engine of ours has a QueuePool
        self._kept: list[_Kept] = []
        self._process = os.getpid()
        self._parents: list[_Kept] = []
        event.listen(engine, "engine_disposed", lambda _engine: self.let_go())

    def ask_again(self, agency_id: uuid.UUID, reminders: Sequence[Reminder]) -> list[bytes | None]:
        """Return what the questions have for answers in the agency now, in one exchange.

        What only reads may be asked twice: a connection that was lost while nobody used it is found out by asking.
        Raises psycopg.Error, and SQLAlchemy's errors of a pool without a connection.
        """
        while (kept := self._taken()) is not None:
            try:
                return self._ask(kept, agency_id, reminders)
            except psycopg.OperationalError:
                if not kept.driver.closed:
                    raise
        return self._ask(self._borrowed(), agency_id, reminders)

    def let_go(self) -> None:
        """Close what is at hand."""
        while (kept := self._taken()) is not None:
            _close(kept)

    def _ask(self, kept: _Kept, agency_id: uuid.UUID, reminders: Sequence[Reminder]) -> list[bytes | None]:
        try:
            name, sql = _together(tuple([reminder.question for reminder in reminders]))
            said = [value for reminder in reminders for value in reminder.said]
            answers = kept.driver.ask_within(agency_id, name, sql, said)
        except BaseException:
            if kept.driver.closed:
                _close(kept)
            else:
                kept.borrowed.close()
            raise
        if len(self._kept) < self._most:
            self._kept.append(kept)
        else:
            kept.borrowed.close()
        return [None] * len(reminders) if answers is None else answers

    def _taken(self) -> _Kept | None:
        """Return one that is at hand, which nobody else has then: a list gives its last to one thread alone."""
        if self._process != os.getpid():
            # They are the parent's, who goes on speaking by them: they are neither used nor closed.
            self._parents, self._kept, self._process = self._kept, [], os.getpid()
        while True:
            try:
                kept = self._kept.pop()
            except IndexError:
                return None
            if kept.pool is self._engine.pool:
                return kept
            _close(kept)

    def _borrowed(self) -> _Kept:
        pool = self._engine.pool
        borrowed = self._engine.raw_connection()
        driver = borrowed.driver_connection
        assert isinstance(driver, WiredConnection)  # noqa: S101 - every engine of ours connects so
        return _Kept(borrowed, driver, pool)


@lru_cache(maxsize=256)
def _together(questions: tuple[Question, ...]) -> tuple[bytes, bytes]:
    """Return name and text of one statement that asks several questions, each answer a column of its one row.

    A sign such as `$1` stands for a parameter wherever it is: values are never in the text of a question.
    """
    if len(questions) == 1:
        return questions[0].name, questions[0].sql
    columns, before = [], 0
    for question in questions:
        columns.append(f"({_moved(question.sql.decode(), before)})")
        before += len(question.parameters)
    return f"together_{next(_numbers)}".encode(), f"select {', '.join(columns)}".encode()


def _moved(sql: str, by: int) -> str:
    return re.sub(r"\$([0-9]+)", lambda found: f"${int(found[1]) + by}", sql)


def _close(kept: _Kept) -> None:
    kept.borrowed.invalidate()
    kept.borrowed.close()
