"""The two real servers of one data folder."""

import json
import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
import redis

from unisson import embedded, processes

HOLD = """
import sys, time
from pathlib import Path
from unisson import embedded
with embedded.servers(Path(sys.argv[1])) as urls:
    print("ready", flush=True)
    time.sleep(600)
"""


def hold(folder) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "ready\n"
    holder.stdout.close()
    return holder


def test_both_are_durable(tmp_path):
    with embedded.servers(tmp_path) as urls:
        with psycopg.connect(urls.database) as connection:
            connection.execute("create table kept as select 1 as n")
        with redis.from_url(urls.valkey) as client:
            client.set("kept", "yes")
    with embedded.servers(tmp_path) as urls:
        with psycopg.connect(urls.database) as connection:
            assert connection.execute("select n from kept").fetchone() == (1,)
        with redis.from_url(urls.valkey) as client:
            assert client.get("kept") == b"yes"
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendfsync") == {"appendfsync": "everysec"}


def test_they_listen_on_no_network_address(tmp_path):
    with embedded.servers(tmp_path) as urls:
        with psycopg.connect(urls.database) as connection:
            assert connection.execute("show listen_addresses").fetchone() == ("",)
            assert connection.execute("show timezone").fetchone() == ("UTC",)
        with redis.from_url(urls.valkey) as client:
            assert client.config_get("port") == {"port": "0"}


def test_one_cluster_holds_several_databases(tmp_path):
    with embedded.servers(tmp_path) as urls:
        other = embedded.ensure_database(urls.database, "other")
        assert embedded.ensure_database(urls.database, "other") == other
        with psycopg.connect(other) as connection:
            assert connection.execute("select current_database()").fetchone() == ("other",)


def test_whoever_comes_second_shares_and_does_not_stop_them(tmp_path):
    holder = hold(tmp_path)
    with embedded.servers(tmp_path) as urls:
        assert not urls.is_owner
        assert urls.dead() == []
    assert urls.dead() == []
    holder.terminate()
    holder.wait()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_they_do_not_outlive_an_owner_that_is_killed(tmp_path, sign):
    holder = hold(tmp_path)
    pids = [int((tmp_path / name).read_text().split()[0]) for name in ("postgres/postmaster.pid", "valkey/valkey.pid")]
    holder.send_signal(sign)
    holder.wait()
    deadline = time.monotonic() + 60
    while any(processes.is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_postmaster_is_not_taken_for_a_living_one(tmp_path):
    with embedded.servers(tmp_path) as urls:
        os.kill(urls.postgres.pid(), signal.SIGKILL)
        os.kill(urls.keyspace.pid(), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while len(urls.dead()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert urls.dead() == ["PostgreSQL", "Valkey"]
        urls.revive()
        with psycopg.connect(urls.database) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_a_pid_file_left_by_a_power_cut_does_not_keep_it_down(tmp_path):
    with embedded.servers(tmp_path):
        pass
    # After a reboot the same number belongs to another process: here, to this very one.
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}/postgres\n")
    (tmp_path / "valkey" / "valkey.pid").write_text(f"{os.getpid()}\n")
    with embedded.servers(tmp_path) as urls:
        assert urls.dead() == []


def test_a_path_too_long_for_a_socket_still_works(tmp_path):
    deep = tmp_path / ("long" * 15) / ("folder" * 10)
    with embedded.servers(deep) as urls:
        assert str(deep) not in urls.database
        with psycopg.connect(urls.database) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("PG_VERSION", "15\n", "holds files that are not Unisson's"),
        ("photo.jpg", "", "holds files that are not Unisson's"),
        ("owner.json", json.dumps({"product": "another"}), "belongs to another product"),
        ("owner.json", "not json", "belongs to another product"),
        ("owner.json", json.dumps({"product": "unisson", "postgresql": 17}), "made by PostgreSQL 17"),
    ],
)
def test_a_foreign_folder_is_left_alone(tmp_path, name, content, sentence):
    (tmp_path / name).write_text(content)
    with pytest.raises(embedded.EmbeddedError, match=sentence):
        embedded.start(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [name]
