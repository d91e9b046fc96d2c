"""Several keys at once: what an older one encrypted is still read, and brought under the newest by a command."""

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner
from cryptography.fernet import InvalidToken
from sqlalchemy import LargeBinary, delete, select
from support.world import World, build_world

from tenants.base import new_id, utcnow
from tenants.browsers import PushBrowser
from tenants.identities import PrivacyLetter, SecondFactor, SignIn
from unisson.cli import commands
from unisson.config import SettingError, Settings
from unisson.hooks.models import Hook
from unisson.publishing.models import Channel
from unisson.rotating import rotate_all, sealed_columns
from unisson.runtime import Runtime
from unisson.sign_on.models import IdentityProvider
from unisson.tables import metadata
from unisson.vault import Vault

OLD, NEW, FOREIGN = "old" * 12, "new" * 12, "foreign" * 6

NOT_SEALED = {
    "passkeys.credential_id", "passkeys.public_key", "events.name_salt", "recovery_codes.salt",
    "upload_parts.content",
}  # fmt: skip
"""Columns of bytes that hold no secret; digests are known by their names."""


def sealed_names() -> set[str]:
    return {f"{table.name}.{column.name}" for table, columns in sealed_columns() for column in columns}


def test_every_key_opens_and_the_first_encrypts() -> None:
    sealed = Vault(OLD).seal({"password": "hunter2"})
    both = Vault(NEW, OLD)
    assert both.open(sealed) == {"password": "hunter2"}
    assert Vault(NEW).open(both.seal({"a": "b"})) == {"a": "b"}
    renewed = both.renewed(sealed)
    assert renewed is not None
    assert Vault(NEW).open(renewed) == {"password": "hunter2"}
    assert both.renewed(renewed) is None
    with pytest.raises(InvalidToken):
        both.renewed(Vault(FOREIGN).seal({}))


def test_each_column_of_bytes_is_a_digest_or_sealed_or_known_to_be_neither() -> None:
    """Whoever adds one decides: `Sealed` is found by the rotation, and nothing else is."""
    of_bytes = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    digests = {each for each in of_bytes if each.endswith(("_hash", "digest", ".previous"))}
    assert of_bytes == digests | sealed_names() | NOT_SEALED


@pytest.fixture
def world(runtime: Runtime) -> World:
    return build_world(runtime)


def sealed_rows(runtime: Runtime, world: World, vault: Vault) -> dict[str, tuple[type, uuid.UUID]]:
    """Keep a value in each sealed column; return where, by the column's name."""
    owner = world.people["owner"].membership_id
    sealed = {"identity_id": world.people["cm"].identity_id}
    with runtime.database.everywhere() as session:
        factor = SecondFactor(id=new_id(), secret=vault.seal({"is": "second_factors.secret"}), **sealed)
        told = PrivacyLetter(
            id=new_id(), sealed=vault.seal({"is": "privacy_letters.sealed"}), due_at=utcnow() + timedelta(days=900)
        )
        sign_in_id = session.scalars(select(SignIn.id).where(SignIn.identity_id == sealed["identity_id"])).one()
        browser = PushBrowser(
            sign_in_id=sign_in_id, endpoint_hash=new_id().bytes, user_agent="x",
            sealed=vault.seal({"is": "push_browsers.sealed"}), **sealed,
        )  # fmt: skip
        session.add_all([factor, told, browser])
        session.flush()
        places: dict[str, tuple[type, uuid.UUID]] = {
            "second_factors.secret": (SecondFactor, factor.id),
            "privacy_letters.sealed": (PrivacyLetter, told.id),
            "push_browsers.sealed": (PushBrowser, browser.id),
        }
    with runtime.database.agency(world.agency_id) as session:
        channel = Channel(
            brand_id=world.brand_id, kind="bluesky", name="x", secret=vault.seal({"is": "channels.secret"}),
            tokens=vault.seal({"is": "channels.tokens"}),
        )  # fmt: skip
        hook = Hook(
            room="slack", name="x", host="hooks.slack.com", events=["approved"], created_by=owner,
            sealed=vault.seal({"is": "hooks.sealed"}),
        )  # fmt: skip
        provider = IdentityProvider(
            kind="other", name="x", issuer=f"https://{uuid.uuid4().hex}.example", client_id="x", added_by=owner,
            secret=vault.seal({"is": "identity_providers.secret"}), authorization_endpoint="https://a.example",
            token_endpoint="https://a.example", jwks_uri="https://a.example", auth_method="client_secret_basic",
            names_issuer=False,
        )  # fmt: skip
        session.add_all([channel, hook, provider])
        session.flush()
        places |= {"channels.secret": (Channel, channel.id), "channels.tokens": (Channel, channel.id)}
        places |= {"hooks.sealed": (Hook, hook.id), "identity_providers.secret": (IdentityProvider, provider.id)}
    return places


