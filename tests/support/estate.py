"""Everything that a path can name, once for each of two brands of an agency."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import select, text

from tenants.base import new_id, utcnow
from tenants.browsers import PushBrowser
from tenants.domains import AgencyDomain, MailDomain
from tenants.identities import SignIn
from tenants.members import BrandAssignment, Invitation, Membership
from tenants.session import TenantSession
from tests.standins.push import browser_keys
from tests.support.campaign import approve_many
from tests.support.world import World, build_world
from unisson.api.models import ApiToken
from unisson.approvals import links
from unisson.approvals.models import Absence, RunSeat, RunStage, Wait
from unisson.approvals.policies import chains_of
from unisson.calendars.models import CalendarAct, CalendarFeed, CalendarNote, CalendarView
from unisson.closing.models import BrandExport, BrandRecord
from unisson.editorial.models_of_brand import ContentTemplate
from unisson.granting.asking import mint
from unisson.granting.models import ChannelAsk
from unisson.hooks.models import Hook
from unisson.imports.models import Import, ImportRow
from unisson.media.documents import document_key
from unisson.media.models import IncomingVideo, Media, Upload
from unisson.media.reading import picture_key
from unisson.newsroom.models import NewsroomEntry
from unisson.notifications.models import Notice
from unisson.publishing.models import Channel, Publication, Subscriber
from unisson.runtime import Runtime
from unisson.sign_on.models import IdentityProvider
from unisson.storage import storage_of
from unisson.strategy.models import BlackOut, Slot, Strategy
from unisson.threads.models import Thread, ThreadFile, ThreadMessage
from unisson.topics.models import Topic, TopicDate, TopicFile
from unisson.vault import new_token, token_hash


@dataclass(frozen=True)
class Estate:
    """A world, and what its paths can name: for the brand with the people, and for the sibling without."""

    world: World
    own: dict[str, str]
    sibling: dict[str, str]


def build_estate(runtime: Runtime, worker: Runtime, canary: str) -> Estate:
    """Return an agency whose every text holds `canary`."""
    world = build_world(runtime, canary)
    sibling = _as_brand(world)
    estate = Estate(world, _values(runtime, worker, world, canary), _values(runtime, worker, sibling, canary))
    with runtime.database.agency(world.agency_id) as session:
        for table, column in (("brands", "name"), ("memberships", "name"), ("contents", "title"), ("contents", "body")):
            session.execute(text(f"update app.{table} set {column} = :c || ' ' || {column}"), {"c": canary})
    return estate


def random_values() -> dict[str, str]:
    """Return names of nothing."""
    return {name: str(uuid.uuid4()) for name in _UUIDS} | {
        "brand": "no-such-brand",
        "step": "no-such-step",
        "number": "1",
        "token": new_token(),
        "grant": new_token(),
        "digest": secrets.token_hex(32),
        "slug": "no-such-page",
        "key": "1.M1P1",
        "content_id": str(uuid.uuid4()),
    }


_UUIDS = (
    "content_id", "link_id", "channel_id", "subscriber_id", "media_id", "publication_id", "membership_id",
    "assignment_id", "sign_in_id", "passkey_id", "wait_id", "policy_id", "absence_id", "domain_id",
    "thread_id", "message_id", "topic_id", "date_id", "strategy_id", "black_out_id", "file_id", "feed_id", "act_id",
    "import_id", "row_id", "template_id", "upload_id", "video_id",
    "topic_file_id", "ask_id", "view_id", "slot_id", "note_id", "provider_id", "linked_id", "token_id", "notice_id",
    "export_id", "record_id", "hook_id", "browser_id", "mail_domain_id",
)  # fmt: skip


def _as_brand(world: World) -> World:
    """Return the same world with the sibling in the brand's place."""
    return World(
        world.agency_id, world.slug, world.sibling_id, world.sibling_slug, world.brand_id, world.brand_slug,
        world.newsroom_id, world.people,
    )  # fmt: skip


