from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.simulation import LoopClock, SimulatedLoop

from readylb.control.controller import REST_FACTOR, REST_SECONDS, run
from readylb.control.store import Change, Key, Store
from readylb.control.tasks import TaskGroup
from readylb.model import Object, Pod
from readylb.model.meta import ObjectMeta


class Recording:
    kinds: tuple[type[Object], ...] = (Pod,)

    def __init__(self, answers: list[float | None] | None = None) -> None:
        self.seen: list[str] = []
        self.answers = answers or []
        self.quiet = asyncio.Event()

    def keys(self, change: Change) -> Iterator[Key]:
        yield change.object.metadata.namespace, change.object.metadata.name

    def reconcile(self, key: Key) -> float | None:
        self.seen.append(key[1])
        if not self.answers:
            self.quiet.set()
            return None
        return self.answers.pop(0)


def create(store: Store, name: str) -> None:
    store.create(Pod(metadata=ObjectMeta(name=name)))


async def until_idle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def tasks():
    group = TaskGroup("test", lambda _: None)
    yield group
    await group.stop()


async def test_what_exists_at_the_start_is_reconciled(clock, tasks) -> None:
    store, reconciler = Store(clock), Recording()
    create(store, "a")
    tasks.spawn("run", run(store, reconciler))
    await until_idle()
    assert reconciler.seen == ["a"]


async def test_several_changes_of_a_key_are_one_reconciliation(clock, tasks) -> None:
    store, reconciler = Store(clock), Recording()
    tasks.spawn("run", run(store, reconciler))
    await until_idle()
    create(store, "a")
    store.mark_deleted(Pod, "default", "a", 1)
    create(store, "b")
    await until_idle()
    assert reconciler.seen == ["a", "b"]


async def test_a_reconciler_may_ask_to_look_again(clock, tasks) -> None:
    store, reconciler = Store(clock), Recording([0.0, 0.001])
    create(store, "a")
    tasks.spawn("run", run(store, reconciler))
    await asyncio.wait_for(reconciler.quiet.wait(), 5)
    await until_idle()
    assert reconciler.seen == ["a", "a", "a"]


async def test_a_later_reconciliation_replaces_the_wish_to_look_again(clock, tasks) -> None:
    store, reconciler = Store(clock), Recording([0.005, None])
    create(store, "a")
    tasks.spawn("run", run(store, reconciler))
    await until_idle()
    store.mark_deleted(Pod, "default", "a", 1)
    await until_idle()
    await asyncio.sleep(0.02)
    assert reconciler.seen == ["a", "a"]


async def test_it_ends_when_the_store_closes(clock) -> None:
    store, reconciler = Store(clock), Recording([100.0])
    create(store, "a")
    store.close()
    async with asyncio.timeout(1):
        await run(store, reconciler)
    assert reconciler.seen == ["a"]


async def test_a_fault_in_a_reconciler_is_not_swallowed(clock) -> None:
    class Broken(Recording):
        def reconcile(self, key: Key) -> float | None:
            raise LookupError(key[1])

    store = Store(clock)
    create(store, "a")
    with pytest.raises(LookupError, match="a"):
        await run(store, Broken())


async def test_many_keys_are_reconciled_in_turns_with_others(tasks) -> None:
    """Each takes 4 ms: nobody waits for more than two of them."""
    clock = WorkClock()
    store, order = Store(clock), list[str]()
    for number in range(20):
        create(store, f"pod-{number}")

    class Slow(Recording):
        def reconcile(self, key: Key) -> float | None:
            clock.moment += 0.004
            order.append("work")
            return super().reconcile(key)

    def other() -> None:
        order.append("other")
        asyncio.get_running_loop().call_soon(other)

    reconciler = Slow()
    tasks.spawn("run", run(store, reconciler))
    asyncio.get_running_loop().call_soon(other)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(reconciler.seen) == 20
    assert "work work work" not in " ".join(order)


class WorkClock:
    moment = 0.0

    def now(self) -> float:
        return self.moment


def reconciled_at(changed_every: float, takes: float) -> dict[str, list[float]]:
    """Return when `big`, which takes so long, and `small` are reconciled: both change again and again."""
    seen: dict[str, list[float]] = {"big": [], "small": []}

    class Timed(Recording):
        def reconcile(self, key: Key) -> float | None:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, SimulatedLoop)
            seen[key[1]].append(loop.time())
            if key[1] == "big":
                loop._simulated.time += takes
            return None

    async def main() -> None:
        store, group = Store(LoopClock()), TaskGroup("test", lambda _: None)
        for name in seen:
            create(store, name)
        group.spawn("run", run(store, Timed()))
        for number in range(20):
            await asyncio.sleep(changed_every)
            for name in seen:
                store.update(
                    Pod,
                    "default",
                    name,
                    lambda pod, text=str(number): replace(
                        pod, metadata=replace(pod.metadata, annotations={"n": text})
                    ),
                )
        await asyncio.sleep(1)
        await group.stop()

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(main())
    return seen


def test_a_key_that_takes_long_rests_before_it_is_reconciled_again() -> None:
    seen = reconciled_at(changed_every=0.001, takes=0.004)
    gaps = [later - sooner for sooner, later in itertools.pairwise(seen["big"])]
    assert min(gaps) >= 0.004 * (1 + REST_FACTOR) - 1e-6
    assert max(gaps) < 0.004 + REST_SECONDS + 0.01
    assert seen["big"][-1] >= 0.02, "the last change is never forgotten"


def test_a_key_that_takes_little_is_reconciled_at_each_change_beside_one_that_rests() -> None:
    assert len(reconciled_at(changed_every=0.001, takes=0.004)["small"]) > 15


def test_a_key_that_changes_rarely_never_rests() -> None:
    seen = reconciled_at(changed_every=0.05, takes=0.004)
    assert [moment - 0.004 for moment in seen["small"][1:]] == pytest.approx(seen["big"][1:])
