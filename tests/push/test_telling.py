"""A browser is told each thing once, in words that its person may read then, encrypted for it alone."""

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from push.conftest import known
from sqlalchemy import delete, select, text, update
from standins.push import BrowserKeys, PushService, StandInBrowser, raw_of
from support.desk import Desk
from support.statements import recorded

from tenants.base import new_id, utcnow
from tenants.identities import Identity, SecondFactor, SignIn
from tenants.members import BrandAssignment, Membership
from unisson.dispatching import claim
from unisson.notifications import notices
from unisson.notifications.choices import choose
from unisson.notifications.events import Event, Pace, Wish
from unisson.notifications.models import Notice
from unisson.push.models import PushPost
from unisson.push.posting import REFUSALS, tell_due
from unisson.push.sending import Message, sealed_for
from unisson.push.subscriptions import Subscription
from unisson.runtime import Runtime
from unisson.vault import new_token, token_hash

Allow = Callable[..., StandInBrowser]
Post = Callable[[], int]


def tell(team: Desk, content_id: object, role: str = "cm", kind: str = "missed", **about: str) -> None:
    with team.session() as session:
        told = {"content_id": str(content_id), "by": "Ana", **about}
        notices.tell(session, team.world.people[role].membership_id, kind, told)


def posts(team: Desk) -> list[str]:
    with team.session() as session:
        return sorted(session.scalars(select(PushPost.state)))


def of_identity(team: Desk, table: type, role: str = "cm", **values: object) -> None:
    whose = team.world.people[role].identity_id
    column = Identity.id if table is Identity else table.identity_id
    with team.runtime.database.everywhere() as session:
        session.execute(update(table).where(column == whose).values(**values))


