from __future__ import annotations

from readylb.core.retry_budget import WINDOW_SECONDS, RetryBudget


def spent(budget, now, requests, *, wanted=1000, percent=20, per_second=10):
    """How many of `wanted` retries there is credit for."""
    return sum(budget.spend(now, requests, percent=percent, per_second=per_second) for _ in range(wanted))


def test_a_service_begins_with_the_floor_of_a_window():
    assert spent(RetryBudget(5.0), 5.0, 0) == 10 * WINDOW_SECONDS


def test_a_share_of_the_requests_may_be_repeated():
    budget = RetryBudget(0.0)
    assert spent(budget, 0.0, 0, per_second=0) == 0
    assert spent(budget, 1.0, 1000, per_second=0) == 200


def test_what_is_spent_comes_back_with_time():
    budget = RetryBudget(0.0)
    spent(budget, 0.0, 0)
    assert spent(budget, 0.0, 0) == 0
    assert spent(budget, 2.0, 0) == 20


def test_credit_that_nobody_spends_is_lost():
    budget = RetryBudget(0.0)
    for second in range(100):
        budget.spend(float(second), second * 100, percent=20, per_second=0)
    # At 100 requests a second, a window's worth and not a hundred seconds' worth.
    assert 150 <= spent(budget, 99.0, 9900, per_second=0) <= 200


def test_after_a_long_time_an_average_window_counts():
    assert spent(RetryBudget(0.0), 990.0, 100_000, per_second=0) == 200


def test_no_credit_means_no_retry():
    assert spent(RetryBudget(0.0), 50.0, 1_000, percent=0, per_second=0) == 0
