"""A month of events, in any order, repeated and thinned, with looks that overlap: all ends where Stripe stands."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from support.billing import Till
from support.month import Month

from unisson.billing.applying import facts_of
from unisson.billing.models import BillingEvent, BillingInvoice, BillingNotice
from unisson.billing.notices import payers
from unisson.billing.reach import gateway_of
from unisson.billing.standing import judge
from unisson.notifications.models import Letter

MONTHS = int(os.environ.get("MONTHS", "12"))
NUMBERS = st.integers(0, 999)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("happen"), st.just(0)),
        st.tuples(st.just("deliver"), NUMBERS),
        st.tuples(st.just("deliver"), NUMBERS),
        st.tuples(st.just("fetch"), st.just(0)),
        st.tuples(st.just("write"), NUMBERS),
        st.tuples(st.just("die"), st.just(0)),
    ),
    min_size=10,
    max_size=45,
)
relaxed = settings(max_examples=MONTHS, deadline=None, suppress_health_check=list(HealthCheck))


def play(month: Month, move: str, number: int) -> None:
    moves = {
        "happen": month.happen,
        "fetch": month.fetch,
        "die": month.die,
        "deliver": lambda: month.deliver(number),
        "write": lambda: month.write(number),
    }
    moves[move]()


def begun(till: Till, moves: list[tuple[str, int]]) -> Month:
    """A month in which `moves` were made, and that is over."""
    month = Month(till)
    month.begin()
    for move, number in moves:
        play(month, move, number)
    while month.happen():
        pass
    return month


def refuse_anything_else(till: Till, month: Month) -> None:
    """What is stored is what one look at the end would have stored, and each was told once."""
    state = gateway_of(till.worker.settings).state(month.customer_id)
    account, found = till.account(), state.subscription
    assert found is not None
    stored = (account.subscription_id, account.status, account.price_id, account.brands, account.interval)
    assert stored == (found.id, found.status, found.price_id, found.brands, found.interval)
    assert (account.period_ends_at, account.ends_at, account.lapsed_at) == (
        found.period_ends_at, found.ends_at, state.lapsed_at,
    )  # fmt: skip
    judged = judge(facts_of(account), account.fetched_at)
    assert till.standing() == (judged.standing, judged.why)
    with till.desk.session() as session:
        rows = session.scalars(select(BillingInvoice)).all()
        kept = {
            row.stripe_id: (row.status, row.amount) for row in rows if row.stripe_id in {i.id for i in state.invoices}
        }
        notices = session.scalar(select(func.count()).select_from(BillingNotice))
        letters = session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == "billing"))
        assert letters == notices * len(payers(session))
    assert kept == {each.id: (each.status, each.amount) for each in state.invoices}


@relaxed
@given(moves=MOVES)
def test_with_events_lost_the_daily_look_finds_it_all(till: Till, moves: list[tuple[str, int]]):
    before = len(till.stripe.calls)
    month = begun(till, moves)
    month.die()
    month.pass_a_day()
    month.look_while_due()
    while month.begun:
        month.write(0)
    refuse_anything_else(till, month)
    asked = {path for method, path in till.stripe.calls[before:] if method == "POST"}
    assert asked <= {"invoices/create_preview"}, "looking changes nothing over there"


@relaxed
@given(moves=MOVES, data=st.data())
def test_each_event_once_or_more_in_any_order_is_enough(till: Till, moves: list[tuple[str, int]], data: st.DataObject):
    month = begun(till, moves)
    order = data.draw(st.permutations(range(len(month.events))))
    for place, number in enumerate(order):
        month.deliver(number)
        if place % 5 == 4:
            month.fetch()
            month.deliver(order[place // 2])
    month.look_while_due()
    while month.begun:
        month.write(0)
    refuse_anything_else(till, month)
    with till.worker.database.everywhere() as session:
        ids = [each["id"] for each in month.events]
        assert session.scalar(select(func.count()).where(BillingEvent.id.in_(ids))) == len(ids)


def test_what_an_older_event_says_is_not_believed(till: Till):
    """The last event to arrive is the oldest one, of a subscription that has ended since."""
    month = begun(till, [])
    newest_first = range(len(month.events) - 1, -1, -1)
    for number in newest_first:
        month.deliver(number)
        month.look_while_due()
    assert till.account().status == "past_due"
    refuse_anything_else(till, month)
