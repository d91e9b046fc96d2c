"""The whole product as real processes, and real browsers in front of it."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from support.cluster import spare_the_disk
from support.ports import free_port

from unisson import embedded
from unisson.config import Settings
from unisson.database import migrate
from unisson.demo.build import ensure_demo
from unisson.demo.script import PASSWORD
from unisson.devmail.box import Mailbox

PROCESSES = {
    "web": ["web"],
    "live": ["live"],
    "worker": ["worker", "publishing"],
    "mailer": ["worker", "mail"],
    "dispatcher": ["dispatcher"],
}


@dataclass(frozen=True)
class Live:
    """A running product: its address, its settings, and where its processes write."""

    url: str
    settings: Settings
    log: Path

    def mails(self, to: str, saying: str = "", *, at_least: int = 1) -> list[dict[str, str]]:
        """Return the mails to `to` that say `saying`, newest first, once there are `at_least`; raises if they stay away.

        Others write to the same people, and mails take their time: whoever means one says what is in it.
        """
        deadline = time.monotonic() + 120
        while True:
            found = [each for each in self._mailbox() if to in each["to"] and saying in each["subject"] + each["text"]]
            if len(found) >= at_least:
                return found
            assert time.monotonic() < deadline, (to, saying, [each["subject"] for each in found])
            time.sleep(0.2)

    def codes(self, to: str, *, at_least: int = 0) -> list[str]:
        """Return the codes that were mailed to `to`, newest first, once there are `at_least`."""
        deadline = time.monotonic() + 120
        while True:
            said = [each["subject"] for each in self._mailbox() if to in each["to"]]
            found = [code[0] for code in map(re.compile(r"(?<!\d)\d{6}$").search, said) if code]
            if len(found) >= at_least:
                return found
            assert time.monotonic() < deadline, (to, said)
            time.sleep(0.2)

    def _mailbox(self) -> list[dict[str, str]]:
        """Every mail of the development mailbox, newest first."""
        return [
            {"to": kept.header("To"), "subject": kept.header("Subject"), "text": kept.text("plain")}
            for kept in Mailbox(self.settings.data_dir).newest(limit=10_000)
        ]


@pytest.fixture(scope="session")
def provider_port() -> int:
    """Where an identity provider may be called, once one stands there."""
    return free_port()


@pytest.fixture(scope="session")
def push_port() -> int:
    """Where a push service may be called, once one stands there."""
    return free_port()


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Live]:
    """The product with its demonstration, started as a deployment starts it, on a data folder of its own."""
    data_dir = request.getfixturevalue("live_folder")
    port = free_port()
    with embedded.servers(data_dir) as servers:
        spare_the_disk(servers.database)
        environment = {
            **os.environ,
            "ENVIRONMENT": "development",
            "PORT": str(port),
            "LIVE_PORT": str(free_port()),
            "OUTBOUND_ALLOW": f"localhost:{request.getfixturevalue('provider_port')},"
            f"127.0.0.1:{request.getfixturevalue('push_port')}",
            "BASE_URL": f"http://localhost:{port}",
            "SECRET_KEY": "only-for-journeys-" + "0" * 32,
            "DATABASE_URL": servers.database,
            "VALKEY_URL": servers.valkey,
            "DATA_DIR": str(data_dir),
            "WEB_WORKERS": "1",
            "LOG_LEVEL": "WARNING",
        }
        settings = Settings.from_environ(environment)
        migrate(settings)
        ensure_demo(settings)
        log = data_dir / "processes.log"
        with log.open("ab") as sink:
            started = [
                subprocess.Popen(
                    [sys.executable, "-m", "unisson.cli", *words], env=environment, stdout=sink, stderr=sink
                )
                for words in PROCESSES.values()
            ]
            try:
                _await_health(f"http://localhost:{port}/health", log)
                yield Live(f"http://localhost:{port}", settings, log)
            finally:
                for process in started:
                    process.terminate()
                for process in started:
                    process.wait(60)


@pytest.fixture(scope="session")
def live_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A short path that the database's own user may enter."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="unisson-live-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _await_health(url: str, log: Path) -> None:
    deadline = time.monotonic() + 240  # five processes begin at once: on a busy machine each takes its time
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if json.load(answer)["status"] == "ok":
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the web did not come up:\n" + log.read_text(errors="replace")[-3000:])


def sign_in(page: Page, email: str, *, to: str = "") -> Page:
    """Sign in as a person of the demonstration, and go on to the page at `to`; return the page."""
    page.goto(f"/sign-in?next={to}" if to else "/sign-in")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.wait_for_load_state()
    return page


def in_time(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something outside the page holds; raises when it does not in `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.1)


@pytest.fixture
def person(browser: Browser, live: Live) -> Iterator[Callable[..., Page]]:
    """Open a browser of one's own: `person(width=390, dark=True)`; console errors fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_browser(*, width: int = 1280, height: int = 900, dark: bool = False, lang: str = "fr-FR") -> Page:
        context = browser.new_context(
            base_url=live.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=lang,
            has_touch=width < 600,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _listen(message, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert complaints == []


def _listen(message: ConsoleMessage, complaints: list[str]) -> None:
    """Keep what the console complains of, except that an expected refusal was a 4xx."""
    if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
        complaints.append(message.text)
