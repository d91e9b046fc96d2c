"""The demonstration: two agencies at work, made once in an empty installation.

Each agency is set in one transaction and its past told in a second one, of the role that may write publications. A
start that was cut off between the two, or between the agencies, is caught up with by the next one.
"""

from dataclasses import replace

from sqlalchemy import select, text

from tenants.base import new_id
from tenants.identities import DirectoryEntry, Identity
from unisson.config import Settings
from unisson.demo import outcomes
from unisson.demo.atelier import ATELIER
from unisson.demo.maree import MAREE
from unisson.demo.script import PASSWORD, AgencyScript, SignInCard
from unisson.demo.stage import Stage
from unisson.identity.passwords import keeper
from unisson.publishing.assembly import registry
from unisson.runtime import Runtime, web_runtime, worker_runtime
from unisson.storage import storage_of

AGENCIES = (ATELIER, MAREE)
_MAIL_AT_ONCE = text(
    "update app.dispatch set due_at = clock_timestamp() where kind = 'mail' and agency_id = app.agency()"
)
_ALONE = text("select pg_advisory_xact_lock(hashtext('unisson.demo'))")


def ensure_demo(settings: Settings) -> list[SignInCard]:
    """Build the demonstration where there is nothing yet, or what is missing of it; return who can sign in.

    Returns nothing, and writes nothing, in an installation that real people have begun to use.
    """
    # Its brands stand before anybody pays for them.
    settings = replace(settings, stripe_secret_key="")
    web, worker = web_runtime(settings), worker_runtime(settings)
    try:
        with web.database.everywhere() as gate:
            gate.execute(_ALONE)
            there = set(gate.scalars(select(DirectoryEntry.slug)))
            owner = ATELIER.person(ATELIER.owner).email
            is_ours = gate.scalar(select(Identity.id).where(Identity.email == owner)) is not None
            if there and not is_ours:
                return []
            if there <= {agency.slug for agency in AGENCIES}:
                for agency in AGENCIES:
                    _ensure(web, worker, agency, is_there=agency.slug in there)
    finally:
        for held in (web, worker):
            held.database.engine.dispose()
            held.valkey.close()
    return cards()


def cards() -> list[SignInCard]:
    """Return who can sign in, the owner of the first agency first; somebody of two agencies once."""
    people = [person for agency in AGENCIES for person in agency.people if person.card]
    return [SignInCard(person.name, person.email, PASSWORD, person.card) for person in people]


def _ensure(web: Runtime, worker: Runtime, agency: AgencyScript, *, is_there: bool) -> None:
    if not is_there:
        with web.database.agency(new_id()) as session:
            Stage(
                session,
                agency,
                keeper=keeper(web.settings),
                storage=storage_of(web.settings),
                registry=registry(web),
            ).set()
    with web.database.everywhere() as session:
        agency_id = session.scalars(select(DirectoryEntry.agency_id).where(DirectoryEntry.slug == agency.slug)).one()
    with worker.database.agency(agency_id) as session:
        outcomes.tell(session, agency, registry(worker), web.settings.base_url)
        session.execute(_MAIL_AT_ONCE)
