"""The web server of a deployment: granian, several processes of several threads."""

from granian import Granian
from granian.constants import Interfaces

from unisson.config import Settings

STOP_SECONDS = 5


def serve(settings: Settings) -> None:
    """Serve `unisson.app:create_app` until told to stop by SIGTERM or SIGINT."""
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
