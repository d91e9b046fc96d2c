"""The adapter against the data server that Bluesky itself runs, read back with an independent client."""

import io
import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.peers.conftest import PASSWORD, Pds
from tests.standins.accounts import MemoryVault, account, outgoing, picture
from tests.standins.wire import Call, HttpServer, Reply
from unisson.outbound import Outbound
from unisson.publishing.channels.bluesky import BlueskyAdapter
from unisson.publishing.channels.port import (
    Absent,
    AccessLost,
    Account,
    Found,
    NotConnected,
    Outgoing,
    Published,
    Refused,
    Unknown,
)

if TYPE_CHECKING:
    from atproto import Client

pytestmark = [
    pytest.mark.peers,
    # The independent client brings its own deprecations, which are not ours to mend.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:pydantic"),
]


@pytest.fixture
def bluesky(real_pds: Pds) -> BlueskyAdapter:
    return BlueskyAdapter(Outbound([real_pds.place, "127.0.0.0/8"]))


@pytest.fixture(scope="module")
def sdk(real_pds: Pds, handles: tuple[str, str]) -> Iterator["Client"]:
    from atproto import Client  # takes 3 s: only the peer tests pay for it

    client = Client(base_url=f"{real_pds.url}/xrpc")
    client.login(handles[0], PASSWORD, fetch_bsky_profile=False)
    yield client
    client.request._client.close()  # it offers no other way


def _sending(bluesky: BlueskyAdapter, text: str, **more: object) -> Outgoing:
    key = bluesky.client_ref(uuid.uuid4(), datetime(2026, 12, 1, 9, 30, tzinfo=UTC))
    return outgoing(key, text, **more)  # type: ignore[arg-type]  # forwarded as given


def _post(sdk: "Client", outcome: object) -> "object":
    """Return the record behind `outcome` as the independent client's typed models read it."""
    assert isinstance(outcome, Published), outcome
    repo, collection, rkey = outcome.remote_id.removeprefix("at://").split("/")
    return sdk.com.atproto.repo.get_record({"repo": repo, "collection": collection, "rkey": rkey}).value


def _did(sdk: "Client", handle: str) -> str:
    return str(sdk.com.atproto.identity.resolve_handle({"handle": handle}).did)


def test_text_with_links_mentions_tags_accents_and_emoji(bluesky: BlueskyAdapter, lea: Account, sdk: "Client") -> None:
    text = "Été 🎉👩‍👩‍👧 : merci @ami.test et @personne.test, voir https://127.0.0.1:1/é #Fête2026 !"
    outcome = bluesky.publish(_sending(bluesky, text), lea)
    record = _post(sdk, outcome)
    raw = text.encode()
    covered = [
        (raw[facet.index.byte_start : facet.index.byte_end].decode(), facet.features[0])
        for facet in record.facets  # type: ignore[attr-defined]  # the client's models are made at run time
    ]
    assert [words for words, _ in covered] == ["@ami.test", "https://127.0.0.1:1/é", "#Fête2026"]
    assert covered[0][1].did == _did(sdk, "ami.test")
    assert covered[1][1].uri == "https://127.0.0.1:1/é"
    assert covered[2][1].tag == "Fête2026"
    assert record.text == text  # type: ignore[attr-defined]  # as above
    assert record.created_at == "2026-12-01T09:30:00.000Z"  # type: ignore[attr-defined]  # as above
    assert record.langs == ["fr"]  # type: ignore[attr-defined]  # as above


def _png(width: int = 64, height: int = 48) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def test_images_with_their_description(bluesky: BlueskyAdapter, lea: Account, sdk: "Client") -> None:
    content = _png()
    sending = _sending(bluesky, "La façade", pictures=(picture(content, alt="La façade, au matin 🌅"),))
    record = _post(sdk, bluesky.publish(sending, lea))
    (image,) = record.embed.images  # type: ignore[attr-defined]  # the client's models are made at run time
    assert image.alt == "La façade, au matin 🌅"
    assert (image.aspect_ratio.width, image.aspect_ratio.height) == (640, 480)
    blob = sdk.com.atproto.sync.get_blob({"did": _did(sdk, "lea.test"), "cid": image.image.ref.link})
    assert blob == content


def test_an_image_between_one_and_two_megabytes_is_accepted(bluesky: BlueskyAdapter, lea: Account) -> None:
    """The limit we tell people is the one this server enforces."""
    content = _png(640, 900)
    assert 1_000_000 < len(content) <= 2_000_000
    assert isinstance(bluesky.publish(_sending(bluesky, "x", pictures=(picture(content),)), lea), Published)