def test_the_stand_in_reads_what_the_rfc_says() -> None:
    """RFC 8291, section 5."""
    private = ec.derive_private_key(
        int.from_bytes(raw_of("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
    )
    keys = BrowserKeys(private, raw_of("BTBZMqHH6r4Tts7J_aSIgg"))
    body = raw_of(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
        "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert keys.read(body) == b"When I grow up, I want to be a watermelon"


def test_a_message_is_for_one_browser_and_says_nothing_by_its_length() -> None:
    keys, other = BrowserKeys(), BrowserKeys()
    to = Subscription("https://push.example/x", keys.point, keys.secret)
    sealed = [sealed_for(to, Message(new_id(), "Marque", words, "/x", "fr")) for words in ("Bref", "Un peu plus long")]
    assert len({len(each) for each in sealed}) == 1
    assert json.loads(keys.read(sealed[0]))["body"] == "Bref"
    with pytest.raises(InvalidTag):
        other.read(sealed[0])


def test_a_browser_is_told_once_in_its_person_s_words(
    team: Desk, service: PushService, allow: Allow, post: Post
) -> None:
    browser, content_id = allow(), team.write(title="Café <b>")
    tell(team, content_id)
    assert post() == 1
    (said,), (headers,) = browser.shown, browser.headers
    with team.session() as session:
        notice = session.scalars(select(Notice)).one()
        post_id = session.scalars(select(PushPost.id)).one()
    slug = team.world.slug
    assert said == {
        "id": str(post_id),
        "title": "Marque",
        "body": "“Café <b>” missed its date and did not go out",
        "path": f"/{slug}/contents/{content_id}",
        "language": "en",
        "reading": f"/{slug}/notices/{notice.id}/reading",
    }
    assert (headers["urgency"], headers["topic"], headers["ttl"]) == ("high", post_id.hex, "21600")
    assert service.refused == []
    assert post() == 0
    assert posts(team) == ["sent"]
    assert known(team)[0].told_at is not None


def test_whoever_has_no_browser_is_noted_nothing_and_pays_no_question(team: Desk) -> None:
    content_id = team.write()
    with team.session() as session, recorded(team.runtime) as asked:
        notices.tell(session, team.world.people["cm"].membership_id, "missed", {"content_id": str(content_id)})
    assert not [each for each in asked if "push_posts" in each]
    assert posts(team) == []


def test_ten_browsers_cost_as_much_as_one(team: Desk, service: PushService, key: str, allow: Allow, post: Post) -> None:
    allow()
    content_id, counts = team.write(), []
    for _more in range(2):
        with team.session() as session, recorded(team.runtime) as asked:
            notices.tell(session, team.world.people["cm"].membership_id, "missed", {"content_id": str(content_id)})
        counts.append(len(asked))
        for _another in range(4):
            team.browsers["cm"] = sign_in_again(team)
            allow()
    assert counts[0] == counts[1]


def sign_in_again(team: Desk):
    """Another browser of the community manager."""
    token, client = new_token(), team.app.test_client()
    row = SignIn(
        identity_id=team.world.people["cm"].identity_id, token_hash=token_hash(token), ip="::1",
        user_agent="Mozilla/5.0 (iPhone) Safari/1", expires_at=utcnow() + timedelta(days=1),
    )  # fmt: skip
    with team.runtime.database.everywhere() as session:
        session.add(row)
    with client.session_transaction() as cookie:
        cookie.update({"_user_id": token, "_fresh": True, "met": [team.world.agency_id.hex]})
    return client


def test_two_browsers_are_told_each_and_one_that_fails_keeps_none_waiting(
    team: Desk, service: PushService, allow: Allow, post: Post
) -> None:
    one = allow()
    team.browsers["cm"] = sign_in_again(team)
    other = allow()
    service.plan.then("503", call="message")
    tell(team, team.write())
    assert post() == 2
    assert sorted([len(one.shown), len(other.shown)]) == [0, 1]
    assert post() == 1
    assert (len(one.shown), len(other.shown)) == (1, 1)


def test_what_comes_together_is_one_message(team: Desk, service: PushService, allow: Allow, post: Post) -> None:
    browser = allow()
    for title in ("Un", "Deux", "Trois"):
        tell(team, team.write(title=title))
    tell(team, team.write(title="Autre"), kind="thread_named", thread_id="x")
    assert post() == 2
    together = next(each for each in browser.shown if "more" in each["body"])
    assert together["body"] == "“Trois” missed its date and did not go out\nAnd 2 more."
    assert (together["path"], together["reading"]) == (f"/{team.world.slug}/notices", "")
    assert posts(team) == ["joined", "joined", "sent", "sent"]
    assert post() == 0


def test_what_is_tried_again_still_tells_of_all(team: Desk, service: PushService, allow: Allow, post: Post) -> None:
    browser = allow()
    for title in ("Un", "Deux"):
        tell(team, team.write(title=title))
    service.plan.then("500", call="message")
    assert post() == 1
    assert browser.shown == []
    assert post() == 1
    assert browser.shown[0]["body"].endswith("And 1 more.")


def test_what_somebody_else_is_on_is_not_told_with_the_rest(
    team: Desk, worker: Runtime, allow: Allow, post: Post
) -> None:
    browser = allow()
    tell(team, team.write(title="Un"))
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where queue = 'pushes'"))
        assert len(claim(session, "pushes", limit=1, worker="another", lease=60)) == 1
    tell(team, team.write(title="Deux"))
    with worker.database.everywhere() as session:
        session.execute(text("update app.dispatch set due_at = now() where queue = 'pushes' and lease_until is null"))
    assert tell_due(dataclasses.replace(worker, settings=team.runtime.settings), 30) == 1
    assert [each["body"] for each in browser.shown] == ["“Deux” missed its date and did not go out"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("changes_requested", 1), ("thread_named", 1), ("approved", 0), ("thread_message", 0), ("import_over", 0)],
)
def test_a_browser_interrupts_for_what_waits_or_went_wrong(
    team: Desk, allow: Allow, post: Post, kind: str, told: int
) -> None:
    browser = allow()
    tell(team, team.write(), kind=kind, import_id="x", thread_id="x", file="plan.csv")
    assert post() == told
    assert len(browser.shown) == told


def test_everybody_chooses_what_their_browsers_tell(team: Desk, allow: Allow, post: Post) -> None:
    browser, person = allow(), team.world.people["cm"].membership_id
    with team.session() as session:
        choose(session, person, {Event.STOPPED: Wish(browser=False), Event.APPROVED: Wish(False, Pace.NEVER, True)})
    tell(team, team.write())
    tell(team, team.write(title="Oui"), kind="approved")
    assert post() == 1
    assert browser.shown[0]["body"] == "“Oui” is approved by everyone"
    with team.session() as session:
        assert session.scalars(select(Notice.in_app).where(Notice.kind == "approved")).all() == [False]
    assert "Oui" not in team.get("cm", "/notices?show=all").get_data(as_text=True)


def test_what_was_read_meanwhile_is_not_told(team: Desk, allow: Allow, post: Post) -> None:
    browser = allow()
    tell(team, team.write())
    with team.session() as session:
        person = team.world.people["cm"].membership_id
        notices.read(session, person, select(Notice.id))
    assert post() == 1
    assert browser.shown == []
    assert posts(team) == ["dropped"]


def test_what_waited_for_hours_is_not_told_any_more(team: Desk, service: PushService, allow: Allow, post: Post) -> None:
    allow()
    tell(team, team.write())
    with team.session() as session:
        session.execute(text("update app.push_posts set created_at = now() - interval '4 hours'"))
    assert post() == 1
    assert service.asked == 0
    assert posts(team) == ["dropped"]


def leave(team: Desk) -> None:
    with team.session() as session:
        session.execute(
            update(Membership)
            .where(Membership.id == team.world.people["cm"].membership_id)
            .values(removed_at=utcnow(), joined_at=None)
        )


def lose_the_brand(team: Desk) -> None:
    with team.session() as session:
        who = team.world.people["cm"].membership_id
        session.execute(delete(BrandAssignment).where(BrandAssignment.membership_id == who))


def be_disabled(team: Desk) -> None:
    of_identity(team, Identity, disabled_at=utcnow())


def be_restored(team: Desk) -> None:
    of_identity(team, SignIn, revoked_at=utcnow())


def be_over(team: Desk) -> None:
    of_identity(team, SignIn, expires_at=utcnow())


def come_by_another_s_provider(team: Desk) -> None:
    of_identity(team, SignIn, by_password=False, sso_agency_ids=[new_id()])


def be_asked_for_a_second_step(team: Desk) -> None:
    with team.session() as session:
        session.execute(text("update app.agencies set second_step_from = now() - interval '1 day'"))


@pytest.mark.parametrize(
    "happens",
    [leave, lose_the_brand, be_disabled, be_restored, be_over, come_by_another_s_provider, be_asked_for_a_second_step],
)
def test_who_could_not_read_it_there_is_not_told(
    team: Desk, service: PushService, allow: Allow, post: Post, happens: Callable[[Desk], None]
) -> None:
    allow()
    tell(team, team.write())
    happens(team)
    assert post() == 1
    assert service.asked == 0
    assert posts(team) == ["dropped"]


def test_who_has_the_second_step_is_told(team: Desk, allow: Allow, post: Post) -> None:
    browser = allow()
    tell(team, team.write())
    be_asked_for_a_second_step(team)
    with team.runtime.database.everywhere() as session:
        whose = team.world.people["cm"].identity_id
        session.add(SecondFactor(id=new_id(), identity_id=whose, secret=b"x", confirmed_at=utcnow()))
    assert post() == 1
    assert len(browser.shown) == 1


def test_a_client_s_person_is_not_told_of_what_they_do_not_see(team: Desk, allow: Allow, post: Post) -> None:
    browser = allow("client_approver")
    tell(team, team.write(title="Brouillon"), "client_approver", "changes_requested")
    assert post() == 1
    assert browser.shown == []


def test_a_browser_signed_out_by_itself_says_that_there_is_something_and_not_what(
    team: Desk, allow: Allow, post: Post
) -> None:
    browser = allow()
    tell(team, team.write(title="Secret"))
    with team.runtime.database.everywhere() as session:
        session.execute(text("update app.sign_ins set last_seen_at = now() - interval '2 days'"))
    assert post() == 1
    (said,) = browser.shown
    assert said["body"] == "Something new concerns you. Sign in to read it."
    assert (said["path"], said["reading"]) == (f"/{team.world.slug}/notices", "")
    assert "Secret" not in str(said)
    assert "Marque" not in str(said)


@pytest.mark.parametrize(
    ("fault", "lowest", "highest"),
    [
        ("429", 25, 31),
        ("429-wait", 80, 91),
        ("429-date", 3500, 3601),
        ("500", 25, 31),
        ("503", 25, 31),
        ("cut", 25, 31),
    ],
)
def test_what_was_not_taken_is_sent_again(
    team: Desk, worker: Runtime, service: PushService, allow: Allow, post: Post, fault: str, lowest: int, highest: int
) -> None:
    browser = allow()
    tell(team, team.write())
    service.plan.then(fault, call="message")
    assert post() == 1
    with worker.database.everywhere() as session:
        wait = session.execute(
            text("select extract(epoch from due_at - now()) from app.dispatch where queue = 'pushes'")
        ).scalar_one()
    assert lowest < wait < highest
    assert known(team)[0].refusals == 0
    assert post() == 1
    assert len(browser.shown) == 1


@pytest.mark.parametrize("fault", ["410", "404"])
def test_a_browser_that_is_gone_is_forgotten(
    team: Desk, service: PushService, allow: Allow, post: Post, fault: str
) -> None:
    allow()
    for _each in range(2):
        tell(team, team.write(), kind="changes_requested")
    tell(team, team.write())
    service.plan.then(fault, call="message")
    post()
    assert service.asked == 1
    assert known(team) == []
    assert posts(team) == []
    assert post() == 0


@pytest.mark.parametrize("fault", ["400", "413", "302"])
def test_a_browser_that_keeps_refusing_is_let_go(
    team: Desk, service: PushService, allow: Allow, post: Post, fault: str
) -> None:
    browser = allow()
    service.plan.then(*[fault] * (REFUSALS - 1), "ok", *[fault] * REFUSALS, call="message")
    for _each in range(REFUSALS - 1):
        tell(team, team.write())
        post()
    assert known(team)[0].refusals == REFUSALS - 1
    page = team.get("cm", "/notices/choices").get_data(as_text=True)
    assert f"The last message was not taken (HTTP {fault})." in page
    tell(team, team.write())
    post()
    assert (known(team)[0].refusals, known(team)[0].last_error) == (0, "")
    for _each in range(REFUSALS):
        tell(team, team.write())
        post()
    assert known(team) == []
    assert len(browser.shown) == 1


def test_another_key_of_the_installation_is_refused_by_the_service_and_noted(
    team: Desk, service: PushService, allow: Allow, post: Post
) -> None:
    browser = allow()
    browser.application_key = "another"
    tell(team, team.write())
    post()
    assert service.refused == ["not the subscription's key"]
    assert known(team)[0].last_error == "HTTP 403"


def test_what_a_dead_worker_left_is_sent_again_under_the_same_topic(
    team: Desk, worker: Runtime, allow: Allow, post: Post
) -> None:
    browser = allow()
    tell(team, team.write())
    assert post() == 1
    with team.session() as session:
        session.execute(text("update app.push_posts set state = 'waiting', ended_at = null"))
        session.execute(
            text(
                "insert into app.dispatch (kind, agency_id, item_id, queue)"
                " select 'push', agency_id, id, 'pushes' from app.push_posts where agency_id = :a"
            ),
            {"a": team.world.agency_id},
        )
    assert post() == 1
    assert len({each["topic"] for each in browser.headers}) == 1
    assert len({each["id"] for each in browser.shown}) == 1


def test_a_person_of_two_agencies_is_told_by_each_of_its_own(
    team: Desk, new_world: Callable, allow: Allow, post: Post
) -> None:
    browser, other = allow(), Desk(team.app, team.runtime, new_world())
    who = team.world.people["cm"].identity_id
    with other.session() as session:
        session.execute(
            update(Membership).where(Membership.id == other.world.people["cm"].membership_id).values(identity_id=who)
        )
    tell(team, team.write(title="Ici"))
    tell(other, other.write("rp", title="Ailleurs"))
    assert post() == 2
    assert {each["path"].split("/")[1] for each in browser.shown} == {team.world.slug, other.world.slug}
    with other.session() as session:
        assert session.scalars(select(PushPost.state)).all() == ["sent"]
    leave(team)
    tell(other, other.write("rp", title="Encore"))
    assert post() == 1
    assert "Encore" in browser.shown[-1]["body"]
