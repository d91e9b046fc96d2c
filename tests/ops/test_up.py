"""`unisson up` on real processes: what a terminal, a crash and an impatient person do to it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from unisson.data_folder import refuse_full
from unisson.embedded_account import EmbeddedError
from unisson.embedded_parts import Postgres


def rows(desk) -> int:
    with psycopg.connect(Postgres(desk.data_dir).url("unisson")) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (1)")
        return connection.execute("select count(*) from kept").fetchone()[0]


def test_everything_starts_and_ctrl_c_leaves_no_orphan(desks, port):
    desk = desks.start(port)
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/health").status == 200
    assert "ada@example.org" in desk.said()
    assert len(desk.pids()) == 7  # the five of the Procfile and a work-horse of each worker
    asked = time.monotonic()
    assert desk.stop(signal.SIGINT) == 0
    assert time.monotonic() - asked < 60
    desk.await_nothing()


def test_sigterm_stops_as_ctrl_c_does(desks, port):
    desk = desks.start(port)
    assert desk.stop(signal.SIGTERM) == 0
    desk.await_nothing()


def test_a_second_start_keeps_the_data(desks, port, record_property):
    first = desks.start(port)
    assert rows(first) == 1
    first.stop()
    began = time.monotonic()
    second = desks.start(port)
    record_property("second_start_seconds", round(time.monotonic() - began, 1))
    assert rows(second) == 2


def test_after_kill_9_of_everything_it_starts_again(desks, port):
    desk = desks.start(port)
    assert rows(desk) == 1
    for pid in (desk.process.pid, *desk.everything()):
        os.kill(pid, signal.SIGKILL)
    desk.process.wait()
    assert rows(desks.start(port)) == 2


def test_kill_9_of_the_supervisor_alone_leaves_nothing_for_long(desks, port):
    desk = desks.start(port)
    assert rows(desk) == 1
    desk.process.kill()
    desk.process.wait()
    again = desks.start(port)  # at once, while the first is still falling
    assert rows(again) == 2
    again.stop()
    again.await_nothing()


@pytest.mark.parametrize("words", [("web",), ("worker", "publishing"), ("dispatcher",), ("live",)])
def test_a_process_that_dies_is_started_again(desks, port, words):
    desk = desks.start(port)
    before = desk.pid_of(*words)
    os.kill(before, signal.SIGKILL)
    desk.await_words(f"{words[0]} was killed by SIGKILL; it starts again")
    deadline = time.monotonic() + 60
    while desk.pids().count(before) or len(desk.pids()) != 7:
        assert time.monotonic() < deadline, desk.said()
        time.sleep(0.05)
    assert desk.pid_of(*words) != before


@pytest.mark.parametrize(("which", "name"), [(0, "PostgreSQL"), (1, "Valkey")])
def test_a_server_that_dies_is_started_again_with_its_data(desks, port, which, name):
    desk = desks.start(port)
    assert rows(desk) == 1
    os.kill(desk.server_pids()[which], signal.SIGKILL)
    desk.await_words(f"{name} died; starting again")
    desk.await_words(f"{name} runs again")
    assert rows(desk) == 2


def test_a_port_that_is_taken_is_said_before_anything_starts(desks, port):
    with socket.create_server(("127.0.0.1", port)):
        desk = desks.start(port, ready=False)
        assert desk.process.wait(120) == 1
    assert desk.said().startswith(f"Port {port} of 127.0.0.1 is taken")
    assert desk.said().count("\n") == 1
    assert not (desk.data_dir / "postgres").exists()


def test_where_the_port_of_live_changes_is_taken_another_is_found(desks, port):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        desk = desks.start(port, LIVE_PORT=str(taken))
        assert f"Port {taken} of 127.0.0.1 is taken: live changes go by " in desk.said()
        environ = Path(f"/proc/{desk.pid_of('live')}/environ").read_bytes().split(b"\0")
    told = dict(each.split(b"=", 1) for each in environ if b"=" in each)
    assert told[b"LIVE_PORT"] != str(taken).encode()
    assert told[b"LIVE_URL"].endswith(b":" + told[b"LIVE_PORT"])


def test_a_foreign_data_folder_is_one_sentence(tmp_path):
    (tmp_path / "PG_VERSION").write_text("15")
    command = [sys.executable, "-m", "unisson.cli", "up"]
    stated = {**os.environ, "DATA_DIR": str(tmp_path)}
    done = subprocess.run(command, env=stated, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "DATA_DIR holds files that are not Unisson's (PG_VERSION): name another folder.\n"
    assert [file.name for file in tmp_path.iterdir()] == ["PG_VERSION"]


def test_a_bad_setting_is_one_sentence():
    command = [sys.executable, "-m", "unisson.cli", "up"]
    done = subprocess.run(command, env={**os.environ, "PORT": "eighty"}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "PORT must be a whole number, not “eighty”.\n"


def test_a_full_disk_is_one_sentence(tmp_path):
    with pytest.raises(EmbeddedError, match=r"The disk of .* has \d+ MB free and Unisson needs 1000000000000 MB"):
        refuse_full(tmp_path, 10**18)


@pytest.mark.parametrize(
    ("command", "name"), [("migrate", "DATABASE_URL names a database"), ("up", "VALKEY_URL names a server")]
)
def test_a_server_that_does_not_answer_is_one_sentence(tmp_path, port, command, name):
    silent = {"DATABASE_URL": "postgresql://owner:hunter2@127.0.0.1:1/unisson", "VALKEY_URL": "redis://127.0.0.1:1"}
    stated = {**os.environ, **silent, "DATA_DIR": str(tmp_path), "PORT": str(port)}
    asked = [sys.executable, "-m", "unisson.cli", command]
    done = subprocess.run(asked, env=stated, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} that cannot be used: ")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_a_second_one_on_the_same_folder_is_refused(desks, port):
    first = desks.start(port)
    second = desks.start(port, ready=False)
    assert second.process.wait(120) == 1
    assert second.said() == f"Unisson already runs from {first.data_dir} (process {first.process.pid}).\n"
    assert len(first.pids()) == 7


def test_a_migration_that_fails_stops_the_start(desks, port):
    desk = desks.start(port, ready=False, MIGRATION_STATUS="3")
    assert desk.process.wait(120) == 1
    assert "`unisson migrate` ended with status 3" in desk.said()
    desk.await_nothing()
