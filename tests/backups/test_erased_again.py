"""A backup from before an erasure brings nobody back, and no recovery code that was used since."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from tenants.base import utcnow
from tests.backups.test_drill import silent
from tests.support.world import World, build_world
from unisson.backups.erasures import ERASURES, export
from unisson.backups.manifest import BackupError
from unisson.backups.restoring import bring_back
from unisson.backups.taking import take
from unisson.config import Settings
from unisson.database import migrate
from unisson.identity import spares
from unisson.identity.passwords import keeper
from unisson.runtime import web_runtime, worker_runtime
from unisson.trust import accounts, erasing
from unisson.trust.models import Erasure

GONE, SELF = "client_approver", "cm"


def erase(settings: Settings, world: World, role: str) -> None:
    worker = worker_runtime(settings)
    with worker.database.agency(world.agency_id) as session:
        erasure = Erasure(membership_id=world.people[role].membership_id, due_at=utcnow())
        session.add(erasure)
        session.flush()
        assert erasing.erase(session, erasure)
    worker.database.engine.dispose()
    worker.valkey.close()


def erase_account(settings: Settings, world: World, role: str) -> None:
    worker = worker_runtime(settings)
    assert accounts.erase(worker, world.people[role].identity_id)
    worker.database.engine.dispose()
    worker.valkey.close()


def codes_of(settings: Settings, world: World, role: str) -> list[str]:
    web = web_runtime(settings)
    with web.database.everywhere() as session:
        made = spares.make(session, world.people[role].identity_id, keeper(settings))
    web.database.engine.dispose()
    web.valkey.close()
    return [code.replace("-", "") for code in made]


def lets_in(settings: Settings, world: World, role: str, code: str) -> bool:
    web = web_runtime(settings)
    with web.database.everywhere() as session:
        found = spares.spend(session, world.people[role].identity_id, code, keeper(settings))
    web.database.engine.dispose()
    web.valkey.close()
    return found


def asked(settings: Settings, query: str, *values: object) -> Sequence[Sequence[object]]:
    with psycopg.connect(settings.database_url) as connection:
        return connection.execute(query, values).fetchall()  # type: ignore[arg-type]  # constants of this file


def names(settings: Settings, world: World) -> dict[uuid.UUID, str]:
    rows = asked(settings, "select id, name from app.memberships where agency_id = %s", world.agency_id)
    return {row[0]: str(row[1]) for row in rows}  # type: ignore[misc]


def made(new: object, kind: str) -> tuple[Settings, World]:
    settings: Settings = new(kind)  # type: ignore[operator]
    migrate(settings)
    web = web_runtime(settings)
    world = build_world(web)
    web.database.engine.dispose()
    web.valkey.close()
    return settings, world


def test_who_was_erased_since_is_erased_again_under_the_same_pseudonym(new_installation, tmp_path: Path) -> None:
    source, world = made(new_installation, "source")
    used, kept = codes_of(source, world, "rp")[:2]
    old = take(source, tmp_path / "backups")
    erase(source, world, "legal")
    erase(source, world, GONE)
    erase_account(source, world, SELF)
    assert lets_in(source, world, "rp", used)
    take(source, tmp_path / "backups")
    before = names(source, world)
    assert before[world.people[GONE].membership_id] == "Personne effacée 2"

    target = new_installation("target")
    came = bring_back(target, old, silent)
    assert (came.again.erased, came.again.waiting, came.again.codes) == (4, 0, 1), (
        "three of the agency, one of them with the account"
    )
    assert names(target, world) == before
    assert asked(target, "select 1 from app.identities where id = %s", world.people[SELF].identity_id) == []
    assert asked(target, "select 1 from app.privacy_letters") == [], "nobody is told a second time"
    for role in (GONE, SELF):
        email = world.people[role].email
        found = asked(target, "select 1 from app.memberships where email = %s", email)
        assert found == []
    assert not lets_in(target, world, "rp", used)
    assert lets_in(target, world, "rp", kept)


def test_a_list_of_its_own_is_taken_and_an_only_owner_waits(new_installation, tmp_path: Path) -> None:
    source, world = made(new_installation, "source")
    old = take(source, tmp_path / "backups")
    with psycopg.connect(source.database_url) as connection:  # somebody else became an owner, and the first one went
        admin = world.people["admin"].membership_id
        connection.execute("select set_config('app.agency_id', %s, true)", [str(world.agency_id)])
        connection.execute("update app.memberships set agency_role = 'owner' where id = %s", [admin])
    erase(source, world, "owner")
    codes_of(source, world, "rp")
    own = tmp_path / "own.json"
    assert len(export(source, own).people) == 1
    assert own.stat().st_mode & 0o077 == 0

    unknowing = new_installation("unknowing")
    assert bring_back(unknowing, old, silent).again.waiting == 0, "the list beside is from before"
    target = new_installation("target")
    came = bring_back(target, old, silent, own)
    assert (came.again.erased, came.again.waiting) == (0, 1)
    (row,) = asked(target, "select refused, pseudonym, due_at <= now() from app.erasures where done_at is null")
    assert tuple(row) == ("last_owner", "Personne effacée 1", True)


def test_a_list_that_is_cut_changed_or_foreign_stops_the_restore(new_installation, tmp_path: Path) -> None:
    source, _world = made(new_installation, "source")
    old = take(source, tmp_path / "backups")
    beside = tmp_path / "backups" / ERASURES
    whole = json.loads(beside.read_text())
    target = new_installation("target")
    for text, why in (
        (beside.read_text()[:40], "no list of erasures"),
        ("[]", "no list of erasures"),
        (json.dumps({**whole, "accounts": [str(uuid.uuid4())]}), "was changed"),
        (json.dumps({**whole, "key": "0" * 16}), "another SECRET_KEY"),
    ):
        beside.write_text(text)
        with pytest.raises(BackupError, match=why):
            bring_back(target, old, silent)
    with psycopg.connect(target.database_url) as connection:
        assert connection.execute("select to_regnamespace('app')").fetchone() == (None,)
