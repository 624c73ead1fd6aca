from __future__ import annotations

from readylb.core.affinity import Affinity


def test_a_client_stays_until_it_was_away_for_the_timeout() -> None:
    affinity = Affinity(100.0)
    affinity.keep("192.0.2.1", "a", 0.0)
    assert affinity.find("192.0.2.1", 99.9) == "a"
    assert affinity.find("192.0.2.2", 1.0) is None
    assert affinity.find("192.0.2.1", 100.0) is None
    assert affinity.find("192.0.2.1", 50.0) is None, "what is void is gone"


def test_each_visit_renews() -> None:
    affinity = Affinity(100.0)
    for now in (0.0, 90.0, 180.0):
        affinity.keep("192.0.2.1", "a", now)
    assert affinity.find("192.0.2.1", 279.0) == "a"


def test_the_last_endpoint_counts() -> None:
    affinity = Affinity(100.0)
    affinity.keep("192.0.2.1", "a", 0.0)
    affinity.keep("192.0.2.1", "b", 1.0)
    assert affinity.find("192.0.2.1", 2.0) == "b"
    assert len(affinity) == 1


def test_beyond_the_limit_the_least_recent_is_forgotten() -> None:
    affinity = Affinity(100.0, clients=2)
    affinity.keep("1", "a", 0.0)
    affinity.keep("2", "a", 1.0)
    affinity.keep("1", "a", 2.0)
    affinity.keep("3", "a", 3.0)
    assert [affinity.find(client, 3.0) for client in "123"] == ["a", None, "a"]


def test_what_has_timed_out_takes_no_memory() -> None:
    affinity = Affinity(10.0)
    for number in range(1000):
        affinity.keep(str(number), "a", float(number))
    assert len(affinity) == 10
