"""What is over is deleted at night, and nothing else; the list that the pages show is the list that the night goes by."""

import uuid
from datetime import timedelta

from sqlalchemy import func, select, text
from support.desk import Desk

from tenants.base import utcnow
from tenants.identities import IdentityLetter, SignIn
from unisson.activity.models import Operation
from unisson.notifications.models import Letter
from unisson.portal.models import DeviceCode
from unisson.runtime import Runtime
from unisson.tables import metadata
from unisson.trust import sweeping
from unisson.trust.kinds import BASES, KINDS
from unisson.vault import new_token, token_hash


def test_each_kind_says_what_is_kept_and_its_table_exists() -> None:
    for kind in KINDS:
        assert all(str(each) for each in (kind.name, kind.what, kind.why, kind.ends, kind.erased, BASES[kind.basis]))
        assert bool(kind.table) == bool(kind.over)
        if kind.table:
            table = metadata.tables[f"app.{kind.table}"]
            assert ("agency_id" in table.columns) == kind.belongs_to_agency


def test_the_night_deletes_what_is_over_of_an_agency(desk: Desk, worker: Runtime) -> None:
    person, content_id = desk.world.people["cm"].membership_id, desk.write()
    old, new = utcnow() - timedelta(days=400), utcnow() - timedelta(days=6)
    with desk.session() as session:
        for at in (old, new):
            session.add(Letter(membership_id=person, kind="invitation", state="sent", created_at=at))
            session.add(
                Letter(
                    membership_id=person,
                    kind="approved",
                    state="sent",
                    created_at=at,
                    about={"content_id": str(content_id)},
                )
            )
            session.add(DeviceCode(membership_id=person, created_at=at))
            session.add(Operation(id=uuid.uuid4(), path="/x", at=at))
        session.add(Letter(membership_id=person, kind="invitation", state="waiting", created_at=old))

    def kept() -> list[int]:
        with desk.session() as session:
            return [
                session.scalar(select(func.count()).select_from(each)) or 0 for each in (Letter, DeviceCode, Operation)
            ]

    before = kept()
    with worker.database.agency(desk.world.agency_id) as session:
        sweeping.sweep(session)
    assert [a - b for a, b in zip(before, kept(), strict=True)] == [1, 1, 1]
    with worker.database.agency(desk.world.agency_id) as session:
        sweeping.sweep(session)
    assert [a - b for a, b in zip(before, kept(), strict=True)] == [1, 1, 1]


def test_sign_ins_and_account_mails_end_once_a_night(desk: Desk, worker: Runtime) -> None:
    me = desk.world.people["cm"].identity_id
    old = utcnow() - timedelta(days=300)
    with desk.runtime.database.everywhere() as session:
        session.add(
            SignIn(identity_id=me, token_hash=token_hash(new_token()), ip="203.0.113.9", user_agent="x", expires_at=old)
        )
        session.add(IdentityLetter(identity_id=me, purpose="verification", created_at=old, sent_at=old))
        session.execute(text("select 1"))
    worker.valkey.delete(sweeping._SWEPT)
    sweeping.sweep_accounts(worker)
    with desk.runtime.database.everywhere() as session:
        assert session.scalar(select(func.count()).where(SignIn.identity_id == me)) == 1  # the one of the test
        assert session.scalars(select(IdentityLetter.id).where(IdentityLetter.identity_id == me)).all() == []
        session.add(IdentityLetter(identity_id=me, purpose="verification", created_at=old, sent_at=old))
    sweeping.sweep_accounts(worker)
    with desk.runtime.database.everywhere() as session:
        assert len(session.scalars(select(IdentityLetter.id).where(IdentityLetter.identity_id == me)).all()) == 1
