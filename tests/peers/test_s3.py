"""Files in a real bucket: a server of the protocol that checks every signature and what its key may do."""

import io
import os
import signal
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select
from support.addresses import paths_in
from support.desk import HTTPS, Desk
from support.kept import keeps_a_file
from support.pictures import picture
from support.ports import free_port
from support.videos import video
from support.world import World

from tenants.context import acting_for
from tests.peers.conftest import _tool
from unisson.app import create_app
from unisson.config import SettingError
from unisson.media.models import IncomingVideo, Media
from unisson.media.reading import picture_key, read_bytes
from unisson.media.video_preparing import prepare_due
from unisson.media.videos import key_of
from unisson.runtime import Runtime
from unisson.storage import KeptBytes, StorageAwayError, storage_of, try_bucket
from unisson.storage_check import refuse_unusable

pytestmark = pytest.mark.peers

SERVE = Path(__file__).with_name("s3") / "serve.py"


@dataclass(frozen=True)
class S3:
    """The running server, its bucket `media`, a key that may do anything there and one that may only read."""

    port: int
    keeper: tuple[str, str]
    reader: tuple[str, str]

    def url(self, key: tuple[str, str] | None = None, bucket: str = "media") -> str:
        name, secret = (quote(part, safe="") for part in key or self.keeper)
        return f"s3://{name}:{secret}@{bucket}/unisson?endpoint=http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    tool, port = _tool(), free_port()
    assert tool.python_is_installed("s3"), "run tools/peers.py install first"
    with (tmp_path_factory.mktemp("s3") / "log").open("wb") as log:
        running = subprocess.Popen(
            [tool.python_of("s3"), SERVE, str(port), "media"], stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert running.stdout is not None
            told = [running.stdout.readline().split() for _line in range(3)]
            assert told[2] == ["ready"]
            yield S3(port, tuple(told[0]), tuple(told[1]))
        finally:
            running.send_signal(signal.SIGKILL)
            running.communicate(timeout=60)


@pytest.fixture
def desk(s3: S3, runtime: Runtime, world: World) -> Desk:
    """The product, keeping its files in the bucket."""
    held = replace(runtime, settings=replace(runtime.settings, storage_url=s3.url()))
    made = create_app(runtime=held)
    made.config["WTF_CSRF_ENABLED"] = False
    return Desk(made, held, world)


def command(s3: S3, *words: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "STORAGE_URL": url,
        "DATA_DIR": str(folder),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "VALKEY_URL": "redis://127.0.0.1:1/0",
    }
    return subprocess.run(
        [sys.executable, "-m", "unisson.cli", *words], env=environ, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def test_bytes_are_kept_read_in_parts_and_forgotten(s3: S3, tmp_path: Path) -> None:
    keeps_a_file(KeptBytes(s3.url()), tmp_path, megabytes=12)


def test_a_picture_comes_in_is_shown_and_is_there_after_a_restart(s3: S3, desk: Desk) -> None:
    media_id, digest = desk.picture(picture())
    page = desk.get("cm", f"/media/{media_id}/details").text
    shown = desk.app.test_client().get(paths_in(page)[0], base_url=HTTPS)
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    script = textwrap.dedent(
        """
        import sys, uuid
        from unisson.media.reading import read_bytes
        from unisson.storage import KeptBytes
        print(read_bytes(KeptBytes(sys.argv[1]), uuid.UUID(sys.argv[2]), sys.argv[3]).hex())
        """
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, s3.url(), str(desk.world.agency_id), digest],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert bytes.fromhex(ran.stdout) == shown.data


def test_two_agencies_share_no_object(s3: S3, desk: Desk) -> None:
    _media_id, digest = desk.picture(picture())
    with pytest.raises(FileNotFoundError):
        read_bytes(storage_of(desk.runtime.settings), uuid.uuid4(), digest)


def test_what_the_key_may_not_do_is_away_and_not_lost(s3: S3) -> None:
    only_reads = KeptBytes(s3.url(s3.reader))
    with acting_for(uuid.uuid4()):
        for act in (lambda: only_reads.put(b"x", "a"), lambda: only_reads.delete("a")):
            with pytest.raises(StorageAwayError):
                act()


def test_a_bucket_that_is_gone_says_nothing_of_what_it_held(s3: S3) -> None:
    gone = KeptBytes(s3.url(bucket="gone"))
    with acting_for(uuid.uuid4()):
        for act in (lambda: gone.get(*picture_key("ab" * 32)), lambda: gone.put(b"x", "a")):
            with pytest.raises(StorageAwayError):
                act()


def test_what_the_store_refuses_stops_the_start_with_a_sentence(s3: S3, tmp_path: Path) -> None:
    name, secret = s3.keeper
    for url, sentence in (
        (s3.url((name, secret[::-1])), "STORAGE_URL names the bucket “media”, which refuses the key"),
        (s3.url(("AKIAXXXXXXXXXXXXXXXX", secret)), "STORAGE_URL names the bucket “media”, which refuses the key"),
        (s3.url(s3.reader), "STORAGE_URL names the bucket “media”, which refuses the key"),
        (s3.url(bucket="nowhere"), "STORAGE_URL names the bucket “nowhere”, which is not there"),
    ):
        for words in (["storage"], ["web"], ["worker", "mail"]):
            ran = command(s3, *words, url=url, folder=tmp_path)
            assert ran.returncode == 2, (words, ran.stderr)
            assert ran.stderr.startswith(sentence), (words, ran.stderr)
            assert ran.stderr.count("\n") == 1
            assert secret not in ran.stderr
    assert command(s3, "storage", url=s3.url(), folder=tmp_path).stdout == "Files can be kept and read.\n"
    assert try_bucket(s3.url())


def test_a_store_that_only_does_not_answer_stops_nothing(
    s3: S3, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = f"s3://key:secret@media?endpoint=http://127.0.0.1:{free_port()}"
    ran = command(s3, "storage", url=away, folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "The store does not answer now.\n")
    assert "storage.no_answer" in ran.stderr
    assert "secret" not in ran.stderr
    monkeypatch.setenv("STORAGE_URL", away)
    refuse_unusable(replace(runtime.settings, storage_url=away))
    wrong = s3.url(bucket="nowhere")
    monkeypatch.setenv("STORAGE_URL", wrong)
    with pytest.raises(SettingError, match="not there"):
        refuse_unusable(replace(runtime.settings, storage_url=wrong))


def test_a_video_is_prepared_and_played_from_the_bucket(s3: S3, desk: Desk, worker: Runtime) -> None:
    content = video(size=(640, 360), seconds=3)
    sent = {"video": (io.BytesIO(content), "clip.mp4")}
    place = f"/brands/{desk.world.brand_slug}/videos"
    assert desk.post("cm", place, sent, content_type="multipart/form-data").status_code == 303
    prepare_due(replace(worker, settings=replace(worker.settings, storage_url=s3.url())))
    with desk.session() as session:
        media = session.scalars(select(Media)).one()
        video_id = session.scalars(select(IncomingVideo.id)).one()
    with acting_for(desk.world.agency_id):
        assert not storage_of(desk.runtime.settings).exists(*key_of(video_id))
    page = desk.get("cm", f"/media/{media.id}/details").text
    parts = [
        desk.app.test_client().get(path, base_url=HTTPS, headers={"Range": "bytes=5-14"}) for path in paths_in(page)
    ]
    played = next(part for part in parts if part.mimetype == "video/mp4")
    assert (played.status_code, len(played.data)) == (206, 10)
    assert read_bytes(storage_of(desk.runtime.settings), desk.world.agency_id, media.digest)[5:15] == played.data