def _values(runtime: Runtime, worker: Runtime, world: World, canary: str) -> dict[str, str]:
    with runtime.database.agency(world.agency_id) as session:
        channel = Channel(brand_id=world.brand_id, kind="email", name=f"{canary} liste")
        session.add(channel)
        session.flush()
        subscriber = Subscriber(channel_id=channel.id, email=f"s-{channel.id}@example.org", name=canary)
        session.add(subscriber)
        media = _media(session, world, canary)
        storage_of(runtime.settings).put(b"\x89PNG", *picture_key(media.digest))
        channel_id, subscriber_id, media_id, digest = channel.id, subscriber.id, media.id, media.digest
        session.flush()
    (approved,) = approve_many(runtime, world, [channel_id], 1, due_in=86_400, decided=("rp",))
    with runtime.database.agency(world.agency_id) as session:
        session.execute(
            text("update app.contents set state = 'in_review', stages_done = 1 where id = :c"),
            {"c": approved.content_id},
        )
        session.execute(
            text("update app.approval_runs set state = 'open', ended_at = null where content_id = :c"),
            {"c": approved.content_id},
        )
        token, link_id = _link(session, world)
        wait_id = _wait(session, world, approved.content_id, approved.revision_id)
        invitation = Invitation(
            membership_id=world.people["client_contact"].membership_id,
            invited_by=world.people["owner"].membership_id,
            expires_at=utcnow() + timedelta(days=1),
        )
        session.add(invitation)
        absence_id = _absence(session, canary)
        topic = Topic(brand_id=world.brand_id, title=canary, created_by=world.people["cm"].membership_id)
        session.add(topic)
        session.flush()
        topic_id = topic.id
        noted = TopicDate(brand_id=world.brand_id, topic_id=topic_id, on_date=date(2027, 3, 1), label=canary)
        session.add(noted)
        session.flush()
        hung = TopicFile(
            brand_id=world.brand_id, topic_id=topic_id, digest=digest, filename=f"{canary}.txt", mime="text/plain",
            size=4, added_by=world.people["cm"].membership_id,
        )  # fmt: skip
        session.add(hung)
        storage_of(runtime.settings).put(canary.encode(), *document_key(digest))
        period = {"brand_id": world.brand_id, "starts_on": date(2027, 3, 1), "ends_on": date(2027, 3, 9)}
        strategy = Strategy(title=canary, created_by=world.people["cm"].membership_id, **period)
        black_out = BlackOut(reason=canary, **period)
        slot = Slot(brand_id=world.brand_id, channel_id=channel_id, weekday=0, wall_clock=time(10))
        note = CalendarNote(title=canary, kind="note", created_by=world.people["cm"].membership_id, **period)
        program = ApiToken(
            name=canary, token_hash=token_hash(new_token()), scopes=["brands:read"],
            created_by=world.people["cm"].membership_id, expires_at=utcnow() + timedelta(days=1),
        )  # fmt: skip
        session.add(program)
        notice = Notice(
            membership_id=world.people["cm"].membership_id, event="message", kind="thread_message",
            about={"by": canary, "thread_id": str(uuid.uuid4())}, brand_id=world.brand_id,
            content_id=approved.content_id,
        )  # fmt: skip
        hook = Hook(
            room="slack", name=canary, host="hooks.slack.com", events=["approved"], brand_id=world.brand_id,
            created_by=world.people["owner"].membership_id,
            sealed=runtime.vault.seal({"url": "https://127.0.0.1:1/nowhere"}),
        )  # fmt: skip
        browser_id = _told_browser(session, runtime, world, canary)
        asked = ChannelAsk(
            brand_id=world.brand_id, kind="bluesky", membership_id=world.people["client_contact"].membership_id,
            note=canary, asked_by=world.people["cm"].membership_id, expires_at=utcnow() + timedelta(days=1),
        )  # fmt: skip
        session.add_all([strategy, black_out, slot, note, notice, hook, asked])
        session.flush()
        grant = mint(session, asked)
        template = ContentTemplate(
            brand_id=world.brand_id, name=canary, created_by=world.people["cm"].membership_id,
            draft={"kind": "post", "title": canary, "body": canary},
        )  # fmt: skip
        session.add(template)
        session.flush()
        template_id = template.id
        thread_id, message_id = _thread(session, world, approved.content_id, canary)
        file = ThreadFile(
            message_id=message_id, digest="0" * 64, filename=f"{canary}.pdf", mime="application/pdf", size=1, position=1
        )
        session.add(file)
        session.flush()
        file_id = file.id
        feed = CalendarFeed(
            brand_id=world.brand_id, membership_id=world.people["cm"].membership_id, name=canary,
            token_hash=token_hash(new_token()),
        )  # fmt: skip
        session.add(feed)
        session.flush()
        feed_id = feed.id
        act = CalendarAct(membership_id=world.people["cm"].membership_id, act="move", told=[])
        session.add(act)
        session.flush()
        act_id = act.id
        view = CalendarView(
            membership_id=world.people["cm"].membership_id, name=canary, view="month", brands=[str(world.brand_id)],
            is_shared=True,
        )  # fmt: skip
        session.add(view)
        session.flush()
        view_id = view.id
        import_id, row_id = _import(session, world, canary)
        upload = Upload(
            brand_id=world.brand_id, membership_id=world.people["cm"].membership_id, filename=f"{canary}.png", size=9
        )
        session.add(upload)
        session.flush()
        upload_id = upload.id
        video_id = _video(session, world, canary)
        policy_id = chains_of(session, world.brand_id)[0].policy.id
        domain = AgencyDomain(
            host=f"{canary.lower()}-{new_id().hex}.example.org", token=new_token(),
            added_by=world.people["owner"].membership_id,
        )  # fmt: skip
        session.add(domain)
        session.flush()
        domain_id = domain.id
        provider_id = _provider(session, world, canary)
        export_id = _export(session, world)
        mail_domain_id = _mail_domain(session, world, canary)
        assignment = session.scalars(
            select(BrandAssignment.id).where(BrandAssignment.membership_id == world.people["cm"].membership_id)
        ).first()
    with worker.database.agency(world.agency_id) as session:
        publication = Publication(
            content_id=approved.content_id, revision_id=approved.revision_id, channel_id=channel_id,
            subscriber_id=subscriber_id, due_at=approved.due_at, client_ref=f"ref-{new_id()}",
        )  # fmt: skip
        entry = NewsroomEntry(
            brand_id=world.brand_id, ref=f"ref-{new_id()}", slug=f"page-{new_id()}", title=canary, text=canary,
            language="fr", published_at=utcnow(),
        )  # fmt: skip
        record = BrandRecord(
            slug=world.brand_slug, name=canary, timezone="Europe/Paris", opened_at=utcnow(), asked_by=world.people["owner"].membership_id,
            asked_at=utcnow(), erased_at=utcnow(),
        )  # fmt: skip
        session.add(record)
        session.add_all([publication, entry])
        session.flush()
        publication_id, page = publication.id, entry.slug
    return {
        "brand": world.brand_slug,
        "content_id": str(approved.content_id),
        "link_id": str(link_id),
        "wait_id": str(wait_id),
        "absence_id": str(absence_id),
        "topic_id": str(topic_id),
        "date_id": str(noted.id),
        "topic_file_id": str(hung.id),
        "strategy_id": str(strategy.id),
        "black_out_id": str(black_out.id),
        "slot_id": str(slot.id),
        "note_id": str(note.id),
        "token_id": str(program.id),
        "notice_id": str(notice.id),
        "hook_id": str(hook.id),
        "browser_id": str(browser_id),
        "file_id": str(file_id),
        "feed_id": str(feed_id),
        "act_id": str(act_id),
        "view_id": str(view_id),
        "import_id": str(import_id),
        "row_id": str(row_id),
        "template_id": str(template_id),
        "upload_id": str(upload_id),
        "video_id": str(video_id),
        "thread_id": str(thread_id),
        "message_id": str(message_id),
        "channel_id": str(channel_id),
        "subscriber_id": str(subscriber_id),
        "policy_id": str(policy_id),
        "media_id": str(media_id),
        "publication_id": str(publication_id),
        "membership_id": str(world.people["expert"].membership_id),
        "assignment_id": str(assignment),
        "domain_id": str(domain_id),
        "provider_id": str(provider_id),
        "linked_id": str(uuid.uuid4()),
        "mail_domain_id": str(mail_domain_id),
        "token": token,
        "grant": grant,
        "ask_id": str(asked.id),
        "digest": digest,
        "slug": page,
        "key": "1.M1P1",
        "step": "logo",
        "export_id": str(export_id),
        "record_id": str(record.id),
        "number": "1",
        "sign_in_id": str(uuid.uuid4()),
        "passkey_id": str(uuid.uuid4()),
    }