def test_a_link_gets_its_card(bluesky: BlueskyAdapter, lea: Account, sdk: "Client") -> None:
    page = '<head><meta property="og:title" content="L&#39;été"><meta property="og:image" content="/i.png"></head>'

    def answer(call: Call) -> Reply:
        return Reply(200, _png(), "image/png") if call.target == "/i.png" else Reply(200, page.encode(), "text/html")

    with HttpServer(answer) as site:
        outcome = bluesky.publish(_sending(bluesky, f"Lire {site.url}/page"), lea)
        external = _post(sdk, outcome).embed.external  # type: ignore[attr-defined]  # made at run time
        assert (external.uri, external.title, external.description) == (f"{site.url}/page", "L'été", "")
        assert external.thumb.mime_type == "image/png"


def test_a_second_record_under_the_key_is_refused_and_found(
    bluesky: BlueskyAdapter, lea: Account, sdk: "Client"
) -> None:
    sending = _sending(bluesky, "Une seule fois")
    assert bluesky.read_back(sending, lea) == Absent(resend_is_safe=True)
    first = bluesky.publish(sending, lea)
    assert isinstance(first, Published)
    assert isinstance(bluesky.publish(sending, lea), Unknown)
    assert bluesky.read_back(sending, lea) == Found(first.remote_id, first.url)
    listed = sdk.com.atproto.repo.list_records({"repo": _did(sdk, "lea.test"), "collection": "app.bsky.feed.post"})
    assert [record.value.text for record in listed.records].count("Une seule fois") == 1


def test_a_stale_access_token_is_renewed(bluesky: BlueskyAdapter, lea: Account) -> None:
    assert isinstance(bluesky.publish(_sending(bluesky, "avant"), lea), Published)
    vault = lea.tokens
    assert isinstance(vault, MemoryVault)
    assert vault.tokens is not None
    vault.tokens = {**vault.tokens, "accessJwt": vault.tokens["accessJwt"][:-4] + "AAAA"}
    assert isinstance(bluesky.publish(_sending(bluesky, "après"), lea), Published)
    assert vault.renewals == 2


def test_a_session_that_was_ended_is_opened_anew(bluesky: BlueskyAdapter, lea: Account, real_pds: Pds) -> None:
    assert isinstance(bluesky.publish(_sending(bluesky, "avant"), lea), Published)
    vault = lea.tokens
    assert isinstance(vault, MemoryVault)
    assert vault.tokens is not None
    real_pds.post("com.atproto.server.deleteSession", "", vault.tokens["refreshJwt"])
    vault.tokens = {**vault.tokens, "accessJwt": "stale"}
    assert isinstance(bluesky.publish(_sending(bluesky, "après"), lea), Published)


def test_a_revoked_app_password_is_lost_access(bluesky: BlueskyAdapter, lea: Account, real_pds: Pds) -> None:
    assert isinstance(bluesky.publish(_sending(bluesky, "avant"), lea), Published)
    tokens = lea.tokens.current()
    assert tokens is not None
    made = json.loads(real_pds.post("com.atproto.server.createAppPassword", '{"name":"unisson"}', tokens["accessJwt"]))
    app = account(dict(lea.settings), {"app_password": made["password"]})
    assert isinstance(bluesky.publish(_sending(bluesky, "par mot de passe"), app), Published)
    real_pds.post("com.atproto.server.revokeAppPassword", '{"name":"unisson"}', tokens["accessJwt"])
    vault = app.tokens
    assert isinstance(vault, MemoryVault)
    assert vault.tokens is not None
    vault.tokens = {**vault.tokens, "accessJwt": "stale"}
    assert isinstance(bluesky.publish(_sending(bluesky, "x"), app), AccessLost)


def test_a_record_that_the_lexicon_forbids_is_refused(bluesky: BlueskyAdapter, lea: Account) -> None:
    assert isinstance(bluesky.publish(_sending(bluesky, "é" * 301), lea), Refused)


def test_the_longest_text_is_accepted(bluesky: BlueskyAdapter, lea: Account) -> None:
    assert isinstance(bluesky.publish(_sending(bluesky, "é" * 299 + "🎉"), lea), Published)


def test_a_connection_is_verified(bluesky: BlueskyAdapter, lea: Account, real_pds: Pds) -> None:
    assert bluesky.verify(lea) == "Connected as @lea.test."
    wrong = account({"service": real_pds.url, "handle": "lea.test"}, {"app_password": "wrong"})
    with pytest.raises(NotConnected):
        bluesky.verify(wrong)


def test_it_is_quick(bluesky: BlueskyAdapter, lea: Account) -> None:
    assert isinstance(bluesky.publish(_sending(bluesky, "échauffement"), lea), Published)
    started = time.monotonic()
    for _ in range(10):
        assert isinstance(bluesky.publish(_sending(bluesky, "vite"), lea), Published)
    assert time.monotonic() - started < 30
