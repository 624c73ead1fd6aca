"""Replicas that close idle connections early, close what they accept, and break off what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.faults.ledger import executions
from tests.e2e.faults.mixed_load import MixedLoad
from tests.e2e.faults.stage import stage

#: The whole test may be the reason why a POST got no answer.
ALWAYS = ((0.0, float("inf")),)


def shown(load: MixedLoad) -> int:
    """Count the requests that got no answer."""
    return sum(not ask.answered for ask in load.asks)


@pytest.mark.parametrize("idle", [0.5, 1.0, 2.0])
def test_the_race_for_an_idle_connection_never_shows(tmp_path: Path, idle: float) -> None:
    with stage(tmp_path, "--idle", idle) as on:
        # Each endpoint connection is asked again just before, just as, or just after it closes.
        around = (max(0.0, idle - 0.02), idle + min(0.02, idle))
        with MixedLoad(on.port, clients=12, pause=around, posts=0.7) as load:
            on.lb.wait_for("many were answered", lambda: len(load.asks) > min(96 / idle, 3000))
        on.judge(load, least=40)


def test_what_a_closed_port_refuses_goes_elsewhere(tmp_path: Path) -> None:
    with stage(tmp_path, "--idle", 0.2, failure_threshold=20) as on:
        with MixedLoad(on.port) as load:
            on.wait_served(load, on.pods[0])
            on.be(on.pods[0], "closed")
            on.lb.wait_for("a request was refused", lambda: on.lb.metric("readylb_passive_reports_total"))
            before = len(load.asks)
            on.lb.wait_for("many were answered", lambda: len(load.asks) > before + 200)
            on.stop_being(on.pods[0], "closed")
            on.wait_served(load, on.pods[0])
        # Not even a POST: whoever was refused has not been sent anything.
        on.judge(load, failure_threshold=20)


def test_no_get_is_lost_to_a_replica_that_closes_what_it_accepts(tmp_path: Path) -> None:
    with stage(tmp_path, "--idle", 0.2, failure_threshold=20) as on:
        with MixedLoad(on.port) as load:
            on.wait_served(load, on.pods[0])
            on.be(on.pods[0], "rude", "accept")
            on.lb.wait_for("many were answered", lambda: len(load.asks) > 1500)
            on.stop_being(on.pods[0], "rude")
            on.wait_served(load, on.pods[0])
        on.judge(load, faults=ALWAYS, failure_threshold=20)


def test_what_a_replica_did_not_answer_is_repeated_only_if_that_is_safe(tmp_path: Path) -> None:
    with stage(tmp_path, "--idle", 0.2, failure_threshold=20) as on:
        with MixedLoad(on.port) as load:
            on.wait_served(load, on.pods[0])
            on.be(on.pods[0], "rude", "deaf")
            on.lb.wait_for("the fault shows", lambda: shown(load) >= 5 and len(load.asks) > 300)
            on.stop_being(on.pods[0], "rude")
            on.wait_served(load, on.pods[0])
        on.judge(load, faults=ALWAYS, failure_threshold=20)
        failed = [ask for ask in load.asks if not ask.answered]
        assert {ask.status for ask in failed} == {502}


@pytest.mark.parametrize("word", ["reset", "head", "mute"])
def test_an_answer_broken_off_is_never_taken_for_whole_and_no_post_is_repeated(
    tmp_path: Path, word: str
) -> None:
    with stage(tmp_path, "--idle", 0.2, failure_threshold=20) as on:
        with MixedLoad(on.port) as load:
            on.wait_served(load, on.pods[0])
            on.be(on.pods[0], "rude", word)
            on.lb.wait_for("the fault shows", lambda: shown(load) >= 5 and len(load.asks) > 300)
            on.stop_being(on.pods[0], "rude")
            on.wait_served(load, on.pods[0])
        on.judge(load, faults=ALWAYS, gets_may_be_cut=True, failure_threshold=20)
        failed = [ask for ask in load.asks if not ask.answered]
        assert {ask.status for ask in failed} == ({0} if word == "reset" else {502})
        executed = executions(tmp_path)
        assert all(executed[ask.path] == 1 for ask in failed if ask.method == "POST")