def _mail_domain(session: TenantSession, world: World, canary: str) -> uuid.UUID:
    owner = world.people["owner"].membership_id
    domain = MailDomain(domain=f"{canary.lower()}-{new_id().hex}.example.org", token=new_token(), added_by=owner)
    session.add(domain)
    session.flush()
    return domain.id


def _provider(session: TenantSession, world: World, canary: str) -> uuid.UUID:
    """A provider that nobody answers at: a name that no DNS knows (RFC 6761)."""
    issuer = f"https://{new_id().hex}.invalid"
    provider = IdentityProvider(
        kind="other", name=canary, issuer=issuer, client_id=canary, secret=b"", auth_method="client_secret_basic",
        authorization_endpoint=f"{issuer}/authorize", token_endpoint=f"{issuer}/token", jwks_uri=f"{issuer}/keys",
        names_issuer=False, added_by=world.people["owner"].membership_id,
    )  # fmt: skip
    session.add(provider)
    session.flush()
    return provider.id


def _told_browser(session: TenantSession, runtime: Runtime, world: World, canary: str) -> uuid.UUID:
    """The community manager's browser, told of things where nobody is."""
    identity_id = world.people["cm"].identity_id
    known = session.scalar(select(PushBrowser.id).where(PushBrowser.identity_id == identity_id))
    if known is not None:
        return known
    sign_in_id = session.scalars(select(SignIn.id).where(SignIn.identity_id == identity_id)).one()
    browser = PushBrowser(
        identity_id=identity_id, sign_in_id=sign_in_id, endpoint_hash=token_hash(new_token()), user_agent=canary,
        sealed=runtime.vault.seal({"endpoint": "https://127.0.0.1/nowhere", **browser_keys()}),
    )  # fmt: skip
    session.add(browser)
    session.flush()
    return browser.id


