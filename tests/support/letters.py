"""Mails that wait in the database that the tests of one process share."""

from sqlalchemy import text

from unisson.runtime import Runtime


def forget_what_others_wrote(worker: Runtime) -> None:
    """Have no mail be due: a test that sends what is due must not spend its time on what others left."""
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where queue = 'mail'"))
        session.execute(text("update app.identity_letters set sent_at = now() where sent_at is null"))
        session.execute(text("delete from app.privacy_letters"))
