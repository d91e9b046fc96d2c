"""A push service of somebody else's making verifies who sends, and decrypts what a browser is told (`web-push-testing`)."""

import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from support.desk import Desk
from support.ports import free_port

from tenants.browsers import PushBrowser
from tests.peers.conftest import RECIPE_OF_PDS, _tool
from unisson.app import create_app
from unisson.kept_secret import new_push_key
from unisson.notifications import notices
from unisson.outbound import Deadline, Outbound, OutboundError
from unisson.push.keys import keys_of
from unisson.push.posting import tell_due
from unisson.runtime import Runtime

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its place, host:port."""
    tool, port = _tool(), free_port()
    assert tool.npm_is_installed("push"), "run tools/peers.py install first"
    script = tool.PEERS / "push" / "node_modules/web-push-testing/src/bin/server.js"
    environ = {**os.environ, "NODE_OPTIONS": f"--require {RECIPE_OF_PDS / 'loopback.cjs'}"}
    log = tmp_path_factory.mktemp("push") / "log"
    with log.open("wb") as out:
        running = subprocess.Popen([tool.node(), script, str(port)], env=environ, stdout=out, stderr=out)
    place = f"localhost:{port}"
    deadline = time.monotonic() + 90
    while _asked(place, "/status", {}) is None:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    yield place
    running.send_signal(signal.SIGTERM)
    running.wait(60)


def _asked(place: str, path: str, body: dict[str, Any]) -> Any:
    try:
        answer = Outbound([place]).request(
            "POST", f"http://{place}{path}", deadline=Deadline.after(60),
            headers={"Content-Type": "application/json"}, content=json.dumps(body).encode(),
        )  # fmt: skip
    except OutboundError:
        return None
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["data"] if answer.body.startswith(b"{") else answer.body


def test_it_reads_what_we_send_and_we_hear_that_a_browser_is_gone(
    desk: Desk, runtime: Runtime, worker: Runtime, service: str
) -> None:
    settings = dataclasses.replace(runtime.settings, outbound_allow=(service,), push_private_key=new_push_key())
    app = create_app(runtime=dataclasses.replace(runtime, settings=settings))
    app.config["WTF_CSRF_ENABLED"] = False
    team, keys = Desk(app, app.extensions["unisson"], desk.world), keys_of(settings)
    assert keys is not None
    given = _asked(service, "/subscribe", {"userVisibleOnly": "true", "applicationServerKey": keys.public})
    form = {"endpoint": given["endpoint"], **given["keys"]}
    assert team.post("cm", "/notices/browsers", form).status_code == 303
    content_id = team.write(title="Café à Nouméa")

    def told() -> list[dict[str, Any]]:
        with team.session() as session:
            about = {"content_id": str(content_id)}
            notices.tell(session, team.world.people["cm"].membership_id, "missed", about)
        with worker.database.everywhere() as session:
            session.execute(text("update app.dispatch set due_at = now() where queue = 'pushes'"))
        tell_due(dataclasses.replace(worker, settings=settings), 20)
        return [
            json.loads(each)
            for each in _asked(service, "/get-notifications", {"clientHash": given["clientHash"]})["messages"]
        ]

    (said,) = told()
    assert said["path"] == f"/{team.world.slug}/contents/{content_id}"
    assert "Café à Nouméa" in said["body"]
    _asked(service, f"/expire-subscription/{given['clientHash']}", {})
    assert len(told()) == 1
    with worker.database.everywhere() as session:
        whose = team.world.people["cm"].identity_id
        assert session.scalar(select(PushBrowser.id).where(PushBrowser.identity_id == whose)) is None
