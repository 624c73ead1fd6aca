from __future__ import annotations

from random import Random

import pytest

from readylb.core.balancing.round_robin import RoundRobin
from readylb.core.balancing.table import POLICIES, load
from readylb.errors import ConfigError


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_in_the_table_can_be_loaded(name):
    assert load(name, Random(1)).pick([only := RoundRobinCandidate()]) is only


def test_each_service_gets_a_policy_of_its_own():
    assert isinstance(load("round_robin", Random(1)), RoundRobin)
    assert load("round_robin", Random(1)) is not load("round_robin", Random(1))


def test_an_unknown_policy_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigError, match=r"no such policy \(use one of: .*round_robin"):
        load("roundrobin", Random(1))


class RoundRobinCandidate:
    in_flight = 0
    weight = 1
    authority = b"web:80"
