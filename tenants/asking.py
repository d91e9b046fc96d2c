"""Questions put without a session: where nothing is written, and no transaction outlasts the answers."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec.json import decode

from tenants.session import Database
from tenants.wire import Question, Reminder, Value

Asked = tuple[Question, Mapping[str, Value]]


class Asks(Protocol):
    """Whoever puts questions within one agency: a session, or an `Asker`."""

    def ask(self, question: Question, values: Mapping[str, Value]) -> Any:
        """Return the JSON that answers a prepared question; None for no row. Raises DBAPIError or psycopg.Error."""


class Asker:
    """Puts questions within one agency. What goes out in one exchange is one transaction, which ends with it."""

    def __init__(self, database: Database, agency_id: uuid.UUID) -> None:
        self._database = database
        self._agency_id = agency_id
        self._told: dict[tuple[Question, tuple[bytes | None, ...]], bytes | None] = {}

    def hear(self, reminders: Sequence[Reminder], answers: Sequence[bytes | None]) -> None:
        """Take what the database has just answered within the same request: who asks it first is told that."""
        for each, answer in zip(reminders, answers, strict=True):
            self._told[each.question, each.said] = answer

    def put(self, reminders: Sequence[Reminder], foreseen: Sequence[Asked] = ()) -> list[bytes | None]:
        """Return the answers to `reminders`. What is `foreseen` to be asked next goes out in the same exchange.

        Raises psycopg.Error, and SQLAlchemy's errors of a pool without a connection.
        """
        later = [Reminder(question, question.written(values), b"") for question, values in foreseen]
        answers = self._database.ask_again(self._agency_id, [*reminders, *later])
        self.hear(later, answers[len(reminders) :])
        return answers[: len(reminders)]

    def ask(self, question: Question, values: Mapping[str, Value]) -> Any:
        """Return the JSON that answers a prepared question; None for no row. Raises as `put` does."""
        key = question, question.written(values)
        if key not in self._told:
            (self._told[key],) = self._database.ask_again(self._agency_id, [Reminder(*key, b"")])
        answer = self._told.pop(key)
        return None if answer is None else decode(answer)
