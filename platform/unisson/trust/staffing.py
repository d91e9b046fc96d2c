"""`unisson support`: who of this installation is support, written as the tables' owner, as no process signs in."""

import uuid

from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url

from tenants.identities import Seat
from tenants.isolation import OWNER
from unisson.config import Settings
from unisson.runtime import Runtime, web_runtime
from unisson.trust.support import leave

_FOUND = text("select id from app.identities where email = lower(:email)")
_ADD = text("insert into app.support_staff (identity_id) values (:identity) on conflict do nothing")
_TAKE_AWAY = text("delete from app.support_staff where identity_id = :identity")


def set_staff(settings: Settings, email: str, *, is_staff: bool) -> bool:
    """Make somebody support, or no more; then every agency that let them in is shut to them. False for no account."""
    identity_id = _note(settings, email.strip(), is_staff=is_staff)
    if identity_id is None:
        return False
    if not is_staff:
        runtime = web_runtime(settings)
        try:
            _show_out_everywhere(runtime, identity_id)
        finally:
            runtime.database.engine.dispose()
            runtime.valkey.close()
    return True


def _note(settings: Settings, email: str, *, is_staff: bool) -> uuid.UUID | None:
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"set local role {OWNER}")
            found: uuid.UUID | None = connection.execute(_FOUND, {"email": email}).scalar()
            if found is not None:
                connection.execute(_ADD if is_staff else _TAKE_AWAY, {"identity": found})
            return found
    finally:
        engine.dispose()


def _show_out_everywhere(runtime: Runtime, identity_id: uuid.UUID) -> None:
    with runtime.database.everywhere() as session:
        agencies = session.scalars(select(Seat.agency_id).where(Seat.identity_id == identity_id)).all()
    for agency_id in agencies:
        with runtime.database.agency(agency_id) as inside:
            leave(inside, identity_id)
