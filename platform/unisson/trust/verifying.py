"""`unisson verify-trail`: all seals of an agency, or of all, worked out anew from the events."""

from collections.abc import Callable

from sqlalchemy import exists, select

from tenants.identities import DirectoryEntry
from unisson.activity import seals
from unisson.activity.models import Seal
from unisson.config import Settings
from unisson.runtime import Runtime, web_runtime


def verify(settings: Settings, slug: str | None, digest: str | None, say: Callable[[str], object]) -> bool:
    """Say what is found of each trail, and return whether all of it holds. False for an agency that does not exist."""
    runtime = web_runtime(settings)
    try:
        return verify_all(runtime, slug, digest, say)
    finally:
        runtime.database.engine.dispose()


def verify_all(runtime: Runtime, slug: str | None, digest: str | None, say: Callable[[str], object]) -> bool:
    """Do as `verify`, with what the process holds."""
    with runtime.database.everywhere() as session:
        query = select(DirectoryEntry).order_by(DirectoryEntry.slug)
        agencies = session.scalars(query.where(DirectoryEntry.slug == slug) if slug else query).all()
    if not agencies:
        say("There is no such agency.")
    broken = [each.slug for each in agencies if not _holds(runtime, each, digest, say)]
    return bool(agencies) and not broken


def _holds(runtime: Runtime, agency: DirectoryEntry, digest: str | None, say: Callable[[str], object]) -> bool:
    with runtime.database.agency(agency.agency_id) as session:
        found = seals.check(session)
        is_known = digest is None or session.scalar(select(exists().where(Seal.digest == _bytes(digest))))
    faults = [*found.faults, *([] if is_known else ["no seal has the digest that was noted"])]
    for fault in faults:
        say(f"{agency.slug}: {fault}")
    if not faults:
        say(f"{agency.slug}: {found.events} events under {found.seals} seals hold; the last is {found.digest.hex()}")
    return not faults


def _bytes(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""
