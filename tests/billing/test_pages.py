"""The pages of billing, filled in and sent as people do; Stripe is the stand-in."""

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update
from support.billing import Till
from support.desk import HTTPS
from support.statements import recorded

from tenants.brands import Brand
from unisson.activity.models import Event
from unisson.billing.models import BillingAccount, BillingPrice


def english(till: Till) -> Till:
    till.desk.speak_english()
    return till


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that is sent to `action`."""
    form = page[page.index(f'action="{action}"') :]
    form = form[: form.index("</form>")]
    found = re.findall(r"<input[^>]*>", form)
    return {
        re.search(r'name="([^"]*)"', each)[1]: (re.search(r'value="([^"]*)"', each) or [None, ""])[1] for each in found
    }


def quoted(till: Till, brands: int, interval: str = "month") -> tuple[str, dict[str, str]]:
    page = till.desk.get("owner", f"/billing/plan?brands={brands}&interval={interval}")
    assert page.status_code == 200, page.text
    return page.text, fields(page.text, till.desk.path("/billing/plan"))


def change(till: Till, sent: dict[str, str], role: str = "owner"):
    return till.desk.post(role, "/billing/plan", sent)


def test_an_installation_of_one_s_own_says_so_in_one_sentence(desk):
    desk.speak_english()
    page = desk.get("owner", "/billing")
    assert "This installation is your own: nothing is billed, and brands and people are unlimited." in page.text
    assert desk.get("owner", "/billing/plan?brands=3&interval=month").status_code == 303
    assert desk.get("owner", "/billing/state").status_code == 303
    for verb in ("checkout", "plan"):
        assert desk.post("owner", f"/billing/{verb}", {"brands": "3", "interval": "month"}).status_code == 404
    assert "your plan" not in desk.get("owner", "/brands").text


def test_the_contract_on_processing_names_stripe_where_it_takes_the_payments(till: Till, app):
    english(till)
    assert "Stripe, which gets the agency’s name" in till.desk.get("owner", "/settings/personal-data").text
    unbilled = till.desk.world.sign_in(app.test_client(), "owner")
    page = unbilled.get(till.desk.path("/settings/personal-data"), base_url=HTTPS).text
    assert "Stripe" not in page


def test_the_trial_is_one_brand_without_a_card(till: Till):
    english(till).open()
    till.desk.speak_english()
    page = till.desk.get("owner", "/billing").text
    assert "Free trial, without a card" in page
    assert "2; your plan is for 1" in page
    assert "Card and billing details" not in page


def test_the_way_to_pay(till: Till):
    english(till)
    page = till.desk.get("owner", "/billing/plan?brands=5&interval=year")
    assert "Studio" in page.text
    sent = fields(page.text, till.desk.path("/billing/checkout"))
    away = till.desk.post("owner", "/billing/checkout", sent)
    assert away.status_code == 303
    assert away.location.startswith(f"{till.stripe.url}/pay/cs_")
    target = re.search(r"form-action ([^;]*)", page.headers["Content-Security-Policy"])[1].split()
    assert target == ["'self'", "https://checkout.stripe.com", "https://billing.stripe.com", till.stripe.url]
    session = till.stripe.things[away.location.rpartition("/")[2]]
    assert session["success_url"].endswith(f"/{till.desk.world.slug}/billing?paid=1")
    waiting = till.desk.get("owner", "/billing?paid=1").text
    assert "The payment is being confirmed" in waiting
    till.stripe.complete(session["id"])
    till.look()
    assert till.desk.get("owner", "/billing/state?looks=3", headers={"HX-Request": "true"}).headers["HX-Redirect"]
    paid = till.desk.get("owner", "/billing?paid=1").text
    assert "being confirmed" not in paid
    assert "2; your plan is for 5" in paid
    assert "2,340.00" in paid


def test_what_it_costs_is_shown_though_no_look_has_read_the_prices(till: Till):
    english(till)
    with till.worker.database.everywhere() as session:
        session.execute(update(BillingPrice).values(id=BillingPrice.id + uuid.uuid4().hex))
    till.stripe.faults[:] = ["away"]
    assert "its page shows it before you pay" in till.desk.get("owner", "/billing/plan?brands=5&interval=year").text
    assert "1,950.00" in till.desk.get("owner", "/billing/plan?brands=5&interval=year").text


def test_a_second_payment_can_t_be_begun(till: Till):
    english(till)
    first = till.desk.post("owner", "/billing/checkout", {"brands": "3", "interval": "month"}).location
    second = till.desk.post("admin", "/billing/checkout", {"brands": "3", "interval": "month"}).location
    assert first != second
    assert till.stripe.things[first.rpartition("/")[2]]["status"] == "expired"
    till.stripe.complete(second.rpartition("/")[2])
    third = till.desk.post("owner", "/billing/checkout", {"brands": "3", "interval": "month"})
    assert third.location.endswith("/billing?paid=1")
    charges = [amount for customer, amount in till.stripe.charges if customer == till.account().customer_id]
    assert charges == [17640]
    till.look()
    fourth = till.desk.post("owner", "/billing/checkout", {"brands": "3", "interval": "month"})
    assert fourth.location.endswith("/billing?paid=1")


def test_a_click_repeated_is_one_payment(till: Till):
    sent = {"brands": "3", "interval": "month", "operation_id": "0197f0f0-0000-7000-8000-000000000001"}
    first = till.desk.post("owner", "/billing/checkout", sent)
    assert till.desk.post("owner", "/billing/checkout", sent).location == first.location


def test_what_a_change_costs_is_shown_and_then_charged_to_the_cent(till: Till):
    english(till)
    till.pay_for(3, days_ago=15)
    page, sent = quoted(till, 5)
    assert "are charged to your card now" in page
    shown = float(re.search(r"€([\d,.]+) are charged", page)[1].replace(",", ""))
    answer = change(till, sent)
    assert answer.status_code == 303
    customer, amount = till.stripe.charges[-1]
    assert (customer, amount) == (till.account().customer_id, round(shown * 100))
    assert till.account().brands == 5
    assert "Next invoice" not in till.desk.get("owner", "/billing").text, "of the old plan"
    till.look()
    assert "Next invoice" in till.desk.get("owner", "/billing").text
    assert (till.account().brands, till.account().price_id) == (5, "price_studio_month")
    with till.desk.session() as session:
        told = session.scalars(select(Event).where(Event.verb == "billing.changed")).one()
        assert told.details == {"brands": 5, "before": 3}


def test_lowering_takes_off_the_next_invoices(till: Till):
    english(till)
    till.pay_for(10, price="price_studio_month", days_ago=10)
    before = len(till.stripe.charges)
    page, sent = quoted(till, 4)
    assert "Nothing is charged now. €" in page
    assert change(till, sent).status_code == 303
    assert len(till.stripe.charges) == before
    assert till.account().brands == 4


def test_by_the_year_from_now_on(till: Till):
    till.pay_for(3, days_ago=10)
    _page, sent = quoted(till, 3, "year")
    assert change(till, sent).status_code == 303
    till.look()
    assert (till.account().interval, till.account().price_id) == ("year", "price_atelier_year")


def test_fewer_than_are_used_names_the_brands(till: Till):
    english(till)
    till.pay_for(3)
    answer = till.desk.get("owner", "/billing/plan?brands=1&interval=month")
    assert answer.status_code == 422
    assert "2 brands are in use: Autre marque, Marque. Archive 1 of them before you pay for 1." in answer.text
    assert 'value="1"' in answer.text
    assert till.account().brands == 3
    till.archive_brands(1)
    assert till.desk.get("owner", "/billing/plan?brands=1&interval=month").status_code == 200


def test_a_brand_opened_after_the_figures_were_shown_stops_the_change(till: Till):
    till.archive_brands(1)
    till.pay_for(3)
    _page, sent = quoted(till, 1)
    with till.desk.session() as session:
        for brand in session.scalars(select(Brand)):
            brand.archived_at = None
    answer = change(till, sent)
    assert answer.status_code == 422
    assert till.account().brands == 3


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("brands=0&interval=month", "Give a number of brands from 1 to 200."),
        ("brands=201&interval=month", "Give a number of brands from 1 to 200."),
        ("brands=-3&interval=month", "Give a number of brands from 1 to 200."),
        ("brands=3.5&interval=month", "Give a number of brands from 1 to 200."),
        ("brands=deux&interval=month", "Give a number of brands from 1 to 200."),
        ("brands=٣&interval=month", "Give a number of brands from 1 to 200."),
        ("brands=99999999999999999999&interval=month", "Give a number of brands from 1 to 200."),
        ("interval=month", "Give a number of brands from 1 to 200."),
        ("brands=3", "Choose whether to pay by the month or by the year."),
        ("brands=3&interval=week", "Choose whether to pay by the month or by the year."),
        ("brands=20&interval=year", "This plan is paid for by the month only."),
    ],
)
def test_what_is_no_plan_is_said_on_the_form(till: Till, query: str, sentence: str):
    english(till)
    answer = till.desk.get("owner", f"/billing/plan?{query}")
    assert answer.status_code == 422
    assert sentence in answer.text
    sent = dict(pair.split("=") for pair in query.split("&"))
    assert till.desk.post("owner", "/billing/checkout", sent).status_code == 422


def test_the_same_again_is_no_change(till: Till):
    english(till)
    till.pay_for(3)
    answer = till.desk.get("owner", "/billing/plan?brands=3&interval=month")
    assert answer.status_code == 422
    assert "That is your plan already." in answer.text


def test_a_card_that_is_refused_changes_nothing(till: Till):
    english(till)
    subscription = till.pay_for(3, days_ago=15)
    _page, sent = quoted(till, 5)
    till.stripe.things[subscription]["metadata"]["declined"] = "1"
    answer = change(till, sent)
    assert answer.status_code == 402
    assert "The card was refused, so that nothing was changed" in answer.text
    assert "are charged to your card now" in answer.text
    till.look()
    assert (till.account().brands, till.standing()) == (3, ("good", None))
    del till.stripe.things[subscription]["metadata"]["declined"]
    assert change(till, fields(answer.text, till.desk.path("/billing/plan"))).status_code == 303
    assert till.account().brands == 5


def test_stripe_away_is_said_and_nothing_changed(till: Till):
    english(till)
    till.pay_for(3, days_ago=15)
    _page, sent = quoted(till, 5)
    till.stripe.faults += ["away"]
    answer = change(till, sent)
    assert answer.status_code == 503
    assert till.account().brands == 3
    till.stripe.faults[:] = ["away"]
    assert till.desk.get("owner", "/billing/plan?brands=5&interval=month").status_code == 503
    till.stripe.faults[:] = ["away"]
    assert till.desk.post("owner", "/billing/portal").status_code == 503


def test_an_answer_that_was_lost_is_looked_up_and_never_charged_twice(till: Till):
    english(till)
    till.pay_for(3, days_ago=15)
    _page, sent = quoted(till, 5)
    before = len(till.stripe.charges)
    till.stripe.faults += ["", "lost"]
    answer = change(till, sent)
    assert answer.status_code == 503
    assert "nobody can tell yet whether it was carried out" in answer.text
    assert len(till.stripe.charges) == before + 1
    till.look()
    assert till.account().brands == 5
    again = change(till, sent)
    assert again.status_code in {303, 409}
    assert len(till.stripe.charges) == before + 1


def test_a_quote_is_of_its_agency_its_figures_and_its_hour(till: Till, new_till):
    english(till)
    subscription = till.pay_for(3, days_ago=15)
    _page, sent = quoted(till, 5)
    other = new_till()
    other.pay_for(3, days_ago=15)
    assert change(other, sent).status_code == 409
    tampered = {**sent, "quote": sent["quote"][:-4] + "AAAA"}
    assert change(till, tampered).status_code == 409
    assert change(till, {}).status_code == 409
    till.stripe.things[subscription]["items"]["data"][0]["quantity"] = 2
    outdated = change(till, sent)
    assert outdated.status_code == 409
    assert "The figures shown are out of date" in outdated.text


def test_a_change_carried_out_in_another_window_is_said_to_be_the_plan_already(till: Till):
    english(till)
    till.pay_for(3, days_ago=15)
    _page, here = quoted(till, 5)
    _page, there = quoted(till, 5)
    assert change(till, there).status_code == 303
    before = len(till.stripe.charges)
    again = change(till, here)
    assert again.status_code == 409
    assert "That is your plan already." in again.text
    assert "Your plan is as it was." in again.text
    assert "Here they are again" not in again.text
    assert len(till.stripe.charges) == before


def test_who_owes_pays_first(till: Till):
    english(till)
    till.fail(till.pay_for(3, days_ago=60), days_ago=1)
    answer = till.desk.get("owner", "/billing/plan?brands=5&interval=month")
    assert answer.status_code == 422
    assert "The last payment is still open." in answer.text
    page = till.desk.get("owner", "/billing").text
    assert "Payment open" in page
    assert re.search(r'<a href="[^"]*/in_\w+"[^>]*>Pay', page)


def test_the_portal_is_stripe_s_own(till: Till):
    english(till)
    refused = till.desk.post("owner", "/billing/portal")
    assert refused.status_code == 422
    till.pay_for(3)
    away = till.desk.post("owner", "/billing/portal")
    assert away.status_code == 303
    assert away.location.startswith(f"{till.stripe.url}/portal/")
    assert urlsplit(till.stripe.things[away.location.rpartition("/")[2]]["return_url"]).path.endswith("/billing")
    till.stripe.remove(till.account().customer_id)
    assert till.desk.post("owner", "/billing/portal").status_code == 422


def test_owners_and_admins_see_it_and_nobody_else(till: Till):
    till.pay_for(3)
    for role in ("owner", "admin"):
        assert till.desk.get(role, "/billing").status_code == 200
    for role in ("account_manager", "cm", "client_approver"):
        assert till.desk.get(role, "/billing").status_code == 403
        assert till.desk.post(role, "/billing/portal").status_code == 403


def test_brands_are_counted_before_they_are_refused(till: Till):
    english(till)
    till.pay_for(3)
    page = till.desk.get("account_manager", "/brands").text
    assert "2 brands are open; your plan is for 3." in page
    assert "Change the plan" not in page
    typed = {"name": "Troisième", "sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "moss"}
    assert till.desk.post("owner", "/brands/new", typed).status_code == 303
    full = till.desk.get("owner", "/brands/new").text
    assert "All brands of your plan are in use (3 of 3)" in full
    answer = till.desk.post("owner", "/brands/new", {**typed, "name": "Quatrième"})
    assert answer.status_code == 422
    assert "Your plan is for 3 brands, and all are in use." in answer.text
    assert 'value="Quatrième"' in answer.text
    assert till.desk.get("owner", "/brands").text.count("Quatrième") == 0


def test_of_two_who_open_the_last_brand_one_is_refused(till: Till):
    till.pay_for(3)
    typed = {"sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "moss"}
    clients = [till.desk.world.sign_in(till.desk.app.test_client(), "owner") for _ in range(4)]
    path = till.desk.path("/brands/new")
    with ThreadPoolExecutor(4) as crowd:
        codes = list(
            crowd.map(
                lambda n: (
                    clients[n].post(path, data={**typed, "name": f"N{n}"}, base_url="https://localhost").status_code
                ),
                range(4),
            )
        )
    assert sorted(codes) == [303, 422, 422, 422]


def test_the_pages_ask_no_more_for_more_invoices(till: Till):
    subscription = till.pay_for(3)
    till.desk.get("owner", "/billing")
    with recorded(till.desk.runtime) as few:
        till.desk.get("owner", "/billing")
    for day in range(12):
        till.stripe.pay(str(till.stripe.fail_payment(subscription, at=1_700_000_000 + day * 86400)["id"]))
    till.look()
    with recorded(till.desk.runtime) as many:
        page = till.desk.get("owner", "/billing")
    assert len(few) == len(many) <= 8
    assert page.text.count("UNI-") >= 13


def test_an_end_is_shown_before_it_comes(till: Till):
    english(till)
    subscription = till.pay_for(3, days_ago=25)
    till.stripe.cancel(subscription)
    till.look()
    assert till.standing() == ("notice", "ended")
    page = till.desk.get("owner", "/billing").text
    assert "Ends on" in page
    assert "Next invoice" not in page
    assert "The subscription comes to its end" in page
    with till.desk.session() as session:
        account = session.scalars(select(BillingAccount)).one()
        assert account.ends_at - account.created_at < timedelta(days=6)


def test_a_page_takes_no_time_to_say_what_stands(till: Till):
    """Nothing is asked of Stripe to show the billing page."""
    till.pay_for(3)
    before = len(till.stripe.calls)
    started = time.monotonic()
    assert till.desk.get("owner", "/billing").status_code == 200
    assert len(till.stripe.calls) == before
    assert time.monotonic() - started < 5
