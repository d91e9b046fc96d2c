"""How an agency stands, as a table of time."""

from datetime import UTC, datetime, timedelta

import pytest

from unisson.billing.standing import LEAST_NOTICE, STILL_LEAVES, Facts, judge

T = datetime(2026, 12, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)

TRIAL = Facts(trial_ends_at=T)
UNPAID = Facts(trial_ends_at=T - 90 * DAY, status="past_due", lapsed_at=T - 7 * DAY)
ENDED = Facts(trial_ends_at=T - 90 * DAY, status="canceled", ends_at=T - 7 * DAY, lapsed_at=T - 7 * DAY)
ENDING = Facts(trial_ends_at=T - 90 * DAY, status="active", ends_at=T - 7 * DAY)


@pytest.mark.parametrize(
    ("facts", "days", "standing", "why", "step"),
    [
        (TRIAL, -8, "good", None, None),
        (TRIAL, -7, "notice", "trial", "warned"),
        (TRIAL, -1, "notice", "trial", "closing"),
        (TRIAL, 0, "read_only", "trial", "closed"),
        (TRIAL, 13, "read_only", "trial", "stopping"),
        (TRIAL, 14, "stopped", "trial", "stopped"),
        (UNPAID, -7, "notice", "payment", "warned"),
        (UNPAID, -1, "notice", "payment", "closing"),
        (UNPAID, 0, "read_only", "payment", "closed"),
        (UNPAID, 13, "read_only", "payment", "stopping"),
        (UNPAID, 14, "stopped", "payment", "stopped"),
        (ENDED, -7, "notice", "ended", "warned"),
        (ENDED, 0, "read_only", "ended", "closed"),
        (ENDED, 14, "stopped", "ended", "stopped"),
        (ENDING, -15, "good", None, None),
        (ENDING, -14, "notice", "ended", "warned"),
        (ENDING, -2, "notice", "ended", "warned"),
    ],
)
def test_each_day_has_its_standing(facts, days, standing, why, step):
    found = judge(facts, T + days * DAY, told_at=T - 8 * DAY)
    assert (found.standing, found.why, found.step) == (standing, why, step)
    assert found.next_at is None or found.next_at > T + days * DAY


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_who_pays_stands_well_for_ever(status):
    found = judge(Facts(trial_ends_at=T - 900 * DAY, status=status), T)
    assert (found.standing, found.next_at) == ("good", None)


@pytest.mark.parametrize("status", ["incomplete", "incomplete_expired", "something_new"])
def test_a_first_payment_that_never_went_through_leaves_the_trial(status):
    assert judge(Facts(trial_ends_at=T, status=status), T - 20 * DAY).standing == "good"
    assert judge(Facts(trial_ends_at=T, status=status), T).why == "trial"


def test_scheduled_posts_have_fourteen_days():
    closed = judge(UNPAID, T, T - 7 * DAY)
    assert closed.until == T + 14 * DAY
    assert judge(UNPAID, closed.until - timedelta(seconds=1), T - 7 * DAY).standing == "read_only"


def test_nothing_is_closed_before_its_people_were_told():
    """However late: of a lapse that was heard of after forty days, as of any other."""
    heard = T + 40 * DAY
    first = judge(UNPAID, heard)
    assert (first.standing, first.step, first.until) == ("notice", "warned", heard + LEAST_NOTICE)
    assert judge(UNPAID, heard + LEAST_NOTICE - timedelta(seconds=1), heard).standing == "notice"
    closed = judge(UNPAID, heard + LEAST_NOTICE, heard)
    assert (closed.standing, closed.until) == ("read_only", heard + LEAST_NOTICE + STILL_LEAVES)
    assert closed.closes_at == first.closes_at == T
