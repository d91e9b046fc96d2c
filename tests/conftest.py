"""Real servers for every test: one PostgreSQL and one Valkey a test process, one database migrated as in production."""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Playwright, expect, sync_playwright
from support.browser import Browser
from support.cluster import spare_the_disk
from support.desk import Desk
from support.estate import Estate, build_estate
from support.world import World, build_world

from unisson import embedded
from unisson.app import create_app
from unisson.config import Settings
from unisson.database import migrate
from unisson.runtime import Runtime, web_runtime, worker_runtime

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(
    timeout=30_000
)  # of a machine that does other things too; what is there is seen at once all the same


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A folder for this test process, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="unisson-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Iterator[Settings]:
    """Settings of a product whose servers run and whose database is at the newest migration."""
    with embedded.servers(data_dir) as servers:
        spare_the_disk(servers.database)
        made = Settings.from_environ(
            {
                "ENVIRONMENT": "test",
                "SECRET_KEY": "only-for-tests-" + "0" * 32,
                "DATABASE_URL": servers.database,
                "VALKEY_URL": servers.valkey,
                "DATA_DIR": str(data_dir),
                "BASE_URL": "http://localhost",
                "PUBLISH_THREADS": "8",
            }
        )
        migrate(made)
        yield made


@pytest.fixture(scope="session")
def runtime(settings: Settings) -> Iterator[Runtime]:
    """The web's runtime, signed in as the web role."""
    held = web_runtime(settings)
    yield held
    held.database.engine.dispose()
    held.valkey.close()


@pytest.fixture(scope="session")
def worker(settings: Settings) -> Iterator[Runtime]:
    """A worker's runtime, signed in as the worker role."""
    held = worker_runtime(settings)
    yield held
    held.database.engine.dispose()
    held.valkey.close()


@pytest.fixture
def mailer(settings: Settings, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start workers of the mails, as a deployment does, which are killed at the end if they are there still."""
    environment = {
        **os.environ, "ENVIRONMENT": "test", "SECRET_KEY": settings.secret_key, "DATABASE_URL": settings.database_url,
        "VALKEY_URL": settings.valkey_url, "DATA_DIR": str(tmp_path), "STORAGE_URL": settings.storage_url,
        "MAIL_URL": "mailbox:",
    }  # fmt: skip
    running: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "log").open("wb") as log:

        def begin() -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "unisson.cli", "worker", "mail"]
            running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            return running[-1]

        yield begin
        for process in running:
            process.kill()
            process.wait(60)


@pytest.fixture(scope="session")
def app(runtime: Runtime) -> Flask:
    """The application. Forms' CSRF is off here; `csrf_app` keeps it, and the browser tests do."""
    made = create_app(runtime=runtime)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without cookies that speaks to the application over what it takes for HTTPS."""
    return app.test_client()


@pytest.fixture
def world(runtime: Runtime) -> World:
    """An agency of its own for each test."""
    return build_world(runtime)


@pytest.fixture
def new_world(runtime: Runtime) -> Callable[..., World]:
    """Make further agencies."""
    return lambda *args, **kwargs: build_world(runtime, *args, **kwargs)


@pytest.fixture
def new_browser(app: Flask) -> Callable[[], Browser]:
    """Make browsers."""
    return lambda: Browser(app, app.response_class, use_cookies=True)


@pytest.fixture
def as_(new_browser: Callable[[], Browser], world: World) -> Callable[[str], Browser]:
    """Make the browser of the person with a role."""
    return lambda role: world.sign_in(new_browser(), role)


@pytest.fixture(scope="module")
def here(runtime: Runtime, worker: Runtime) -> Estate:
    """An agency with a row of everything, one for the tests of a module."""
    return build_estate(runtime, worker, f"CANARI-ICI-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def canary() -> str:
    """A word that only another agency's rows hold."""
    return f"CANARI-AILLEURS-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def there(runtime: Runtime, worker: Runtime, canary: str) -> Estate:
    """Another agency with a row of everything, all of which says the canary."""
    return build_estate(runtime, worker, canary)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of the browser."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Chromium]:
    """The system's Chromium: one a test process, since Playwright cannot be started twice in one."""
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    """An agency at work: browsers signed in, contents in any state."""
    return Desk(app, runtime, world)
