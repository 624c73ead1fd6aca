from __future__ import annotations

import pytest

from readylb.control.workers.shares import share
from readylb.wire.messages import Address, Limits, SetService


def parts(workers: int, **limits: float) -> list[Limits]:
    message = SetService(
        "default/web:80", "default/web", (Address("127.0.0.1", 80),), limits=Limits(**limits)
    )
    return [share(message, worker, workers).limits for worker in range(workers)]


@pytest.mark.parametrize("total", [3, 4, 5, 1000, 1001])
def test_the_parts_of_all_workers_are_the_whole(total: int) -> None:
    for name in ("connections", "endpoint_connections"):
        found = [getattr(limits, name) for limits in parts(3, **{name: total})]
        assert sum(found) == total
        assert max(found) - min(found) <= 1


def test_no_limit_stays_none() -> None:
    assert [limits.connections for limits in parts(3)] == [0, 0, 0]


def test_nobody_is_left_without_any() -> None:
    assert [limits.connections for limits in parts(4, connections=2)] == [1, 1, 1, 1]


def test_retries_beside_the_percentage_are_shared_too() -> None:
    assert [limits.retries_per_second for limits in parts(4)] == [2.5] * 4


def test_one_worker_has_everything() -> None:
    assert parts(1, connections=7, retries_per_second=3.0) == [Limits(connections=7, retries_per_second=3.0)]
