"""The servers of a deployment: granian, for the pages in several processes, and for the live changes in one."""

import gc
import importlib

from granian import Granian
from granian.constants import Interfaces

from unisson.config import Settings

STOP_SECONDS = 5


def serve(settings: Settings) -> None:
    """Serve `unisson.app:create_app` until told to stop by SIGTERM or SIGINT."""
    _share("unisson.app")
    Granian(
        "unisson.app:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_access=False,
        websockets=False,
    ).serve()


def serve_live(settings: Settings) -> None:
    """Serve `unisson.live.stream:create_stream`, one process for thousands of open pages, until told to stop."""
    _share("unisson.live.stream")
    Granian(
        "unisson.live.stream:create_stream",
        factory=True,
        interface=Interfaces.ASGI,
        address=settings.host,
        port=settings.live_port,
        workers=1,
        respawn_failed_workers=True,
        workers_kill_timeout=1,
        log_access=False,
        websockets=False,
    ).serve()


def _share(module: str) -> None:
    """Import what every worker needs before they are forked: they then hold it together, and start at once.

    Nothing is opened by it. What the collector has seen it leaves alone from here on, or it would write to each page.
    """
    importlib.import_module(module)
    gc.collect()
    gc.freeze()
