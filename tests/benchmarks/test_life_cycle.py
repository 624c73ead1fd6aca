from __future__ import annotations

import pytest
from benchmarks.life_cycle import Figure, lateness


def test_a_probe_is_late_by_what_it_comes_after_its_tick() -> None:
    early = [0.0, 0.3]  # out of turn, until it is Ready
    last = [99.0]  # while readylb was ending
    late = lateness({1: [*early, 1.0, 2.05, 3.0, 4.0, *last], 2: [*early, 1.5, 2.5, 3.75, *last]}, 1.0)
    assert late == pytest.approx([0.0, 0.05, 0.0, 0.0, 0.0, 0.0, 0.25])


def test_a_figure_beyond_its_limit_says_so() -> None:
    assert Figure("latest probe", 12.34, "ms", 200).row() == "| latest probe | 12.3 ms | 200 ms | yes |"
    assert Figure("latest probe", 780.0, "ms", 200).row() == "| latest probe | 780.0 ms | 200 ms | NO |"
