from __future__ import annotations

from readylb.core.outlier import Outlier, may_eject


def test_failures_in_a_row_are_too_many_at_their_number():
    outlier = Outlier()
    assert [outlier.failed(3) for _ in range(4)] == [False, False, True, True]


def test_zero_is_never():
    outlier = Outlier()
    assert not any(outlier.failed(0) or outlier.answered_5xx(0) for _ in range(100))


def test_an_answer_of_any_kind_ends_a_row_of_failures():
    outlier = Outlier()
    outlier.failed(3)
    outlier.failed(3)
    assert not outlier.answered_5xx(5)
    assert not outlier.failed(3)


def test_ejection_grows_up_to_its_most():
    outlier, now, lengths = Outlier(), 1000.0, []
    for _ in range(5):
        outlier.eject(now, 30.0, 100.0)
        lengths.append(outlier.until - now)
        now = outlier.until
    assert lengths == [30, 60, 90, 100, 100]


def test_a_long_good_time_makes_the_next_ejection_short():
    outlier = Outlier()
    outlier.eject(1000.0, 30.0, 300.0)
    outlier.eject(outlier.until, 30.0, 300.0)
    outlier.eject(outlier.until + 301, 30.0, 300.0)
    assert outlier.times == 1


def test_it_is_ejected_until_its_time_is_over():
    outlier = Outlier()
    assert not outlier.is_ejected(0.0)
    outlier.eject(1000.0, 30.0, 300.0)
    assert outlier.is_ejected(1029.9)
    assert not outlier.is_ejected(1030.0)


def test_a_refusal_is_forgotten_when_the_probe_has_passed_after_it():
    outlier = Outlier()
    outlier.refused_at = 50.0
    outlier.vouch(49.0)
    assert outlier.is_refused()
    outlier.vouch(50.0)
    assert not outlier.is_refused()


def test_no_more_than_a_share_may_be_ejected():
    assert not may_eject(0, 1, 50)
    assert may_eject(0, 2, 50)
    assert may_eject(0, 3, 50)
    assert not may_eject(1, 3, 50)
    assert not may_eject(0, 10, 0)
