"""Signing in by address and password, a whole request: most of it is the hash that both check, as is meant."""

import http.client
import os
import uuid
from collections.abc import Callable
from itertools import count
from urllib.parse import urlencode

from itsdangerous import URLSafeTimedSerializer

from benchmarks.frame import Cluster, Result, Runner, Web, environ, interleave, ratio, web
from benchmarks.load import fill, signed
from unisson.config import Settings
from unisson.identity.passwords import COST, Keeper
from unisson.runtime import web_runtime
from unisson.web.bare import bare_app

CROWD = 10_000
TIMES = 12
PASSWORD = "granit embruns bruyère 47"
EMAIL = "owner@example.org"
_senders = count(1)


def measure(cluster: Cluster) -> list[Result]:
    """Return the ratio of a sign-in to its floor, with passwords as a deployment keeps them."""
    settings = cluster.settings("sign_in")
    with cluster.admin("sign_in") as admin:
        fill(admin, settings, CROWD)
        admin.execute("update app.identities set password_hash = %s", [Keeper(COST).hash(PASSWORD)])
        around = environ(cluster, settings.database_url) | {"ENVIRONMENT": "development", "TRUSTED_PROXIES": "1"}
        bench = {"BENCH_DATABASE": settings.database_web_url, "BENCH_EMAIL": EMAIL, "BENCH_PASSWORD": PASSWORD}
        with (
            web("unisson.app:create_app", around) as real,
            web("benchmarks.sign_in_floor:create", os.environ | bench) as bare,
        ):
            floor = Runner("floor", bare, lambda: _checked(bare.get("/")[0], 303), TIMES)
            whole = Runner("sign-in", real, _signing_in(settings, real), TIMES)
            costs = interleave([floor, whole], admin)
    cost = costs["sign-in"]
    said = f"{cost.web:.1f} ms web + {cost.postgres:.1f} ms PostgreSQL, {cost.wall:.0f} ms until the answer"
    return [
        Result("sign-in: floor", costs["floor"].cpu, "ms", note="look up, check the hash, write the sign-in"),
        Result("sign-in: whole request", ratio(whole, floor), "×", note=said),
    ]


def _signing_in(settings: Settings, server: Web) -> Callable[[], object]:
    """Return what signs the owner in from one more address: from one alone, tries are limited."""
    app = bare_app(web_runtime(settings))
    token = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps("one-session")
    body = urlencode({"csrf_token": token, "email": EMAIL, "password": PASSWORD})
    cookie = signed(app, None, uuid.UUID(int=0))

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        number = next(_senders)
        headers = {
            "Host": "localhost", "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded",
            "Referer": "http://localhost/", "X-Forwarded-For": f"10.{number // 250}.{number % 250}.1",
        }  # fmt: skip
        connection.request("POST", "/sign-in", body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        _checked(answer.status, 303)

    return ask


def _checked(status: int, wanted: int) -> None:
    assert status == wanted, status
