"""Replicas that are killed, stopped, or replaced one by one, under mixed load."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
from tests.e2e.faults.mixed_load import MixedLoad
from tests.e2e.faults.stage import Stage, stage

#: How long a killed process may take to lose its sockets, on a busy machine.
DEATH_SECONDS = 0.5


def kill(on: Stage, pod: str) -> tuple[float, float]:
    """SIGKILL a replica; return the span in which requests may have died with it."""
    process = on.process_of(pod)
    start = time.monotonic()
    process.kill()
    psutil.wait_procs([process], timeout=10)
    return start, max(time.monotonic(), start + DEATH_SECONDS)


def test_only_what_a_killed_replica_was_executing_is_lost(tmp_path: Path) -> None:
    with stage(tmp_path, "--work", 0.005) as on:
        with MixedLoad(on.port) as load:
            on.wait_served(load, on.pods[0])
            faults = [kill(on, on.pods[0])]
            on.lb.wait_for("it is started again", lambda: on.lb.pod(on.pods[0]).restarts == 1)
            on.wait_served(load, on.pods[0])
            faults.append(kill(on, on.pods[1]))
            on.lb.wait_for("it is started again", lambda: on.lb.pod(on.pods[1]).restarts == 1)
            on.wait_served(load, on.pods[1])
        on.judge(load, faults=faults)


def test_what_waits_for_a_stopped_replica_is_executed_once(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        stopped = on.process_of(on.pods[0])
        with MixedLoad(on.port) as load:
            on.wait_served(load, on.pods[0])
            stopped.suspend()
            try:
                on.lb.wait_out(on.pods[0])
                # By now every client of the first load may wait for an answer to a POST.
                with MixedLoad(on.port, seed=2) as other:
                    on.wait_served(other, on.pods[1])
                    on.wait_served(other, on.pods[2])
            finally:
                stopped.resume()
            on.wait_served(load, on.pods[0])
        assert on.pods[0] not in {ask.replica for ask in other.asks}
        load.asks.extend(other.asks)
        on.judge(load, least=20)


def test_get_requests_do_not_wait_for_a_stopped_replica(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        stopped = on.process_of(on.pods[0])
        with MixedLoad(on.port, posts=0.0) as load:
            on.wait_served(load, on.pods[0])
            stopped.suspend()
            began = time.monotonic()
            try:
                on.lb.wait_out(on.pods[0])
                load.stop()
                waited = time.monotonic() - began
            finally:
                stopped.resume()
        # The load has ended, every request answered, while the replica was still stopped.
        assert waited < 15, [ask for ask in load.asks if ask.seconds > 5]
        on.judge(load, least=10)


def test_a_rolling_restart_loses_nothing(tmp_path: Path) -> None:
    with stage(tmp_path, "--work", 0.005) as on:
        with MixedLoad(on.port) as load:
            for pod in on.pods:
                on.lb.run("delete", "pod", pod)
                replaced = on.lb.wait_ready(3)
                assert pod not in {new.name for new in replaced}
                for new in replaced:
                    on.wait_served(load, new.name)
        on.judge(load)
