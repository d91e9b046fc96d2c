"""A small product under attack: real servers, real workers, stand-ins that fail, and somebody who kills.

The truth about what went out is in the stand-ins' append-only files, outside the product's database.
"""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.standins.effects import Effects
from tests.standins.pds import PASSWORD
from tests.support.campaign import Approved, approve_many, connect_bluesky
from tests.support.world import World, build_world
from unisson import embedded
from unisson.config import Settings
from unisson.database import migrate
from unisson.publishing.models import Channel, Subscriber
from unisson.runtime import Runtime, web_runtime

FAULTS = "503=0.03,429=0.02,drop=0.01,lost=0.04,500-after=0.01,slow=0.01"
SECRET = "only-for-chaos-" + "0" * 32


@dataclass
class Plan:
    """How much, how long, how hard. `spread` in seconds: the deliveries fall due over that time."""

    posts: int = 1000
    mails: int = 60
    unapproved: int = 30
    mockups: int = 20
    edits: int = 40
    kills: int = 20
    spread: float = 25.0
    seed: int = 1
    patience: float = 240.0


@dataclass
class Report:
    """What happened."""

    kills: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    effects: int = 0
    edited: int = 0
    seconds: float = 0.0


class Stage:
    """The servers, the stand-ins and the processes of one run."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.dice = random.Random(plan.seed)
        self.report = Report()
        self.started = time.monotonic()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.servers = embedded.start(folder)
        self.pds_port = self._start("pds", "tests.standins.pds", "--faults", FAULTS, "--late-seconds", "1.5")
        self.smtp_port = self._start("smtp", "tests.standins.smtp", "--port", "0")
        self.environment = {
            **os.environ,
            "ENVIRONMENT": "test",
            "SECRET_KEY": SECRET,
            "DATABASE_URL": self.servers.database,
            "VALKEY_URL": self.servers.valkey,
            "DATA_DIR": str(folder),
            "MAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "MAIL_FROM": "Unisson <unisson@example.org>",
            "OUTBOUND_ALLOW": f"127.0.0.1:{self.pds_port}",
            "PUBLISH_THREADS": "8",
            "LOG_LEVEL": "ERROR",
        }
        settings = Settings.from_environ(self.environment)
        migrate(settings)
        self.web: Runtime = web_runtime(settings)
        self.world: World = build_world(self.web)
        self.log = (folder / "processes.log").open("ab")

    def _start(self, name: str, module: str, *arguments: str) -> int:
        """Start a stand-in and return its port."""
        command = [sys.executable, "-m", module, "--effects", str(self.folder / f"{name}.jsonl"), *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.processes[name] = process
        assert process.stdout is not None
        with process.stdout:
            return int(process.stdout.readline().split()[1])

    def start_process(self, name: str) -> None:
        """Start a worker or the dispatcher, as a deployment does."""
        words = ["dispatcher"] if name == "dispatcher" else ["worker", "publishing"]
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "unisson.cli", *words], env=self.environment, stdout=self.log, stderr=self.log
        )

    def close(self) -> None:
        """End what this run started, and only that."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.web.database.engine.dispose()
        self.servers.stop()
        self.log.close()

    # --- what falls due -------------------------------------------------------------------------------------------

    def load(self) -> dict[str, list[Approved]]:
        """Write the contents of the run: for Bluesky, for a list, some without an approval, some on a mock-up."""
        bluesky = connect_bluesky(self.web, self.world, f"http://127.0.0.1:{self.pds_port}", "chaos.test", PASSWORD)
        mailing = self._mailing()
        plan = self.plan
        return {
            "post": approve_many(self.web, self.world, [bluesky], plan.posts, due_in=8.0, spread=plan.spread),
            "mail": approve_many(self.web, self.world, [mailing], plan.mails // 20, due_in=8.0, spread=plan.spread),
            "unapproved": approve_many(
                self.web, self.world, [bluesky], plan.unapproved, due_in=8.0, spread=plan.spread, decided=("rp",)
            ),
            "mockup": approve_many(
                self.web, self.world, [self._mockup()], plan.mockups, due_in=8.0, spread=plan.spread
            ),
        }

    def _mockup(self) -> uuid.UUID:
        with self.web.database.agency(self.world.agency_id) as session:
            channel = Channel(brand_id=self.world.brand_id, kind="bluesky", name="Maquette", mockup=True)
            session.add(channel)
            session.flush()
            return channel.id

    def _mailing(self) -> uuid.UUID:
        with self.web.database.agency(self.world.agency_id) as session:
            channel = Channel(brand_id=self.world.brand_id, kind="email", name="Presse", settings={})
            session.add(channel)
            session.flush()
            session.add_all(
                Subscriber(channel_id=channel.id, email=f"j{number}@example.org", name=f"Journaliste {number}")
                for number in range(20)
            )
            return channel.id

    # --- what goes wrong ------------------------------------------------------------------------------------------

    def attack(self, edits: list[Approved]) -> set[uuid.UUID]:
        """Kill until the plan is fulfilled, edit meanwhile; return the contents whose edit was accepted."""
        edited: set[uuid.UUID] = set()
        weapons: list[tuple[str, Callable[[], bool]]] = [
            ("worker", self._kill_worker),
            ("horse", self._kill_horse),
            ("dispatcher", self._kill_dispatcher),
            ("valkey", self._kill_valkey),
            ("postgres", self._kill_postgres),
        ]
        pending = list(edits)
        rounds = self.plan.kills * 6
        while sum(self.report.kills.values()) < self.plan.kills and rounds:
            rounds -= 1
            name, strike = self.dice.choices(weapons, weights=(5, 6, 2, 3, 3))[0]
            if strike():
                self.report.kills[name] += 1
            for _ in range(2):
                if pending and self._edit(pending[-1]):
                    edited.add(pending.pop().content_id)
            time.sleep(self.dice.uniform(0.3, 1.2))
        return edited

    def _kill(self, name: str) -> bool:
        self.processes[name].kill()
        self.processes[name].wait()
        self.start_process(name)
        return True

    def _kill_worker(self) -> bool:
        return self._kill(self.dice.choice(("worker-1", "worker-2")))

    def _kill_dispatcher(self) -> bool:
        return self._kill("dispatcher")

    def _kill_horse(self) -> bool:
        """Kill a forked work-horse in the middle of a job, if there is one now."""
        for _ in range(40):
            for name in ("worker-1", "worker-2"):
                for child in psutil.Process(self.processes[name].pid).children():
                    child.send_signal(signal.SIGKILL)
                    return True
            time.sleep(0.05)
        return False

    def _kill_valkey(self) -> bool:
        return self._kill_server(self.servers.keyspace.pid())

    def _kill_postgres(self) -> bool:
        return self._kill_server(self.servers.postgres.pid())

    def _kill_server(self, pid: int | None) -> bool:
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                self.servers.revive()
            except embedded.EmbeddedError:
                time.sleep(0.3)
                continue
            if not self.servers.dead():
                return True
            time.sleep(0.1)
        raise AssertionError("a server did not come back")

    def _edit(self, approved: Approved) -> bool:
        """Take a scheduled content back, as an edit does; False when it is leaving already or the database is away."""
        try:
            with self.web.database.agency(self.world.agency_id) as session:
                changed = session.execute(
                    text(
                        "update app.contents set state = 'draft', revision_id = null"
                        " where id = :id and state = 'scheduled'"
                    ),
                    {"id": approved.content_id},
                )
                return bool(changed.rowcount)
        except DBAPIError:
            return False

    # --- what became of it ----------------------------------------------------------------------------------------

    def wait(self) -> None:
        """Wait until every publication is settled or held, or the patience is over."""
        deadline = time.monotonic() + self.plan.patience
        while time.monotonic() < deadline:
            if self._unsettled() == 0:
                return
            time.sleep(1.0)

    def _unsettled(self) -> int:
        try:
            with self.web.database.agency(self.world.agency_id) as session:
                return int(
                    session.execute(
                        text(
                            "select (select count(*) from app.publications"
                            " where state in ('scheduled', 'sending', 'unknown')) + (select count(*) from app.dispatch where queue = 'publishing')"
                        )
                    ).scalar_one()
                )
        except DBAPIError:
            return -1

    def verify(self, loaded: dict[str, list[Approved]], edited: set[uuid.UUID]) -> Report:
        """Compare the stand-ins' files with the ledger; `report.faults` names each broken promise."""
        posts = Effects(self.folder / "pds.jsonl").all()
        mails = Effects(self.folder / "smtp.jsonl").all()
        report = self.report
        report.effects, report.edited = len(posts) + len(mails), len(edited)
        report.seconds = time.monotonic() - self.started
        rows = self._rows()
        report.states.update(row.state for row in rows)
        self._check_twice(posts, mails)
        self._check_unapproved(posts, loaded, edited)
        self._check_early(posts, loaded)
        self._check_lost(rows, posts, mails, loaded, edited)
        self._check_mockups(rows, posts, loaded)
        return report

    def _check_mockups(self, rows: list, posts: list[dict], loaded: dict) -> None:
        """Nothing of a mock-up was ever tried, and all of it waits for a person."""
        theirs = {each.content_id for each in loaded["mockup"]}
        out = {_text(effect).rpartition(" ")[2] for effect in posts}
        self.report.faults += [f"sent from a mock-up: {each}" for each in theirs if str(each) in out]
        mine = [row for row in rows if row.content_id in theirs]
        self.report.faults += [f"tried on a mock-up: {row.id}" for row in mine if row.attempts]
        self.report.faults += [f"not held: {row.id}" for row in mine if (row.state, row.reason) != ("held", "mockup")]
        self.report.faults += [f"never held: {each}" for each in theirs - {row.content_id for row in mine}]

    def _rows(self) -> list:
        with self.web.database.agency(self.world.agency_id) as session:
            return list(
                session.execute(
                    text(
                        "select p.*, c.state as content_state from app.publications p join app.contents c"
                        " on c.agency_id = p.agency_id and c.id = p.content_id"
                    )
                )
            )

    def _check_twice(self, posts: list[dict], mails: list[dict]) -> None:
        counts = Counter(_text(effect) for effect in posts) + Counter(str(effect["message_id"]) for effect in mails)
        self.report.faults += [f"twice: {what}" for what, count in counts.items() if count > 1]

    def _check_unapproved(self, posts: list[dict], loaded: dict, edited: set[uuid.UUID]) -> None:
        forbidden = {str(each.content_id) for each in loaded["unapproved"]} | {str(each) for each in edited}
        self.report.faults += [
            f"unapproved: {_text(effect)}" for effect in posts if _text(effect).rpartition(" ")[2] in forbidden
        ]

    def _check_early(self, posts: list[dict], loaded: dict) -> None:
        due = {str(each.content_id): each.due_at.timestamp() for each in loaded["post"]}
        for effect in posts:
            content_id = _text(effect).rpartition(" ")[2]
            if content_id in due and float(effect["at"]) < due[content_id]:
                self.report.faults.append(f"early: {content_id}")

    def _check_lost(self, rows: list, posts: list[dict], mails: list[dict], loaded: dict, edited: set) -> None:
        """Every approved content has its publications; each is settled; published and effects are the same set."""
        planned = {row.content_id for row in rows}
        wanted = {each.content_id for kind in ("post", "mail") for each in loaded[kind]} - edited
        self.report.faults += [f"never planned: {each}" for each in wanted - planned]
        self.report.faults += [
            f"left {row.state}: {row.id}" for row in rows if row.state in {"scheduled", "sending", "unknown"}
        ]
        out = {_text(effect).rpartition(" ")[2] for effect in posts}
        for row in rows:
            if row.state == "published" and row.subscriber_id is None and str(row.content_id) not in out:
                self.report.faults.append(f"said published, is not: {row.id}")
            if row.state in {"cancelled", "failed"} and row.content_id in wanted:
                self.report.faults.append(f"lost as {row.state} ({row.reason}): {row.id}")
        sent = {str(effect["message_id"]).strip("<>") for effect in mails}
        for row in rows:
            if row.state == "published" and row.subscriber_id and row.client_ref.strip("<>") not in sent:
                self.report.faults.append(f"said mailed, is not: {row.id}")


def _text(effect: dict) -> str:
    return str(effect["record"]["text"])


def run(folder: Path, plan: Plan) -> Report:
    """Play one run and return what happened."""
    stage = Stage(folder, plan)
    try:
        for name in ("worker-1", "worker-2", "dispatcher"):
            stage.start_process(name)
        loaded = stage.load()
        time.sleep(6.0)
        edited = stage.attack(stage.dice.sample(loaded["post"][len(loaded["post"]) // 2 :], plan.edits))
        stage.wait()
        return stage.verify(loaded, edited)
    finally:
        stage.close()
