import dataclasses
import stat
from pathlib import Path

import pytest

from unisson.config import SettingError, Settings, markdown_table, role_password
from unisson.resources import CHECKOUT

SECRET = "s" * 40
PRODUCTION = {
    "ENVIRONMENT": "production",
    "BASE_URL": "https://desk.example.org",
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql://owner:pw@db.example.org:5432/unisson?sslmode=verify-full",
    "VALKEY_URL": "rediss://:pw@cache.example.org:6379/0",
    "MAIL_URL": "smtps://user:pw@mail.example.org:465",
    "MAIL_FROM": "Unisson <desk@example.org>",
}


def read(tmp_path: Path, **stated: str) -> Settings:
    return Settings.from_environ({"DATA_DIR": str(tmp_path), **stated})


def test_nothing_needs_to_be_said_on_ones_own_machine(tmp_path):
    settings = read(tmp_path)
    assert settings.is_embedded
    assert not settings.is_production
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.storage_url == (tmp_path / "media").as_uri()
    assert set(settings.trusted_hosts) == {"127.0.0.1", "localhost"}


def test_production_starts_once_everything_is_said(tmp_path):
    settings = read(tmp_path, **PRODUCTION, TRUSTED_HOSTS="press.example.org")
    assert settings.is_production
    assert settings.trusted_hosts == ("desk.example.org", "press.example.org")
    assert settings.push_private_key == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["BASE_URL", "SECRET_KEY", "DATABASE_URL", "VALKEY_URL", "MAIL_URL", "MAIL_FROM"])
def test_production_names_what_is_missing(tmp_path, name):
    stated = {key: value for key, value in PRODUCTION.items() if key != name}
    with pytest.raises(SettingError) as refused:
        read(tmp_path, **stated)
    assert refused.value.name == name


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("BASE_URL", "http://desk.example.org", "https"),
        ("SECRET_KEY", "short", "32 characters"),
        ("MAIL_URL", "mailbox:", "mailbox:"),
    ],
)
def test_production_refuses_what_is_only_safe_at_home(tmp_path, name, value, why):
    with pytest.raises(SettingError, match=why) as refused:
        read(tmp_path, **{**PRODUCTION, name: value})
    assert refused.value.name == name


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("ENVIRONMENT", "staging", "must be development, production or test"),
        ("HOST", "example.org", "IP address"),
        ("PORT", "0", "from 1 to 65535"),
        ("PORT", "65536", "from 1 to 65535"),
        ("PORT", "eighty", "whole number"),
        ("BASE_URL", "ftp://example.org", "http://"),
        ("BASE_URL", "http://", "cannot|not a URL"),
        ("BASE_URL", "http://example.org/desk", "without a path"),
        ("BASE_URL", "http://example.org:99999", "not a URL"),
        ("TRUSTED_HOSTS", "https://example.org", "without scheme"),
        ("TRUSTED_PROXIES", "-1", "from 0"),
        ("SECRET_KEY", "two\nlines", "one line"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("DATABASE_URL", "mysql://localhost/unisson", "postgresql://"),
        ("DATABASE_URL", "postgresql://localhost", "name of a database"),
        ("DATABASE_WEB_URL", "sqlite:///file", "postgresql://"),
        ("VALKEY_URL", "memcached://localhost", "redis://"),
        ("VALKEY_URL", "unix://", "socket"),
        ("MAIL_URL", "localhost:25", "smtp://"),
        ("MAIL_URL", "ftp://localhost", "or be mailbox:"),
        ("MAIL_URL", "smtp://", "not a URL"),
        ("MAIL_FROM", "Ada\r\nBcc: all@example.org", "one line"),
        ("MAIL_FROM", "nobody", "must hold an address"),
        ("MAIL_FROM", "Unisson <desk@>", "must hold an address"),
        ("STORAGE_URL", "gs://bucket", "file://"),
        ("STORAGE_URL", "s3://", "bucket"),
        ("STORAGE_URL", "file://relative", "absolute"),
        ("WEB_WORKERS", "0", "from 1"),
        ("WEB_THREADS", "1000", "from 1 to 64"),
        ("PUBLISH_THREADS", "many", "whole number"),
        ("LATENESS_LIMIT", "0", "from 1"),
        ("OUTBOUND_ALLOW", "127.0.0.1:notaport", "host:port"),
        ("OUTBOUND_ALLOW", "10.0.0.0/99", "host:port"),
        ("CLAMD_ADDRESS", "unix:clamd.ctl", "absolute path"),
        ("CLAMD_ADDRESS", "127.0.0.1", "host:port"),
        ("CLAMD_ADDRESS", "127.0.0.1:0", "host:port"),
        ("OUTBOUND_ONLY", "https://example.org", "without scheme"),
        ("OUTBOUND_ONLY", "*", "host names"),
        ("OUTBOUND_ONLY", "*.org", "host names"),
        ("OUTBOUND_ONLY", "a.*.example.org", "host names"),
        ("PLAIN_CONNECTIONS", "database,stripe", "must list database, valkey, mail, files or clamd"),
        ("DNS_SERVER", "dns.example.org", "IP address"),
        ("DNS_SERVER", "192.0.2.1:99999", "from 1 to 65535"),
        ("DNS_SERVER", "[::1]:x", "from 1 to 65535"),
        ("LOG_LEVEL", "verbose", "DEBUG"),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path, name, value, why):
    with pytest.raises(SettingError, match=why) as refused:
        read(tmp_path, **{name: value})
    assert refused.value.name == name
    assert str(refused.value).startswith(name)


