"""What a worker knows of the tables: a process of its own, that loads no more than the product's does."""

import subprocess
import sys

from unisson.closing.scope import POINTERS, held
from unisson.tables import metadata

ASKED = """
import workers.worker
from tenants.base import SCHEMA, Base
from unisson.closing.scope import POINTERS, held
print(len(Base.metadata.tables), *sorted(each.table.name for each in held()))
assert all(f"{SCHEMA}.{name}" in Base.metadata.tables for name in POINTERS)
"""


def test_the_worker_that_exports_and_deletes_knows_every_table() -> None:
    told = subprocess.run([sys.executable, "-c", ASKED], check=True, capture_output=True, text=True, timeout=60)
    number, *names = told.stdout.split()
    assert int(number) == len(metadata.tables)
    assert names == sorted(each.table.name for each in held())
    assert POINTERS
