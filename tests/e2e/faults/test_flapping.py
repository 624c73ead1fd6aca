"""Replicas whose readiness comes and goes, under mixed load."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from tests.e2e.client import fetch
from tests.e2e.faults.mixed_load import Ask, MixedLoad
from tests.e2e.faults.stage import stage


def answering(asks: list[Ask]) -> set[str]:
    """Return the replicas that answered."""
    return {ask.replica for ask in asks if ask.answered}


def test_flapping_readiness_loses_nothing_and_nobody_unready_is_asked(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        with MixedLoad(on.port) as load:
            for pod in itertools.islice(itertools.cycle(on.pods), 4):
                on.be(pod, "unready")
                on.lb.wait_out(pod)
                on.wait_news(load)
                on.stop_being(pod, "unready")
                on.wait_served(load, pod)
        on.judge(load)


def test_all_but_one_may_be_out_at_once(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        with MixedLoad(on.port) as load:
            for pod in on.pods[:2]:
                on.be(pod, "unready")
            for pod in on.pods[:2]:
                on.lb.wait_out(pod)
            # The news takes a moment from the pod's status to the tables that requests follow.
            on.lb.wait_for("one is left", lambda: answering(load.asks[-20:]) == {on.pods[2]})
            moment = time.monotonic()
            on.lb.wait_for("more were answered", lambda: len(load.since(moment)) > 50)
            only = answering(load.since(moment))
            for pod in on.pods[:2]:
                on.stop_being(pod, "unready")
            for pod in on.pods[:2]:
                on.wait_served(load, pod)
        assert only == {on.pods[2]}
        on.judge(load)


def test_with_nobody_ready_nothing_is_executed_and_nothing_waits(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        for pod in on.pods:
            on.be(pod, "unready")
        for pod in on.pods:
            on.lb.wait_out(pod)
        with MixedLoad(on.port) as load:
            on.lb.wait_for("many were answered", lambda: len(load.asks) > 200)
        assert {ask.status for ask in load.asks} == {503}
        assert not [e for entries in on.ledgers().values() for e in entries if e.kind in {"GET", "POST"}]
        for pod in on.pods:
            on.stop_being(pod, "unready")
        on.lb.wait_ready(3)
        assert fetch(on.port).status == 200
