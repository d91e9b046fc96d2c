"""The one current agency of a thread of work. It refuses to guess."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tenants.errors import MissingAgencyError

_agency: ContextVar[uuid.UUID | None] = ContextVar("agency", default=None)


def current_agency() -> uuid.UUID:
    """Return the agency acted for. Raises MissingAgencyError when none was said."""
    agency_id = _agency.get()
    if agency_id is None:
        raise MissingAgencyError("no agency is being acted for")
    return agency_id


def agency_or_none() -> uuid.UUID | None:
    """Return the agency acted for, or None: for log lines, which must not fail."""
    return _agency.get()


@contextmanager
def acting_for(agency_id: uuid.UUID) -> Iterator[uuid.UUID]:
    """Act for one agency within the block. Raises MissingAgencyError when nested for a different one."""
    before = _agency.get()
    if before is not None and before != agency_id:
        raise MissingAgencyError("already acting for another agency")
    token = _agency.set(agency_id)
    try:
        yield agency_id
    finally:
        _agency.reset(token)


def agency_key(*parts: str) -> str:
    """Return a cache, lock, rate-limit or file key inside the current agency. Raises MissingAgencyError without one."""
    return "/".join((str(current_agency()), *parts))
