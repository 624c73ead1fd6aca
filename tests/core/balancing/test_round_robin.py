from __future__ import annotations

from readylb.core.balancing.round_robin import RoundRobin


class Candidate:
    in_flight = 0
    weight = 1
    authority = b""


def test_each_candidate_has_its_turn():
    a, b, c = Candidate(), Candidate(), Candidate()
    policy = RoundRobin()
    assert [policy.pick((a, b, c)) for _ in range(5)] == [a, b, c, a, b]


def test_a_smaller_set_is_walked_from_its_beginning():
    a, b, c = Candidate(), Candidate(), Candidate()
    policy = RoundRobin()
    for _ in range(2):
        policy.pick((a, b, c))
    assert [policy.pick((a, b)) for _ in range(3)] == [a, b, a]
