"""Saving a draft by itself, as the composer does two seconds after the last key: a whole round trip to its floor."""

import http.client
import json
import uuid
from collections.abc import Callable
from itertools import count
from urllib.parse import urlencode

from itsdangerous import URLSafeTimedSerializer

from benchmarks.frame import Cluster, Result, Runner, Web, environ, interleave, ratio, web
from benchmarks.load import Probe, fill
from unisson.config import Settings
from unisson.runtime import web_runtime
from unisson.web.bare import bare_app

CROWD = 100_000
SAVINGS = 24
_PARAGRAPH = "Un paragraphe comme on en écrit, avec des accents et une fin. "
_numbers = count()


def measure(cluster: Cluster) -> list[Result]:
    """Return the ratio of a saving to its floor."""
    settings = cluster.settings("autosave")
    with cluster.admin("autosave") as admin:
        probe = fill(admin, settings, CROWD)
        drafts = admin.execute(
            "select id from app.contents where brand_id = %s and state = 'draft' order by id limit 2",
            [probe.brand_ids[0]],
        ).fetchall()
        mine, bare_one = (uuid.UUID(str(row[0])) for row in drafts)
        bench = {
            "BENCH_DATABASE": settings.database_web_url,
            "BENCH_AGENCY": str(probe.agency_id),
            "BENCH_HELD": probe.held.hex(),
            "BENCH_CONTENT": str(bare_one),
        }
        with (
            web("unisson.app:create_app", environ(cluster, settings.database_url)) as real,
            web("benchmarks.autosave_floor:create", bench) as bare,
        ):
            floor = Runner("floor", bare, lambda: _post(bare, "/", _typed()), SAVINGS)
            saving = Runner("saving", real, _saving(settings, real, probe, mine), SAVINGS)
            costs = interleave([floor, saving], admin)
    cost = costs["saving"]
    said = f"{cost.web:.1f} ms web + {cost.postgres:.1f} ms PostgreSQL, {cost.wall:.0f} ms until the answer"
    return [Result("autosave: a round trip", ratio(saving, floor), "×", note=said)]


def _saving(settings: Settings, server: Web, probe: Probe, content_id: uuid.UUID) -> Callable[[], object]:
    """Return what saves the content once more, each time from the version that the last answer gave."""
    runtime = web_runtime(settings)
    app = bare_app(runtime)
    token = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps("one-session")
    headers = {"Cookie": probe.cookie, "X-CSRFToken": str(token), "Referer": "http://localhost/"}
    version = "1"

    def save() -> None:
        nonlocal version
        form = {**_typed(), "kind": "post", "version": version}
        version = str(_post(server, f"/{probe.slug}/contents/{content_id}/autosave", form, headers)["version"])

    return save


def _typed() -> dict[str, str]:
    return {"title": f"Un titre {next(_numbers)}", "body": _PARAGRAPH * 20}


def _post(server: Web, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    told = {"Host": "localhost", "Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    connection.request("POST", path, urlencode(form), told)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status == 200, (answer.status, said[:500])
    found: dict[str, object] = json.loads(said)
    return found
