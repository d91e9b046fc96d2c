"""A channel that fails again and again is left alone for a while: its posts wait, with the reason shown."""

import uuid

from sqlalchemy import Connection, text

FAULTS = 5
PAUSE_SECONDS = 60.0
PROBE_SECONDS = 20.0
ACCESS_PAUSE_SECONDS = 300.0

_FAULT = text("""
update app.channels set faults = faults + 1, trouble = :why,
       paused_until = case when faults + 1 >= :faults then clock_timestamp() + make_interval(secs => :pause)
                           else paused_until end
 where id = :id
""")
_LOST = text("""
update app.channels set faults = greatest(faults, :faults), trouble = :why,
       paused_until = clock_timestamp() + make_interval(secs => :pause)
 where id = :id
""")
_PROBE = text("""
update app.channels set paused_until = clock_timestamp() + make_interval(secs => :probe)
 where id = :id and paused_until <= clock_timestamp()
""")
_WELL = text("update app.channels set faults = 0, trouble = null, paused_until = null where id = :id and faults > 0")


def fault(connection: Connection, channel_id: uuid.UUID, why: str) -> None:
    """Count one failure; the fifth in a row pauses the channel for a minute."""
    connection.execute(_FAULT, {"id": channel_id, "why": why, "faults": FAULTS, "pause": PAUSE_SECONDS})


def access_lost(connection: Connection, channel_id: uuid.UUID, why: str) -> None:
    """Pause a channel that refuses our sign-in, until somebody connects it again or five minutes passed."""
    connection.execute(_LOST, {"id": channel_id, "why": why, "faults": FAULTS, "pause": ACCESS_PAUSE_SECONDS})


def may_probe(connection: Connection, channel_id: uuid.UUID) -> bool:
    """Return True to exactly one caller after a pause: it tries, the others wait for what it finds."""
    return bool(connection.execute(_PROBE, {"id": channel_id, "probe": PROBE_SECONDS}).rowcount)


def well(connection: Connection, channel_id: uuid.UUID) -> None:
    """Forget the failures: something went out."""
    connection.execute(_WELL, {"id": channel_id})
