"""The drill: what was backed up comes back whole, and nothing that left in between leaves a second time."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import select, text

from tenants.base import utcnow
from tenants.context import acting_for
from tests.standins.pds import PASSWORD, StandInPds
from tests.support.campaign import Approved, approve_many, connect_bluesky
from tests.support.leaving import publisher_to
from tests.support.world import World, build_world
from unisson.backups import database
from unisson.backups.manifest import DUMP, FILES, MANIFEST, BackupError
from unisson.backups.restoring import bring_back
from unisson.backups.taking import prune, take
from unisson.config import Settings
from unisson.database import migrate
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.models import Publication
from unisson.runtime import web_runtime, worker_runtime
from unisson.storage import storage_of


def silent(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def pds(tmp_path: Path) -> Iterator[StandInPds]:
    server = StandInPds(tmp_path / "effects.jsonl", late_seconds=1.0)
    yield server
    server.close()


def drain(settings: Settings, pds: StandInPds) -> None:
    """Publish what is due, as a worker does, until nothing moves."""
    worker = worker_runtime(settings)
    for _ in range(3):
        publisher_to(pds, worker, BlueskyAdapter).drain(10)
    worker.database.engine.dispose()
    worker.valkey.close()


def await_due(approved: Approved) -> None:
    """Wait for the content's moment."""
    time.sleep(max(0.0, (approved.due_at - utcnow()).total_seconds()) + 0.1)


def publications(settings: Settings, world: World) -> dict[uuid.UUID, tuple[str, str | None]]:
    runtime = web_runtime(settings)
    with runtime.database.agency(world.agency_id) as session:
        rows = session.execute(select(Publication.content_id, Publication.state, Publication.reason)).all()
    runtime.database.engine.dispose()
    return {content_id: (state, reason) for content_id, state, reason in rows}


def filled(settings: Settings, pds: StandInPds) -> tuple[World, uuid.UUID]:
    """A migrated installation with an agency, its channel, and a file."""
    migrate(settings)
    runtime = web_runtime(settings)
    world = build_world(runtime)
    channel_id = connect_bluesky(runtime, world, pds.url, "marque.test", PASSWORD)
    with acting_for(world.agency_id):
        storage_of(settings).put(b"bytes of an image", "media", "a" * 64)
    runtime.database.engine.dispose()
    return world, channel_id


def test_what_left_since_the_backup_does_not_leave_again(new_installation, pds, tmp_path: Path) -> None:
    source = new_installation("source")
    world, channel_id = filled(source, pds)
    runtime = web_runtime(source)
    planned = approve_many(runtime, world, [channel_id], 2, due_in=7.0)
    drain(source, pds)
    assert {state for state, _ in publications(source, world).values()} == {"scheduled"}
    (unplanned,) = approve_many(runtime, world, [channel_id], 1, due_in=3.0)
    later = approve_many(runtime, world, [channel_id], 1, due_in=3600.0)
    runtime.database.engine.dispose()

    place = take(source, tmp_path / "backups")
    await_due(planned[0])
    drain(source, pds)
    assert len(pds.effects.all()) == 3

    target = new_installation("target")
    came = bring_back(target, place, silent)
    assert (came.files, came.unknown) == (1, 2)
    with acting_for(world.agency_id):
        assert storage_of(target).get("media", "a" * 64) == b"bytes of an image"
    with psycopg.connect(target.database_url) as connection:
        assert connection.execute("select count(*) from app.sign_ins where revoked_at is null").fetchone() == (0,)

    drain(target, pds)
    found = publications(target, world)
    assert {found[each.content_id][0] for each in planned} == {"published"}
    assert found[unplanned.content_id] == ("held", "restored")
    assert found[later[0].content_id] == ("scheduled", None)
    assert len(pds.effects.all()) == 3


def test_what_had_not_left_leaves_after_it_was_looked_up(new_installation, pds, tmp_path: Path) -> None:
    source = new_installation("source")
    world, channel_id = filled(source, pds)
    runtime = web_runtime(source)
    (approved,) = approve_many(runtime, world, [channel_id], 1, due_in=6.0)
    runtime.database.engine.dispose()
    drain(source, pds)
    place = take(source, tmp_path / "backups")
    await_due(approved)  # and the source is gone
    target = new_installation("target")
    bring_back(target, place, silent)
    drain(target, pds)
    assert publications(target, world)[approved.content_id][0] == "published"
    assert len(pds.effects.all()) == 1


