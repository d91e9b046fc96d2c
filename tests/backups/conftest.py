"""Installations of their own in the tests' cluster: another database each, other files, the same roles."""

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from unisson import embedded
from unisson.config import Settings, role_url


def installation(settings: Settings, name: str, folder: Path) -> Settings:
    """An installation of its own in the tests' cluster: another database, other files, the same roles."""
    url = urlsplit(settings.database_url)._replace(path=f"/{name}").geturl()
    return dataclasses.replace(
        settings,
        database_url=url,
        backup_database_url=url,
        database_web_url=role_url(url, "unisson_web", settings.secret_key),
        database_worker_url=role_url(url, "unisson_worker", settings.secret_key),
        database_dispatch_url=role_url(url, "unisson_dispatch", settings.secret_key),
        storage_url=(folder / name).as_uri(),
    )


@pytest.fixture
def new_installation(settings: Settings, tmp_path: Path) -> Iterator[Callable[[str], Settings]]:
    made: list[str] = []

    def make(kind: str) -> Settings:
        name = f"{kind}_{os.getpid()}_{len(made)}"
        made.append(name)
        embedded.ensure_database(settings.database_url, name)
        return installation(settings, name, tmp_path)

    yield make
    with psycopg.connect(settings.database_url, autocommit=True) as admin:
        for name in made:
            for each in (name, f"{name}_restoring"):
                admin.execute(f'drop database if exists "{each}" with (force)')
