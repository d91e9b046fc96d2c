"""The dispatcher: looks several times a second at what is due, rings, and raises the alarm for what is stuck.

It claims nothing and leads nothing: any number of dispatchers may run, and none is a poll interval of lateness.
"""

import signal
import threading
import time
from types import FrameType

import structlog
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tenants.engines import await_server, make_engine, refuse_unsafe_role
from tenants.session import Database
from unisson import logs
from unisson.config import Settings
from unisson.dispatching import stuck, waiting_queues
from unisson.jobs import Bell, ValkeyBell
from unisson.runtime import connect_valkey

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.2
AHEAD_SECONDS = 1.0
"""A publishing worker is woken so long before something is due; it waits for the instant itself."""
ALARM_EVERY = 5.0
MAILBOX_EVERY = 30.0
STUCK_AFTER = 60.0

_UPKEEP = text(
    "select 1 from app.directory where seal_at <= clock_timestamp() or night_at <= clock_timestamp() limit 1"
)
_LETTERS = text(
    "select 1 from app.identity_letters where sent_at is null and given_up_at is null"
    " and due_at <= clock_timestamp()"
    " union all select 1 from app.privacy_letters where due_at <= clock_timestamp() limit 1"
)


def main(settings: Settings) -> None:
    """Dispatch until told to stop."""
    logs.configure(settings)
    engine = make_engine(settings.database_dispatch_url, pool_size=2, application="unisson dispatcher")
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    await_server(engine, stop)
    if stop.is_set():
        return
    refuse_unsafe_role(engine)
    log.info("dispatcher.ready")
    bell = ValkeyBell(connect_valkey(settings.valkey_url))
    dispatch(Database(engine), bell, stop, has_mailbox=bool(settings.inbound_mail_url))


def dispatch(database: Database, bell: Bell, stop: threading.Event, *, has_mailbox: bool = False) -> None:
    """Poll and ring until `stop`. A database or a bell that is away is waited for.

    With a mailbox of answers, the workers of the mails are woken to read it.
    """
    alarm_at = mailbox_at = 0.0
    while not stop.wait(POLL_SECONDS):
        try:
            for queue in _due(database):
                bell.ring(queue)
            if has_mailbox and time.monotonic() >= mailbox_at:
                mailbox_at = time.monotonic() + MAILBOX_EVERY
                bell.ring("mail")
            if time.monotonic() >= alarm_at:
                alarm_at = time.monotonic() + ALARM_EVERY
                raise_alarm(database)
                if has_upkeep(database):
                    bell.ring("mail")
        except (SQLAlchemyError, RedisError, OSError) as error:
            log.warning("dispatcher.waiting", why=type(error).__name__)
            stop.wait(0.5)


def raise_alarm(database: Database) -> int:
    """Log, as an error each, what should have left a minute ago and nobody is on; return how many."""
    with database.everywhere() as session:
        late = stuck(session, seconds=STUCK_AFTER)
    for agency_id, kind, item_id, due_at in late:
        log.error("publishing.stuck", agency=str(agency_id), kind=kind, item=str(item_id), due_at=due_at.isoformat())
    return len(late)


def has_upkeep(database: Database) -> bool:
    """Return whether what is done every few minutes or once a night is due for some agency."""
    with database.everywhere() as session:
        return session.execute(_UPKEEP).first() is not None


def _due(database: Database) -> set[str]:
    with database.everywhere() as session:
        queues = set(waiting_queues(session, ahead=AHEAD_SECONDS))
        if session.execute(_LETTERS).first() is not None:
            queues.add("mail")
    return queues
