"""What whoever runs the server can do for somebody who is shut out."""

from sqlalchemy import select

from tenants.identities import Identity
from tenants.session import Database
from unisson.config import Settings
from unisson.identity import factors, resets
from unisson.runtime import web_runtime


def remove(settings: Settings, email: str) -> bool:
    """Remove the second step of the person with this address; return whether there was one."""
    held = web_runtime(settings)
    try:
        return _remove(held.database, email)
    finally:
        held.database.engine.dispose()
        held.valkey.close()


def _remove(database: Database, email: str) -> bool:
    with database.everywhere() as session:
        identity_id = session.scalar(select(Identity.id).where(Identity.email == email.strip().lower()))
        if identity_id is None or not factors.is_on(session, identity_id):
            return False
        resets.forget_all(session, identity_id)
    return True
