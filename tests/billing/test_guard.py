"""One guard over all verbs: who is not paid for begins nothing new, and everything else goes on."""

import pytest
from support.billing import Till
from support.desk import HTTPS

from tests.architecture.access_table import TABLE, Decider, Member
from tests.architecture.test_matrix import agency_calls
from tests.support.estate import build_estate
from unisson.billing.guard import READS, STAYS_OPEN


@pytest.fixture
def resting(till: Till) -> Till:
    till.fail(till.pay_for(3, days_ago=60), days_ago=8)
    assert till.standing() == ("read_only", "payment")
    return till


def test_what_stays_open_is_there(app):
    verbs = {rule.endpoint for rule in app.url_map.iter_rules() if (rule.methods or set()) - READS - {"HEAD"}}
    assert STAYS_OPEN - verbs == set()


def test_every_verb_is_refused_but_those_that_stay_open(billed_app, till: Till, billed, billed_worker):
    """Each route of the product that changes something, with ids that are there."""
    estate = build_estate(billed, billed_worker, "CANARI-REPOS")
    own = Till(type(till.desk)(billed_app, billed, estate.world), billed_worker, till.stripe)
    own.fail(own.pay_for(3, days_ago=60), days_ago=8)
    client = estate.world.sign_in(billed_app.test_client(), "owner")
    for call in agency_calls(billed_app, estate.world.slug, estate.own):
        if call.method in READS:
            continue
        answer = client.open(call.path, method=call.method, base_url=HTTPS)
        where = (call.rule.endpoint, call.method, answer.status_code)
        assert answer.status_code < 500, where
        assert isinstance(TABLE[call.rule.endpoint], Member | Decider)
        assert (answer.status_code == 402) == (call.rule.endpoint not in STAYS_OPEN), where


def test_nothing_new_is_begun_and_the_sentence_says_what_goes_on(resting: Till):
    desk = resting.desk
    desk.speak_english()
    answer = desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/new", {"title": "Neuf"})
    assert answer.status_code == 402
    assert "nothing new can be begun. What is scheduled still leaves" in answer.text
    assert "What you typed is still in your browser" in answer.text
    assert "Ask an owner or administrator" in answer.text
    as_owner = desk.post("owner", f"/brands/{desk.world.brand_slug}/contents/new", {"title": "Neuf"}).text
    assert f'href="/{desk.world.slug}/billing"' in as_owner
    assert "Ask an owner" not in as_owner


def test_who_approves_decides_all_the_same(till: Till):
    content_id = till.desk.in_state("in_review")
    till.fail(till.pay_for(3, days_ago=60), days_ago=8)
    digest, stage = till.desk.asked(content_id)
    answer = till.desk.post("rp", f"/contents/{content_id}/approval", {"digest": digest, "stage": stage})
    assert answer.status_code == 303
    assert till.desk.asked(content_id) != (digest, stage)


def test_a_client_reads_nothing_of_the_agency_s_bills(resting: Till):
    desk = resting.desk
    desk.speak_english()
    page = desk.get("client_approver", f"/portal/{desk.world.brand_slug}")
    assert page.status_code == 200
    assert "paid" not in page.text
    answer = desk.post("client_approver", "/calendar/views", {"name": "x"})
    assert answer.status_code == 422
    assert "Ask the agency" in answer.text
    assert "nothing new" not in answer.text
    assert "paid" not in answer.text


def test_scripts_get_the_sentence_too(resting: Till):
    answer = resting.desk.post(
        "cm", f"/brands/{resting.desk.world.brand_slug}/uploads", {}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 402
    assert answer.json["message"]


def test_reading_and_exporting_go_on(resting: Till):
    desk = resting.desk
    for path in ("/calendar", "/calendar/month.csv", "/brands", "/team", "/settings", "/activity.csv"):
        assert desk.get("owner", path).status_code in {200, 302, 404}, path
    assert desk.browser("owner").post("/sign-out", base_url=HTTPS).status_code == 303


def test_strangers_learn_nothing(resting: Till, new_till):
    other = new_till()
    answer = other.desk.browser("owner").post(resting.desk.path("/calendar/views"), base_url=HTTPS)
    assert answer.status_code == 404
    assert other.desk.browser(None).post(resting.desk.path("/calendar/views"), base_url=HTTPS).status_code == 303


def test_it_is_open_at_once_when_it_is_paid(till: Till):
    owed = till.fail(till.pay_for(3, days_ago=60), days_ago=8)
    desk = till.desk
    assert desk.post("cm", "/calendar/views", {"name": "Vue"}).status_code == 402
    till.stripe.pay(owed)
    till.look()
    assert desk.post("cm", "/calendar/views", {"name": "Vue"}).status_code != 402


def test_the_banner_is_for_the_agency_s_own_people(resting: Till):
    desk = resting.desk
    desk.speak_english()
    owner, cm = desk.get("owner", "/team").text, desk.get("cm", "/team").text
    assert "The agency is not paid for" in owner
    assert f"{desk.world.slug}/billing" in owner
    assert "The agency is not paid for" in cm
    assert "An owner or administrator of the agency can see to it." in cm
    assert "The agency is not paid for" not in desk.get("client_approver", "/team").text


def test_an_installation_of_one_s_own_is_never_closed(desk, till: Till, app):
    """Without keys nobody heeds what was written while there were some."""
    till.fail(till.pay_for(3, days_ago=60), days_ago=8)
    client = till.desk.world.sign_in(app.test_client(), "cm")
    answer = client.post(till.desk.path("/calendar/views"), data={"name": "Vue"}, base_url=HTTPS)
    assert answer.status_code != 402
    assert "standing" not in client.get(till.desk.path("/team"), base_url=HTTPS).text
