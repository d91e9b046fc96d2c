"""The two kinds of store, and what is said when they are away."""

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.kept import keeps_a_file

from tenants.context import acting_for
from tenants.errors import MissingAgencyError
from unisson.config import SettingError, Settings
from unisson.storage import KeptBytes, StorageAwayError
from unisson.storage_check import refuse_unusable


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as a store needs: objects by path, signed requests only."""

    objects: dict[str, bytes] = {}  # noqa: RUF012 - one bucket for the test

    def do_PUT(self) -> None:
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200 if "AWS4-HMAC-SHA256" in self.headers.get("Authorization", "") else 403)

    def do_GET(self) -> None:
        found = self.objects.get(self.path)
        self._answer(200 if found is not None else 404, found or b"")

    do_HEAD = do_GET  # noqa: N815 - the standard library calls it so

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 23 Nov 2026 10:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


@pytest.fixture
def bucket_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"s3://key:secret@bucket/prefix?endpoint=http://127.0.0.1:{server.server_port}&region=eu-west-3"
    server.shutdown()
    server.server_close()
    thread.join(5)


def kept_and_read(store: KeptBytes) -> None:
    with acting_for(uuid.uuid4()):
        assert not store.exists("media", "one")
        store.put(b"bytes", "media", "one")
        store.put(b"bytes", "media", "one")
        assert store.exists("media", "one")
        assert store.get("media", "one") == b"bytes"
        with pytest.raises(FileNotFoundError):
            store.get("media", "two")


def test_a_folder_keeps_bytes(tmp_path: Path) -> None:
    kept_and_read(KeptBytes((tmp_path / "with space é").as_uri()))


def test_a_folder_keeps_large_files_too(tmp_path: Path) -> None:
    keeps_a_file(KeptBytes((tmp_path / "in").as_uri()), tmp_path, megabytes=6)


def test_a_folder_that_can_t_be_written_stops_the_start(tmp_path: Path, settings: Settings) -> None:
    refuse_unusable(replace(settings, storage_url=(tmp_path / "new" / "place").as_uri()))
    assert list((tmp_path / "new" / "place").iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match=r"STORAGE_URL names the folder “.*file”, which can’t be written"):
        refuse_unusable(replace(settings, storage_url=(tmp_path / "file").as_uri()))


def test_a_bucket_keeps_bytes_inside_the_agency(bucket_url: str) -> None:
    kept_and_read(KeptBytes(bucket_url))
    (path,) = Bucket.objects
    assert path.startswith("/bucket/prefix/")
    assert uuid.UUID(path.split("/")[3])
    assert path.endswith("/media/one")


def test_no_agency_no_bytes(tmp_path: Path) -> None:
    with pytest.raises(MissingAgencyError):
        KeptBytes(tmp_path.as_uri()).put(b"x", "media", "one")


@pytest.mark.parametrize("part", ["../other", "..", "a/../../b"])
def test_no_key_leaves_its_agency(tmp_path: Path, part: str) -> None:
    with acting_for(uuid.uuid4()), pytest.raises(ValueError, match="path"):
        KeptBytes((tmp_path / "in").as_uri()).put(b"x", "media", part)


def test_a_bucket_that_is_away_is_said_soon() -> None:
    store, begun = KeptBytes("s3://key:secret@bucket?endpoint=http://127.0.0.1:1&region=x"), time.monotonic()
    with acting_for(uuid.uuid4()):
        for act in (lambda: store.put(b"x", "a"), lambda: store.get("a"), lambda: store.exists("a")):
            with pytest.raises(StorageAwayError):
                act()
    assert time.monotonic() - begun < 45