def read(runtime: Runtime, world: World, place: tuple[type, uuid.UUID], name: str) -> bytes:
    model, row = place
    is_global = model in {SecondFactor, PrivacyLetter, PushBrowser}
    opened = runtime.database.everywhere() if is_global else runtime.database.agency(world.agency_id)
    with opened as session:
        value: bytes = session.scalars(select(getattr(model, name)).where(model.id == row)).one()
        return value


@pytest.fixture
def turned_back(runtime: Runtime, worker: Runtime, settings: Settings) -> Iterator[None]:
    """What else the database of the tests holds is under its own key again afterwards, and no letter waits there."""
    yield
    with worker.database.everywhere() as session:
        session.execute(delete(PrivacyLetter).where(PrivacyLetter.due_at > utcnow() + timedelta(days=800)))
    rotate_all(dataclasses.replace(runtime, vault=Vault(settings.secret_key, NEW)), lambda _said: None)


@pytest.mark.usefixtures("turned_back")
def test_every_sealed_column_comes_under_the_newest_key_and_stopped_goes_on(
    runtime: Runtime, world: World, settings: Settings
) -> None:
    places = sealed_rows(runtime, world, runtime.vault)
    assert places.keys() == sealed_names(), "a new sealed column has its row here"
    with runtime.database.agency(world.agency_id) as session:  # a value that a first run had brought there
        hook = session.scalars(select(Hook)).one()
        hook.sealed = Vault(NEW).seal({"is": "hooks.sealed"})
        untouched = hook.sealed
    turned = dataclasses.replace(runtime, vault=Vault(NEW, settings.secret_key))
    first = rotate_all(turned, lambda _said: None)
    for name, place in places.items():
        assert Vault(NEW).open(read(runtime, world, place, name.partition(".")[2])) == {"is": name}
    assert read(runtime, world, places["hooks.sealed"], "sealed") == untouched
    assert first.renewed >= 4
    again = rotate_all(turned, lambda _said: None)
    assert (again.renewed, again.left) == (0, first.renewed + first.left)


@pytest.mark.usefixtures("turned_back")
def test_what_no_key_opens_is_said_and_left_as_it_is(runtime: Runtime, world: World, settings: Settings) -> None:
    place = sealed_rows(runtime, world, Vault(FOREIGN))["channels.secret"]
    before = read(runtime, world, place, "secret")
    said: list[str] = []
    done = rotate_all(dataclasses.replace(runtime, vault=Vault(NEW, settings.secret_key)), said.append)
    assert done.lost >= 5
    assert any(line.startswith("channels: ") for line in said)
    assert read(runtime, world, place, "secret") == before


def test_the_list_is_read_strictly_and_never_repeated(tmp_path) -> None:
    def keys(text: str) -> tuple[str, ...]:
        return Settings.from_environ({"DATA_DIR": str(tmp_path), "SECRET_KEY": OLD, "VAULT_KEYS": text}).vault_keys

    assert keys("") == (OLD,)
    assert keys(f"{NEW}, {OLD}") == (NEW, OLD)
    for bad in ("short", f"{NEW},short", f"{NEW},{NEW}", f"{NEW}\n{OLD}"):
        with pytest.raises(SettingError) as refused:
            keys(bad)
        assert refused.value.name == "VAULT_KEYS"
        assert bad not in str(refused.value)
    assert NEW not in repr(Settings.from_environ({"DATA_DIR": str(tmp_path), "VAULT_KEYS": NEW}))


def test_the_command_says_what_it_did(settings: Settings) -> None:
    environ = {
        "ENVIRONMENT": "test", "SECRET_KEY": settings.secret_key, "DATABASE_URL": settings.database_url,
        "VALKEY_URL": settings.valkey_url, "DATA_DIR": str(settings.data_dir),
    }  # fmt: skip
    answer = CliRunner().invoke(commands, ["vault", "rotate"], env=environ)
    assert "Encrypted anew: 0. Under the first key already: " in answer.stdout
