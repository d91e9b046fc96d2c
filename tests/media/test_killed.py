"""A worker that dies while it makes a picture: nothing of it stays, and the next one makes it, once."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from support.desk import Desk
from support.pictures import noise

from tests.imports.test_killed import OTHERS, asked, comes_true
from tests.media.test_uploads import PART, begun, count, kept
from unisson.config import Settings
from unisson.media.models import Media, UploadPart, UploadState
from unisson.runtime import Runtime

STEP = 4 * 1024 * 1024


@pytest.fixture
def owner(settings: Settings) -> Iterator[Engine]:
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


def test_nothing_is_lost_and_nothing_comes_twice(
    desk: Desk, worker: Runtime, owner: Engine, mailer: Callable[[], subprocess.Popen[bytes]]
) -> None:
    content = noise("PNG", size=(2500, 2300))
    upload_id = begun(desk, len(content), "lourde.png")
    for offset in range(0, len(content), STEP):
        part, headers = content[offset : offset + STEP], {**PART, "Upload-Offset": str(offset)}
        answer = desk.browser("cm").patch(desk.path(f"/uploads/{upload_id}"), data=part, headers=headers)
        assert answer.status_code == 204
    with owner.connect() as holder, holder.begin():
        # However long it takes us to look, it can't be over: what it makes can be kept by nobody meanwhile.
        holder.execute(text("lock table app.media in share mode"))
        process = mailer()
        assert comes_true(lambda: kept(desk, upload_id).tries == 1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
    with owner.connect() as watcher:
        assert comes_true(lambda: not asked(watcher, OTHERS))
    upload = kept(desk, upload_id)
    assert upload is not None
    assert (upload.state, count(desk, Media)) == (UploadState.PREPARING, 0)

    with worker.database.everywhere() as session:
        lapsed = "update app.dispatch set lease_until = clock_timestamp() - interval '1 second' where item_id = :i"
        session.execute(text(lapsed), {"i": upload_id})
    mailer()
    desk.runtime.bell.answered("mail")
    desk.runtime.bell.ring("media")
    assert comes_true(lambda: kept(desk, upload_id).state == UploadState.ADDED)
    assert (kept(desk, upload_id).tries, count(desk, Media), count(desk, UploadPart)) == (2, 1, 0)