def test_a_refusal_never_repeats_a_password(tmp_path):
    with pytest.raises(SettingError) as refused:
        read(tmp_path, DATABASE_URL="mysql://owner:hunter2@db/unisson")
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(read(tmp_path, MAIL_URL="smtp://user:hunter2@mail.example.org"))


def test_an_empty_variable_is_an_unset_one(tmp_path):
    assert read(tmp_path, PORT="", BASE_URL="").port == 8000


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path):
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "push_key").stat().st_mode) == 0o600
    assert first.push_private_key == second.push_private_key
    assert {file.name for file in tmp_path.iterdir()} == {"secret_key", "push_key"}


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingError) as refused:
        read(tmp_path / "file")
    assert refused.value.name == "DATA_DIR"


def test_nothing_is_put_into_a_folder_of_somebody_else(tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(SettingError, match=r"holds files that are not Unisson's \(letter.txt\)") as refused:
        read(tmp_path)
    assert refused.value.name == "DATA_DIR"
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("owner", "web"),
    [
        ("postgresql://owner:pw@db:5432/u?sslmode=require", "postgresql://unisson_web:{}@db:5432/u?sslmode=require"),
        ("postgresql://postgres@/u?host=/run/pg", "postgresql://unisson_web:{}@/u?host=/run/pg"),
        ("postgres://localhost/u", "postgresql://unisson_web:{}@localhost/u"),
    ],
)
def test_each_role_signs_in_with_a_password_of_its_own(tmp_path, owner, web):
    settings = read(tmp_path, DATABASE_URL=owner, SECRET_KEY=SECRET)
    assert settings.database_web_url == web.format(role_password(SECRET, "unisson_web"))
    urls = {settings.database_web_url, settings.database_worker_url, settings.database_dispatch_url}
    assert len(urls) == 3
    assert len({url.partition(":")[2].partition("@")[0] for url in urls}) == 3


def test_a_role_url_that_is_stated_stays(tmp_path):
    stated = "postgresql://me:pw@pool:6432/u?sslmode=require"
    settings = read(tmp_path, DATABASE_URL="postgresql://o@db/u?sslmode=require", DATABASE_WEB_URL=stated)
    assert settings.database_web_url == stated
    assert "unisson_worker" in settings.database_worker_url


