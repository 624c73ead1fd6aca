from __future__ import annotations

from readylb.control.workers.shared_removal import SharedRemoval
from readylb.wire.messages import RemoveService, ServiceRemoved

KEY = "default/web:80"


def answer(*busy: str) -> ServiceRemoved:
    return ServiceRemoved(KEY, 4, busy)


def test_nothing_is_known_before_all_workers_have_answered() -> None:
    removal = SharedRemoval(RemoveService(KEY, 4), (0, 1))
    removal.hear(0, answer())
    assert removal.news() is None
    removal.hear(1, answer("b"))
    assert removal.news() == answer("b")


def test_whoever_any_worker_is_busy_with_is_busy_and_that_is_said_once() -> None:
    removal = SharedRemoval(RemoveService(KEY, 4), (0, 1))
    removal.hear(0, answer("a", "b"))
    removal.hear(1, answer("b"))
    assert removal.news() == answer("a", "b")
    assert removal.news() is None
    removal.hear(0, answer())
    assert removal.news() == answer("b")
    removal.hear(1, answer())
    assert removal.news() == answer()


def test_a_worker_that_ends_is_not_waited_for() -> None:
    removal = SharedRemoval(RemoveService(KEY, 4), (0, 1))
    removal.hear(0, answer())
    removal.leave(1)
    assert removal.news() == answer()
    removal.hear(1, answer("late"))
    assert removal.news() is None


def test_without_workers_it_is_done() -> None:
    assert SharedRemoval(RemoveService(KEY, 4), ()).news() == answer()
