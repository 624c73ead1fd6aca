"""A store with the workload controllers around it, run by hand until nothing changes any more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from readylb.control.store import Store
from readylb.control.workloads.table import reconcilers
from readylb.model import Object, Pod
from readylb.model.pod import PodCondition, PodPhase


class Recorder:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def record(self, item: Object, kind: str, reason: str, message: str, *, component: str) -> None:
        self.lines.append(f"{component} {item.KIND}/{item.metadata.name} {kind} {reason} {message}")


class House:
    """The store, the controllers, and what a pod controller would do to pods."""

    def __init__(self, clock, stack: ExitStack) -> None:
        self.clock = clock
        self.store = Store(clock)
        self.recorder = Recorder()
        self.controllers = reconcilers(self.store, clock, self.recorder, random.Random(7))
        self._watches = [stack.enter_context(self.store.watch(*item.kinds)) for item in self.controllers]
        self.again: list[float] = []

    def settle(self) -> None:
        """Reconcile until no change is left."""
        for _ in range(100):
            quiet = True
            for controller, watch in zip(self.controllers, self._watches, strict=True):
                changes = watch.drain()
                for key in dict.fromkeys(key for change in changes for key in controller.keys(change)):
                    quiet = False
                    self.again += [wait for wait in [controller.reconcile(key)] if wait is not None]
            if quiet:
                return
        pytest.fail("the controllers never come to rest")

    def pods(self) -> list[Pod]:
        return self.store.objects(Pod)

    def names(self) -> list[str]:
        return [pod.metadata.name for pod in self.pods()]

    def make_ready(self, *pods: Pod) -> None:
        for pod in pods or self.pods():
            self.store.update(Pod, "default", pod.metadata.name, self._ready)

    def _ready(self, pod: Pod) -> Pod:
        condition = PodCondition(type="Ready", status="True", last_transition_time=self.clock.now())
        status = replace(pod.status, phase=PodPhase.RUNNING, conditions=(condition,))
        return replace(pod, status=status)

    def finish_deletions(self) -> None:
        for pod in self.pods():
            if pod.terminating:
                self.store.remove(Pod, "default", pod.metadata.name)


@pytest.fixture
def house(clock) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(clock, stack)
