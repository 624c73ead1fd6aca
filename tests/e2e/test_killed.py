"""What is killed: a replica comes back, readylb takes everything with it."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import psutil
from tests.e2e.harness import Readylb, burst
from tests.e2e.load import Load
from tests.e2e.manifests import replica_command, serve_web, web
from tests.e2e.ports import free_port
from tests.e2e.processes import pod_of, processes_of, words_of


def process_of(folder: Path, pod: str) -> psutil.Process:
    """Return the process of a pod's container."""
    found = [process for process in processes_of(folder) if pod_of(process) == pod]
    (process,) = [process for process in found if "replica.py" in " ".join(words_of(process))]
    return process


def test_a_killed_replica_is_excluded_at_once_and_started_again(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, 3) as lb:
        first, *_ = (pod.name for pod in lb.wait_ready(3))
        with Load(port) as load:
            lb.wait_for("all answer", lambda: len(load.replicas) == 3)
            process_of(tmp_path, first).kill()
            lb.wait_for("it is started again", lambda: lb.pod(first).restarts == 1)
            before = load.replicas[first]
            lb.wait_for("it answers again", lambda: load.replicas[first] > before + 3)
        assert load.errors == [], load
        assert lb.requests_to_unready(after=load.total) == 0
        pods = lb.run("get", "pods").stdout
        assert re.search(rf"^{first} +1/1 +Running +1 \(\d+s ago\) +\S+$", pods, re.MULTILINE), pods
        last = lb.pod(first).containers[0]["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (137, "Error")


def test_no_child_survives_a_killed_readylb(tmp_path: Path) -> None:
    with serve_web(tmp_path, free_port()) as lb:
        children = [process_of(tmp_path, pod.name) for pod in lb.wait_ready(2)]
        assert lb.stop(signal.SIGKILL) == -signal.SIGKILL
        lb.wait_until_gone()
        assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


def test_grandchildren_and_those_who_ignore_sigterm_do_not_survive_either(tmp_path: Path) -> None:
    manifest = tmp_path / "stubborn.yaml"
    manifest.write_text("""\
apiVersion: v1
kind: Pod
metadata: {name: stubborn}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: stubborn
    image: busybox
    command: [sh, -c, 'trap "" TERM INT; (while :; do sleep 1; done) & while :; do sleep 1; done']
""")
    with Readylb(tmp_path, "-f", str(manifest)) as lb:
        lb.wait_ready(1)
        lb.wait_for(
            "it has forked", lambda: sum("trap" in " ".join(words_of(p)) for p in processes_of(tmp_path)) >= 2
        )
        assert lb.stop() == 0
        lb.wait_until_gone()


def test_a_replica_that_ends_by_itself_is_started_again(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, 1) as lb:
        (pod,) = lb.wait_ready(1)
        lb.run("exec", pod.name, "--", "sh", "-c", "curl -s http://$HOST:$PORT/exit", code=None)
        lb.wait_for("it is started again", lambda: lb.pod(pod.name).restarts == 1)
        lb.wait_ready(1)
        assert set(burst(port)) == {pod.name}
        assert lb.run("logs", pod.name, "--previous").stdout == f"{pod.name} listens\n"
        last = lb.pod(pod.name).containers[0]["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (3, "Error")


def test_a_stopped_replica_is_excluded_by_its_probes_and_comes_back(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port) as lb:
        first, second = (pod.name for pod in lb.wait_ready(2))
        stopped = process_of(tmp_path, first)
        stopped.suspend()
        try:
            lb.wait_out(first)
            assert set(burst(port)) == {second}
            lb.wait_event("Unhealthy", "context deadline exceeded")
        finally:
            stopped.resume()
        lb.wait_ready(2)
        assert set(burst(port)) == {first, second}
        assert [pod.restarts for pod in lb.pods()] == [0, 0]


def test_a_hung_replica_is_restarted_under_load_long_before_its_grace_period_ends(tmp_path: Path) -> None:
    port = free_port()
    probes = """readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
        livenessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1, failureThreshold: 2}"""
    manifest = tmp_path / "web.yaml"
    manifest.write_text(web(3, probes, grace=600))
    image = f"replica={replica_command(tmp_path)}"
    with Readylb(tmp_path, "-f", str(manifest), "--publish", f"web:80={port}", "--image", image) as lb:
        first, *_ = (pod.name for pod in lb.wait_ready(3))
        with Load(port) as load:
            lb.wait_for("all answer", lambda: len(load.replicas) == 3)
            process_of(tmp_path, first).suspend()
            lb.wait_event("Killing", "Container web failed liveness probe, will be restarted")
            lb.wait_for("it is restarted", lambda: lb.pod(first).restarts == 1)
            before = load.replicas[first]
            lb.wait_for("it answers again", lambda: load.replicas[first] > before + 3)
        assert load.errors == [], load
        assert set(load.statuses) == {200}
        assert lb.requests_to_unready(after=load.total) == 0
        last = lb.pod(first).containers[0]["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (143, "Error")


def test_an_exec_probe_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    manifest = tmp_path / "hang.yaml"
    manifest.write_text("""\
apiVersion: v1
kind: Pod
metadata: {name: hang}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: hang
    image: busybox
    command: [sleep, "600"]
    readinessProbe:
      exec: {command: [sh, -c, "sleep 601 & sleep 602"]}
      periodSeconds: 1
""")
    with Readylb(tmp_path, "-f", str(manifest)) as lb:
        lb.wait_event("Unhealthy", "Readiness probe", count=3)
        words = [words_of(process) for process in processes_of(tmp_path)]
        assert ["sleep", "600"] in words
        assert sum(words.count(["sleep", number]) for number in ("601", "602")) <= 2, (
            "only the newest attempt"
        )
        assert not lb.pod("hang").ready
