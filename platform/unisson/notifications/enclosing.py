"""Reading the logo that a mail carries, once nothing is locked any more."""

import uuid
from dataclasses import replace

import structlog

from unisson.config import Settings
from unisson.media.reading import read_bytes
from unisson.notifications.words import Ready
from unisson.storage import StorageAwayError, storage_of

log = structlog.get_logger(__name__)


def with_logo(settings: Settings, agency_id: uuid.UUID, ready: Ready) -> Ready:
    """Return the mail with the bytes of its logo; without, when they can't be read: no mail waits for a picture."""
    if ready.logo is None:
        return ready
    try:
        content = read_bytes(storage_of(settings), agency_id, ready.logo.digest)
    except (FileNotFoundError, StorageAwayError) as error:
        log.warning("mail.without_logo", item=ready.number, why=type(error).__name__)
        return replace(ready, logo=None)
    return replace(ready, logo=replace(ready.logo, content=content))
