"""Coming in by Google and by Microsoft, as `emulate` plays their sign-in: pages, codes, keys and claims."""

import dataclasses
import json
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select
from support.browser import Browser
from support.desk import HTTPS, Desk
from support.ports import free_port
from support.world import World, build_world

from tenants.base import new_id
from tenants.identities import IdentityLink
from tests.peers.conftest import _tool
from unisson.app import create_app
from unisson.outbound import Outbound
from unisson.runtime import Runtime
from unisson.sign_on.providers import Asked, add_provider

pytestmark = pytest.mark.peers

EMAIL = "ada@atelier-nord.fr"
DIRECTORY = "9188040d-6c67-4c5b-b112-36a304b66dad"


@dataclass(frozen=True)
class Emulated:
    """The two providers, and the agency that they know."""

    google: str
    microsoft: str
    world: World
    ids: dict[str, str]

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(urlsplit(each).netloc for each in (self.google, self.microsoft))


@pytest.fixture(scope="module")
def emulated(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    tool, port = _tool(), free_port(together=2)
    assert tool.npm_is_installed("oidc"), "run tools/peers.py install first"
    world = build_world(runtime)
    ids = {kind: str(new_id()) for kind in ("google", "microsoft")}
    about = Emulated(f"http://localhost:{port}", f"http://localhost:{port + 1}/{DIRECTORY}/v2.0", world, ids)
    folder = tmp_path_factory.mktemp("oidc")
    seed = {
        kind: {
            "users": [{"email": EMAIL, "name": "Ada Nord"}],
            "oauth_clients": [
                {"client_id": f"{kind}-id", "client_secret": f"{kind}-secret", "name": "Unisson",
                 "redirect_uris": [f"http://localhost/{world.slug}/sign-on/{ids[kind]}/return"]}
            ],
        }
        for kind in ids
    }  # fmt: skip
    (folder / "seed.yaml").write_text(json.dumps(seed))  # JSON is YAML
    command = [tool.node(), tool.PEERS / "oidc" / "node_modules/emulate/dist/index.js", "start", "-p", str(port), "-s",
               "google,microsoft", "--seed", "seed.yaml"]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as running:
        _await(f"{about.google}/.well-known/openid-configuration", folder / "log")
        yield about
        running.send_signal(signal.SIGTERM)


def _await(url: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text(errors="replace"))


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        return None


def consent(location: str) -> str:
    """Choose the person on the provider's page; return the path and query that the browser is sent back with."""
    page = urllib.request.urlopen(location, timeout=60).read().decode()
    (form,) = [each for each in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'value="{EMAIL}"' in each]
    sent = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', form))
    action = urljoin(location, re.search(r'action="([^"]*)"', form)[1])  # type: ignore[index]
    try:
        urllib.request.build_opener(_Stay).open(action, urlencode(sent).encode(), timeout=60)
    except HTTPError as led:
        back = urlsplit(led.headers["Location"])
        return f"{back.path}?{back.query}"
    raise AssertionError("the provider sent nobody back")


@pytest.mark.parametrize(("kind", "role"), [("google", "cm"), ("microsoft", "rp")])
def test_somebody_links_their_account_and_comes_in(emulated: Emulated, runtime: Runtime, kind: str, role: str) -> None:
    settings = dataclasses.replace(runtime.settings, outbound_allow=emulated.places)
    app = create_app(runtime=dataclasses.replace(runtime, settings=settings))
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Browser
    desk = Desk(app, runtime, emulated.world)
    asked = Asked("other", kind, getattr(emulated, kind), f"{kind}-id", f"{kind}-secret")
    actor = desk.actor("owner")
    with desk.session() as session:
        added = add_provider(
            session, actor, asked, outbound=Outbound(emulated.places), vault=runtime.vault,
            provider_id=UUID(emulated.ids[kind]),
        )  # fmt: skip
        issuer = added.issuer
    where = desk.path(f"/sign-on/{emulated.ids[kind]}")
    browser = desk.browser(role)
    sent = browser.get(f"{where}/linking", base_url=HTTPS).headers["Refresh"].removeprefix("0; url=")
    came = browser.get(consent(sent), base_url=HTTPS)
    assert EMAIL in browser.get(came.location, base_url=HTTPS).text
    assert browser.post(came.location, base_url=HTTPS).status_code == 303
    fresh = app.test_client()
    answer = fresh.get(consent(fresh.get(where, base_url=HTTPS).location), base_url=HTTPS)
    assert answer.status_code == 303, answer.text
    assert fresh.get(desk.path("/brands"), base_url=HTTPS).status_code == 200
    with runtime.database.everywhere() as session:
        linked = session.scalars(select(IdentityLink).where(IdentityLink.issuer == issuer)).one()
        assert linked.email == EMAIL
        assert linked.identity_id == emulated.world.people[role].identity_id
