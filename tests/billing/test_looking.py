"""A look: what stands at Stripe is fetched whole and written, the agency's standing follows, its people are told once."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from support.billing import Till, prices_setting
from support.statements import recorded

from tenants.base import utcnow
from tenants.identities import DirectoryEntry, Dispatch
from unisson.activity.models import Event
from unisson.billing import looking
from unisson.billing.accounts import look_again
from unisson.billing.models import BillingAccount, BillingInvoice, BillingNotice, BillingPrice, BillingRoll
from unisson.billing.reach import gateway_of
from unisson.notifications.composing import compose
from unisson.notifications.envelopes import stationery
from unisson.notifications.models import Letter


def letters(till: Till) -> list[tuple[str, str]]:
    with till.desk.session() as session:
        rows = session.scalars(select(Letter).where(Letter.kind == "billing").order_by(Letter.created_at, Letter.id))
        return [(row.about["step"], str(row.membership_id)) for row in rows]


def test_what_is_paid_for_is_written_down(till: Till):
    till.pay_for(3)
    account = till.account()
    assert (account.status, account.brands, account.price_id) == ("active", 3, "price_atelier_month")
    assert (account.interval, account.currency) == ("month", "eur")
    assert account.next_amount == 3 * 4900 * 120 // 100
    assert account.next_invoice_at == account.period_ends_at
    assert till.standing() == ("good", None)
    with till.desk.session() as session:
        invoice = session.scalars(select(BillingInvoice)).one()
        assert (invoice.status, invoice.amount, invoice.currency) == ("paid", 17640, "eur")
        assert session.get(BillingPrice, "price_studio_year").amount == 39000
    assert till.due_at() - utcnow() > timedelta(hours=23)


def test_a_price_that_stripe_does_not_know_stands_in_nobody_s_way(till: Till, billed_worker):
    """A mistyped id in STRIPE_PRICES: the operator is told, and what agencies pay is known all the same."""
    mistyped = [(plan, each, "price_none" if plan == "maison" else known) for plan, each, known in prices_setting()]
    settings = dataclasses.replace(billed_worker.settings, stripe_prices=tuple(mistyped))
    worker = dataclasses.replace(billed_worker, settings=settings)
    with worker.database.everywhere() as session:
        session.execute(update(BillingPrice).values(fetched_at=utcnow() - timedelta(days=2)))
    mistaken = dataclasses.replace(till, worker=worker)
    mistaken.pay_for(3)
    assert till.account().brands == 3
    assert looking.know_prices(billed_worker) == 1, "the one price that was not read a moment ago"


def test_a_trial_ends_by_the_clock_alone(till: Till):
    till.open(trial_ends_in=timedelta(days=6))
    till.look()
    assert till.standing() == ("notice", "trial")
    assert till.due_at() < utcnow() + timedelta(days=1, minutes=1)
    with till.desk.session() as session:
        session.execute(update(BillingAccount).values(trial_ends_at=utcnow() - timedelta(minutes=1)))
    till.told_of(till.account().trial_ends_at, utcnow() - timedelta(days=6))
    till.look()
    assert till.standing() == ("read_only", "trial")


def test_nobody_is_closed_who_was_not_told(till: Till):
    """A lapse of long ago that is heard of today is one of today: people have days to see to it."""
    till.open(trial_ends_in=timedelta(days=-40))
    till.look()
    assert till.standing() == ("notice", "trial")
    assert {step for step, _person in letters(till)} == {"warned"}
    till.look()
    assert till.standing() == ("notice", "trial")
    assert len(letters(till)) == 2


def test_the_next_step_is_waited_for_to_the_minute(till: Till):
    till.open(trial_ends_in=timedelta(hours=3))
    till.told_of(till.account().trial_ends_at, utcnow() - timedelta(days=6))
    till.look()
    assert timedelta(hours=2, minutes=59) < till.due_at() - utcnow() <= timedelta(hours=3)


def test_owners_and_admins_are_told_of_each_step_once(till: Till):
    subscription = till.pay_for(3, days_ago=60)
    owed = till.fail(subscription, days_ago=1)
    people = {str(till.desk.world.people[role].membership_id) for role in ("owner", "admin")}
    assert {person for _step, person in letters(till)} == people
    till.look()
    till.look()
    assert [step for step, _person in letters(till)] == ["warned", "warned"]
    till.stripe.things[owed]["created"] -= 7 * 86400
    till.stripe.things[owed]["status_transitions"]["finalized_at"] -= 7 * 86400
    till.told_at(till.stripe.things[owed]["status_transitions"]["finalized_at"])
    till.look()
    assert till.standing() == ("read_only", "payment")
    assert [step for step, _person in letters(till)][2:] == ["closed", "closed"]


def read_letter(till: Till):
    """The first letter about billing as it would leave now; None when there is nothing to say any more."""
    with stationery(till.worker).app_context(), till.worker.database.agency(till.desk.world.agency_id) as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "billing").limit(1)).one()
        return compose(session, letter, "https://desk.example.org")


def test_a_letter_says_what_is_so_and_what_to_do(till: Till):
    till.fail(till.pay_for(3, days_ago=60), days_ago=1)
    french = read_letter(till)
    assert french.words.subject.startswith("Le dernier paiement n’a pas abouti")
    assert french.words.action_url == f"https://desk.example.org/{till.desk.world.slug}/billing"
    till.desk.speak_english()
    english = read_letter(till)
    assert english.words.subject.startswith("The last payment did not go through")
    assert "what is scheduled still leaves" in english.words.paragraphs[0]


def test_a_letter_is_dropped_once_it_is_paid(till: Till):
    owed = till.fail(till.pay_for(3, days_ago=60), days_ago=8)
    till.stripe.pay(owed)
    till.look()
    assert read_letter(till) is None


def test_it_recovers_at_once_when_it_is_paid(till: Till):
    owed = till.fail(till.pay_for(3, days_ago=60), days_ago=25)
    assert till.standing() == ("stopped", "payment")
    till.stripe.pay(owed)
    till.look()
    assert till.standing() == ("good", None)
    with till.desk.session() as session:
        verbs = session.scalars(select(Event.verb).where(Event.verb.startswith("billing.")).order_by(Event.at)).all()
    assert verbs == ["billing.stopped", "billing.good"]


def test_while_stripe_is_away_nothing_gets_worse(till: Till):
    owed = till.fail(till.pay_for(3, days_ago=60), days_ago=1)
    till.stripe.things[owed]["status_transitions"]["finalized_at"] -= 30 * 86400
    till.told_at(till.stripe.things[owed]["status_transitions"]["finalized_at"])
    till.stripe.faults += ["away"]
    till.look()
    assert till.standing() == ("notice", "payment")
    assert till.due_at() - utcnow() <= timedelta(minutes=5)
    till.look()
    assert till.standing() == ("stopped", "payment")


def test_an_event_during_a_look_makes_it_look_again(till: Till):
    """Who began earlier may hold an older state: what they found is not written."""
    subscription = till.pay_for(3)
    before = gateway_of(till.worker.settings).state(till.account().customer_id)
    till.stripe.cancel(subscription, now=True)
    with till.worker.database.agency(till.desk.world.agency_id) as session:
        claimed = till.claim(session)
        look_again(session)
    with pytest.raises(looking._OvertakenError):
        looking._write(till.worker, claimed, before)
    till.look()
    assert till.account().status == "canceled"


def test_a_customer_who_was_deleted_at_stripe_is_on_the_trial_again(till: Till):
    till.pay_for(3, days_ago=40)
    till.stripe.remove(till.account().customer_id)
    till.look()
    account = till.account()
    assert (account.customer_id, account.status) == (None, None)
    with till.desk.session() as session:
        roll = session.get(BillingRoll, till.desk.world.agency_id)
        assert roll.customer_id is None


def test_the_dearest_subscription_counts_where_there_are_two(till: Till):
    first = till.pay_for(3, days_ago=2)
    till.stripe.subscribe(till.account().customer_id, "price_studio_month", 5)
    till.look()
    assert till.account().brands == 5
    till.stripe.cancel(first, now=True)
    till.look()
    assert till.account().brands == 5


def test_every_agency_is_enrolled_and_looked_at(new_till: Callable[[], Till], billed_worker):
    tills = [new_till() for _ in range(3)]
    while looking.enrol(billed_worker):  # as many at a time as a duty's turn allows
        pass
    with billed_worker.database.everywhere() as session:
        agencies = set(session.scalars(select(DirectoryEntry.agency_id)))
        due = set(session.scalars(select(Dispatch.agency_id).where(Dispatch.kind == "billing")))
    assert agencies == due
    for till in tills:
        assert timedelta(days=29, hours=23) < till.account().trial_ends_at - utcnow() < timedelta(days=30)


def test_without_keys_everybody_stands_well_again(till: Till, worker):
    till.fail(till.pay_for(3, days_ago=60), days_ago=25)
    assert till.standing() == ("stopped", "payment")
    assert till.due_at() > utcnow(), "it is not waited for until then"
    for _ in range(60):
        looking.look_due(worker, 20)
        if till.standing() == ("good", None):
            return
    raise AssertionError(till.standing())


def test_a_look_asks_no_more_for_more_invoices(till: Till):
    """Queries don't grow with what is fetched."""
    subscription = till.pay_for(3)
    till.look()
    with recorded(till.worker) as few:
        till.look()
    for day in range(12):
        till.stripe.pay(str(till.stripe.fail_payment(subscription, at=1_700_000_000 + day * 86400)["id"]))
    till.look()
    with recorded(till.worker) as many:
        till.look()
    assert len(many) == len(few)
    with till.desk.session() as session:
        assert session.scalar(select(func.count()).select_from(BillingInvoice)) == 13
        assert session.scalar(select(func.count()).select_from(BillingNotice)) == 0
