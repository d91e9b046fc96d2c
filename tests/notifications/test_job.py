"""The worker's job sends what is due, by the transport that the settings name."""

from support.letters import forget_what_others_wrote
from support.world import World

from tenants.members import Membership
from unisson.agency import invitations
from unisson.devmail.box import Mailbox
from unisson.jobs import Job
from unisson.runtime import Runtime
from workers import mail
from workers.held import hold


def test_the_job_is_where_the_bell_says() -> None:
    assert f"{mail.send_due.__module__}.{mail.send_due.__name__}" == Job.MAIL


def test_the_job_sends_what_is_due(runtime: Runtime, worker: Runtime, world: World) -> None:
    forget_what_others_wrote(worker)
    with runtime.database.agency(world.agency_id) as session:
        membership = session.get_one(Membership, (world.agency_id, world.people["rp"].membership_id))
        invitations.issue(session, membership.id, world.people["owner"].membership_id)
    hold(worker)
    assert mail.send_due() >= 1
    assert world.people["rp"].email in {
        each.header("Delivered-To") for each in Mailbox(worker.settings.data_dir).newest(10_000)
    }