def test_roles_follow_once_the_servers_are_known(tmp_path):
    settings = read(tmp_path).with_servers("postgresql://postgres@/u?host=/run", "unix:///run/valkey.sock")
    assert not settings.is_embedded
    assert "unisson_web" in settings.database_web_url


def test_the_readme_shows_every_setting_as_it_is():
    assert markdown_table() in (CHECKOUT / "README.md").read_text()
    assert all(f"`{field.name.upper()}`" in markdown_table() for field in dataclasses.fields(Settings))


PLAIN = [
    ("DATABASE_URL", "postgresql://o:hunter2@db.example.org/u", "sslmode", "database"),
    ("DATABASE_URL", "postgresql://o@db.example.org/u?sslmode=prefer", "sslmode", "database"),
    ("DATABASE_URL", "postgresql://o@/u?host=/run/pg,db.example.org", "sslmode", "database"),
    ("DATABASE_URL", "postgresql://o@localhost,10.0.0.7:5433/u", "sslmode", "database"),
    ("DATABASE_URL", "postgresql://o@localhost/u?hostaddr=10.0.0.7", "sslmode", "database"),
    ("DATABASE_WORKER_URL", "postgresql://o@[2001:db8::1]:5432/u", "sslmode", "database"),
    ("VALKEY_URL", "redis://:hunter2@cache.example.org:6379/0", "rediss://", "valkey"),
    ("STORAGE_URL", "s3://k:hunter2@media?endpoint=http://minio.example.org:9000", "https://", "files"),
    ("CLAMD_ADDRESS", "clamd.example.org:3310", "its socket", "clamd"),
]
"""What would cross the network in the clear."""


@pytest.mark.parametrize(("name", "value", "better", "kind"), PLAIN)
def test_nothing_crosses_the_network_in_the_clear_unless_it_was_said_to(tmp_path, name, value, better, kind):
    with pytest.raises(SettingError, match=better) as refused:
        read(tmp_path, **{name: value})
    assert refused.value.name == name
    assert "hunter2" not in str(refused.value)
    assert f"PLAIN_CONNECTIONS={kind}" in str(refused.value)
    other = {"database": "valkey"}.get(kind, "database")
    with pytest.raises(SettingError):
        read(tmp_path, **{name: value, "PLAIN_CONNECTIONS": other})
    assert read(tmp_path, **{name: value, "PLAIN_CONNECTIONS": f"{other}, {kind}"}).plain_connections == (other, kind)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://o@db.example.org/u?sslmode=require"),
        ("DATABASE_URL", "postgresql://o@db.example.org/u?sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://o@/u?host=/run/pg"),
        ("DATABASE_URL", "postgresql:///u"),
        ("DATABASE_URL", "postgresql://o@127.0.0.1:5433/u"),
        ("DATABASE_URL", "postgresql://o@[::1]:5433/u"),
        ("VALKEY_URL", "unix:///run/valkey.sock"),
        ("VALKEY_URL", "redis://localhost:6379/0"),
        ("VALKEY_URL", "rediss://cache.example.org:6379/0"),
        ("STORAGE_URL", "s3://media?endpoint=http://127.0.0.1:9000"),
        ("STORAGE_URL", "s3://media?region=eu-west-3"),
        ("MAIL_URL", "smtp://mail.example.org:587"),
        ("CLAMD_ADDRESS", "unix:/run/clamav/clamd.ctl"),
        ("CLAMD_ADDRESS", "127.0.0.1:3310"),
        ("CLAMD_ADDRESS", "[::1]:3310"),
    ],
)
def test_what_is_encrypted_or_stays_on_this_machine_is_taken(tmp_path, name, value):
    assert getattr(read(tmp_path, **{name: value}), name.lower()) == value


def test_the_environment_s_own_sslmode_counts(tmp_path):
    assert read(tmp_path, DATABASE_URL="postgresql://o@db.example.org/u", PGSSLMODE="verify-full").database_url