def _thread(session: TenantSession, world: World, content_id: uuid.UUID, canary: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Something that the agency says among itself."""
    author = world.people["cm"].membership_id
    thread = Thread(content_id=content_id, brand_id=world.brand_id, audience="internal", created_by=author)
    session.add(thread)
    session.flush()
    message = ThreadMessage(thread_id=thread.id, author_id=author, body=canary)
    session.add(message)
    session.flush()
    return thread.id, message.id


def _import(session: TenantSession, world: World, canary: str) -> tuple[uuid.UUID, uuid.UUID]:
    """A file whose rows are being checked."""
    about = Import(
        brand_id=world.brand_id, created_by=world.people["cm"].membership_id, filename=f"{canary}.csv",
        headers=["Titre"], headers_key="0", has_header=True, mapping={"title": 0}, state="preview",
    )  # fmt: skip
    session.add(about)
    session.flush()
    row = ImportRow(import_id=about.id, number=2, cells=[canary])
    session.add(row)
    session.flush()
    return about.id, row.id


def _export(session: TenantSession, world: World) -> uuid.UUID:
    """An export whose time is not over."""
    export = BrandExport(
        brand_id=world.brand_id, asked_by=world.people["owner"].membership_id, state="ready", parts=[9],
        expires_at=utcnow() + timedelta(days=1),
    )  # fmt: skip
    session.add(export)
    session.flush()
    return export.id


def _video(session: TenantSession, world: World, canary: str) -> uuid.UUID:
    """A video that the library can't have."""
    video = IncomingVideo(
        brand_id=world.brand_id, uploaded_by=world.people["cm"].membership_id, filename=f"{canary}.mp4", size=1,
        shape="mov", state="refused", reason="codec",
    )  # fmt: skip
    session.add(video)
    session.flush()
    return video.id


def _absence(session: TenantSession, canary: str) -> uuid.UUID:
    """The absence of somebody who is none of the people that sign in."""
    person = Membership(email=f"{uuid.uuid4().hex}@example.org", name=canary, joined_at=utcnow())
    session.add(person)
    session.flush()
    absence = Absence(membership_id=person.id, starts_on=utcnow().date(), ends_on=utcnow().date())
    session.add(absence)
    session.flush()
    return absence.id


def _media(session: TenantSession, world: World, canary: str) -> Media:
    media = Media(
        brand_id=world.brand_id, uploaded_by=world.people["cm"].membership_id, digest=secrets.token_hex(32),
        filename=f"{canary}.png", mime="image/png", size=1, width=1, height=1,
    )  # fmt: skip
    session.add(media)
    session.flush()
    return media


def _link(session: TenantSession, world: World) -> tuple[str, uuid.UUID]:
    link, token = links.mint(session, world.people["client_approver"].membership_id, world.brand_id)
    return token, link.id


def _wait(session: TenantSession, world: World, content_id: uuid.UUID, revision_id: uuid.UUID) -> uuid.UUID:
    """Have the content wait on the client, as the circuit would."""
    run = session.execute(text("select id from app.approval_runs where revision_id = :r"), {"r": revision_id}).one()
    stage = session.scalars(select(RunStage).where(RunStage.run_id == run.id, RunStage.position == 2)).one()
    seat = session.scalars(select(RunSeat).where(RunSeat.stage_id == stage.id)).first()
    assert seat is not None
    wait = Wait(
        content_id=content_id, brand_id=world.brand_id, stage_id=stage.id, seat_id=seat.id,
        membership_id=world.people["client_approver"].membership_id, side="client",
    )  # fmt: skip
    session.add(wait)
    session.flush()
    return wait.id
