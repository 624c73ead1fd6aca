from __future__ import annotations

import pytest
from benchmarks.life_cycle import BenchmarkError, Comparison, Figure, lateness


def test_a_probe_is_late_by_what_it_comes_after_its_tick() -> None:
    early = [0.0, 0.3]  # out of turn, until it is Ready
    last = [99.0]  # while readylb was ending
    moments = {1: [*early, 1.0, 2.05, 3.0, 4.0, *last], 2: [*early, 1.5, 2.5, 3.75, *last]}
    late = lateness(moments, 1.0, 0.5, 5.0)
    assert late == pytest.approx([0.0, 0.05, 0.0, 0.0, 0.0, 0.0, 0.25])


def test_an_endpoint_that_was_not_probed_is_not_passed_over() -> None:
    with pytest.raises(BenchmarkError, match="endpoint 2 was not probed"):
        lateness({1: [1.0, 2.0], 2: [9.0]}, 1.0, 0.5, 5.0)


def test_a_figure_beyond_its_limit_says_so() -> None:
    assert Figure("latest probe", 12.34, "ms", 200).row() == "| latest probe | 12.3 ms | 200 ms | yes |"
    assert Figure("latest probe", 780.0, "ms", 200).row() == "| latest probe | 780.0 ms | 200 ms | NO |"


def test_requests_beside_probing_may_be_as_late_as_in_the_worst_round_without() -> None:
    rounds = Comparison(beside=[0.004, 0.006, 0.005], without=[0.001, 0.002, 0.003])
    without, beside = rounds.figures("here", 1)
    assert (without.value, without.most) == (2.0, 1.0)
    assert (beside.value, beside.most) == (5.0, 4.0)
