"""Documents are looked at by an antivirus before they are kept, where the operator has one (CLAMD_ADDRESS).

Images and videos are not: what is kept of them was written anew.
"""

import structlog

from tenants.errors import RefusedError
from tenants.session import TenantSession
from unisson.scanning import ScannerAwayError, look
from unisson.web.i18n import later, lazy

log = structlog.get_logger(__name__)

FOUND = lazy(
    "A virus was found in this file (%(name)s), so that it was not kept. Have your computer checked, and send a clean"
    " copy."
)


def refuse_infected(session: TenantSession, content: bytes) -> None:
    """Pass if nothing is found in a file, or if there is no antivirus.

    Raises RefusedError on `files`, ScannerAwayError where nobody can tell: a file that was not looked at is not taken.
    """
    address = str(session.info.get("clamd_address") or "")
    if not address:
        return
    agency = str(session.agency_id)
    try:
        found = look(address, content)
    except ScannerAwayError as away:
        log.error("antivirus.away", agency=agency, why=repr(away.__cause__))  # noqa: TRY400 - the reason is in it
        raise
    if found is not None:
        log.warning("antivirus.found", agency=agency, found=found[:100])
        raise RefusedError(later(lambda: str(FOUND) % {"name": found[:100]}), field="files")
