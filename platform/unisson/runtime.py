"""What a process of the product holds: its settings, its database role, its bell, its vault. Nothing connects here."""

from dataclasses import dataclass

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tenants.engines import make_engine
from tenants.session import Database
from unisson.announcing import Announcer, ValkeyAnnouncer
from unisson.config import Settings
from unisson.jobs import Bell, ValkeyBell
from unisson.vault import Vault

GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Runtime:
    """Built once a process, before any fork; every part connects on first use."""

    settings: Settings
    database: Database
    valkey: Redis
    bell: Bell
    announcer: Announcer
    vault: Vault


def connect_valkey(url: str) -> Redis:
    """Return a client that gives up within a second: nothing that matters waits on Valkey."""
    return Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0, retry=Retry(NoBackoff(), 0))


def web_runtime(settings: Settings) -> Runtime:
    """Return the runtime of a web process, signed in as the web role."""
    return _runtime(settings, settings.database_web_url, settings.web_threads + 2, "unisson web")


def worker_runtime(settings: Settings) -> Runtime:
    """Return the runtime of a worker process, signed in as the worker role."""
    return _runtime(settings, settings.database_worker_url, settings.publish_threads + 2, "unisson worker")


def _runtime(settings: Settings, database_url: str, pool_size: int, application: str) -> Runtime:
    valkey = connect_valkey(settings.valkey_url)
    bell, announcer = ValkeyBell(valkey), ValkeyAnnouncer(valkey)
    vault = Vault(*settings.vault_keys)
    engine = make_engine(database_url, pool_size=pool_size, application=application)
    return Runtime(
        settings=settings,
        database=Database(
            engine,
            {
                "bell": bell,
                "announcer": announcer,
                "vault": vault,
                "media_quota": settings.media_quota * GIGABYTE,
                "is_billed": settings.is_billed,
                "clamd_address": settings.clamd_address,
            },
        ),
        valkey=valkey,
        bell=bell,
        announcer=announcer,
        vault=vault,
    )
