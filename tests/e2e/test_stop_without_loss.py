"""A replica that dies at once of SIGTERM loses nothing, whoever wants it stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.e2e.client import Answer, fetch
from tests.e2e.harness import Readylb
from tests.e2e.manifests import replica_command, web
from tests.e2e.ports import free_port
from tests.e2e.replicas import under_way

POSTS = 20
PROBES = """\
readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
        livenessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1, failureThreshold: 1}"""


@contextmanager
def serving(folder: Path, replicas: int, *more: str) -> Iterator[tuple[Readylb, int]]:
    port = free_port()
    manifest = folder / "web.yaml"
    manifest.write_text(web(replicas, PROBES))
    image = f"replica={replica_command(folder)}"
    published = f"web:80={port}"
    with Readylb(folder, "-f", str(manifest), "--publish", published, "--image", image, *more) as lb:
        lb.wait_ready(replicas)
        yield lb, port


@contextmanager
def slow_posts(lb: Readylb, folder: Path, port: int) -> Iterator[list[Future[Answer]]]:
    """Have requests of two seconds each under way, at every replica, when the block begins."""
    with ThreadPoolExecutor(POSTS) as pool:
        posts = [
            pool.submit(fetch, port, "/slow/2", method="POST", body=b"x" * 100, timeout=20.0)
            for _ in range(POSTS)
        ]
        lb.wait_for("all are under way", lambda: under_way(folder) == POSTS)
        assert all((folder / f"{pod.name}.waiting").exists() for pod in lb.pods())
        yield posts


def all_answered(posts: list[Future[Answer]]) -> None:
    assert [post.result().status for post in posts] == [200] * POSTS


@pytest.mark.parametrize("replicas", [1, 2])
def test_deleting_a_pod_lets_its_running_requests_finish(tmp_path: Path, replicas: int) -> None:
    with serving(tmp_path, replicas) as (lb, port):
        victim = lb.pods()[0].name
        with slow_posts(lb, tmp_path, port) as posts:
            lb.api(f"/api/v1/namespaces/default/pods/{victim}", method="DELETE")
            all_answered(posts)
        assert victim not in [pod.name for pod in lb.wait_ready(replicas)]


def test_a_restart_for_liveness_lets_running_requests_finish(tmp_path: Path) -> None:
    with serving(tmp_path, 2) as (lb, port):
        victim = lb.pods()[0].name
        with slow_posts(lb, tmp_path, port) as posts:
            sick = tmp_path / f"{victim}.sick"
            sick.touch()
            lb.wait_event("Killing", "failed liveness probe")
            sick.unlink()
            all_answered(posts)
        lb.wait_for("it was restarted", lambda: lb.pod(victim).restarts == 1)


def test_stopping_readylb_lets_running_requests_finish(tmp_path: Path) -> None:
    with serving(tmp_path, 2) as (lb, port), slow_posts(lb, tmp_path, port) as posts:
        assert lb.stop(signal.SIGTERM) == 0
        all_answered(posts)


def test_an_idle_replica_is_stopped_without_a_pointless_wait(tmp_path: Path) -> None:
    with serving(tmp_path, 2) as (lb, port):
        assert fetch(port, "/").status == 200
        victim = lb.pods()[0].name
        begun = time.monotonic()
        lb.run("delete", "pod", victim)
        lb.wait_for("it is gone", lambda: victim not in [pod.name for pod in lb.pods()])
        assert time.monotonic() - begun < 15, "a fraction of the grace period of 30 s"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_removing_a_service_with_its_pods_lets_running_requests_finish(tmp_path: Path, workers: str) -> None:
    with serving(tmp_path, 2, "--workers", workers) as (lb, port):
        with slow_posts(lb, tmp_path, port) as posts:
            lb.api("/api/v1/namespaces/default/services/web", method="DELETE")
            lb.api("/apis/apps/v1/namespaces/default/deployments/web", method="DELETE")
            all_answered(posts)
        lb.wait_for("the pods are gone", lambda: not lb.pods())
        with pytest.raises(ConnectionRefusedError):
            fetch(port)
