"""`unisson sign-out`: ending sign-ins by whoever runs the server, of one person or of everybody."""

from sqlalchemy import select

from tenants.identities import Identity
from unisson.config import Settings
from unisson.identity import sign_ins
from unisson.runtime import Runtime, web_runtime


def sign_out(settings: Settings, email: str | None) -> int | None:
    """Sign the person with `email` out of every browser, everybody for None; return of how many, None for nobody."""
    runtime = web_runtime(settings)
    try:
        return signed_out(runtime, email)
    finally:
        runtime.database.engine.dispose()
        runtime.valkey.close()


def signed_out(runtime: Runtime, email: str | None) -> int | None:
    """Do as `sign_out`, with what the process holds."""
    with runtime.database.everywhere() as session:
        if email is None:
            return sign_ins.end_every(session)
        identity_id = session.scalar(select(Identity.id).where(Identity.email == email.strip().lower()))
        return None if identity_id is None else sign_ins.end_all(session, identity_id)