def test_everything_is_equal(new_installation, pds, tmp_path: Path) -> None:
    """Counts, contents, policies, grants and triggers, and who is held apart from whom."""
    source = new_installation("source")
    world, _channel_id = filled(source, pds)
    place = take(source, tmp_path / "backups")
    target = new_installation("target")
    bring_back(target, place, silent)
    held = {}
    for each in (source, target):
        with psycopg.connect(each.database_url) as connection:
            held[each.database_url] = (database.tables(connection), database.policies(connection))
    (before, rules_before), (after, rules_after) = held.values()
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"sign_ins", "restores"}  # everybody is signed out, and it is noted
    assert before["sign_ins"].rows == after["sign_ins"].rows > 0
    assert rules_before == rules_after
    runtime = web_runtime(target)
    with runtime.database.agency(uuid.uuid4()) as session:
        assert session.scalar(text("select count(*) from app.brands")) == 0
    with runtime.database.agency(world.agency_id) as session:
        assert session.scalar(text("select count(*) from app.brands")) == 2
    runtime.database.engine.dispose()


def test_a_second_backup_copies_only_what_is_new_and_old_ones_go(new_installation, pds, tmp_path: Path) -> None:
    source, folder = new_installation("source"), tmp_path / "backups"
    world, _channel_id = filled(source, pds)
    first = take(source, folder)
    (copied,) = [each for each in (folder / FILES).rglob("*") if each.is_file()]
    written = copied.stat().st_mtime_ns
    with acting_for(world.agency_id):
        storage_of(source).delete("media", "a" * 64)
        storage_of(source).put(b"another", "media", "b" * 64)
    second = take(source, folder)
    assert copied.stat().st_mtime_ns == written
    assert prune(folder, 1) == 1
    assert (first.exists(), second.exists(), copied.exists()) == (False, True, False)
    bring_back(new_installation("target"), second, silent)


def test_it_is_made_by_the_role_that_is_there_for_it(new_installation, pds, tmp_path: Path) -> None:
    source = new_installation("source")
    filled(source, pds)
    url = urlsplit(source.database_url)
    as_backup = url._replace(netloc="unisson_backup@").geturl()
    place = take(dataclasses.replace(source, backup_database_url=as_backup), tmp_path / "backups")
    bring_back(new_installation("target"), place, silent)
    blind = dataclasses.replace(source, backup_database_url=source.database_worker_url)
    with pytest.raises(BackupError, match="one agency at a time"):
        take(blind, tmp_path / "blind")
    assert [each.name for each in (tmp_path / "blind").iterdir()] == []


def test_a_backup_that_is_not_whole_or_not_ours_changes_nothing(new_installation, pds, tmp_path: Path) -> None:
    source, folder = new_installation("source"), tmp_path / "backups"
    filled(source, pds)
    place = take(source, folder)
    target = new_installation("target")
    (file,) = [each for each in (folder / FILES).rglob("*") if each.is_file()]

    def refused(why: str, settings: Settings = target) -> None:
        with pytest.raises(BackupError, match=why):
            bring_back(settings, place, silent)
        with psycopg.connect(target.database_url) as connection:
            assert connection.execute("select to_regnamespace('app')").fetchone() == (None,)

    refused("another SECRET_KEY", dataclasses.replace(target, secret_key="another" * 8))
    whole, manifest = (place / DUMP).read_bytes(), (place / MANIFEST).read_text()
    (place / DUMP).write_bytes(whole[:-100])
    refused("cut short or damaged")
    (place / DUMP).write_bytes(whole)
    kept = file.read_bytes()
    file.unlink()
    refused("is missing")
    file.write_bytes(kept)
    (place / MANIFEST).write_text(json.dumps({**json.loads(manifest), "files": {}}))
    refused("was changed since")
    (place / MANIFEST).write_text(json.dumps({"product": "other"}))
    refused("another product")
    (place / MANIFEST).write_text(manifest[:50])
    refused("can't be read")
    (place / MANIFEST).unlink()
    refused("is not a backup")
    (place / MANIFEST).write_text(manifest)
    with pytest.raises(BackupError, match="is not empty"):
        bring_back(source, place, silent)


def test_killed_in_the_middle_nothing_opens_and_a_second_try_succeeds(new_installation, pds, tmp_path: Path) -> None:
    source = new_installation("source")
    filled(source, pds)
    place = take(source, tmp_path / "backups")
    target = new_installation("target")
    environment = {
        **os.environ, "ENVIRONMENT": "test", "SECRET_KEY": target.secret_key, "DATABASE_URL": target.database_url,
        "VALKEY_URL": target.valkey_url, "DATA_DIR": str(tmp_path), "STORAGE_URL": target.storage_url,
    }  # fmt: skip
    command = [sys.executable, "-m", "unisson.cli", "restore", str(place)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    filling = urlsplit(target.database_url).path.lstrip("/") + "_restoring"
    with psycopg.connect(source.database_url, autocommit=True) as admin:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if admin.execute("select 1 from pg_database where datname = %s", [filling]).fetchone():
                break
            time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    with psycopg.connect(target.database_url) as connection:
        assert connection.execute("select to_regnamespace('app')").fetchone() == (None,)
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Everybody signs in again." in ran.stdout
