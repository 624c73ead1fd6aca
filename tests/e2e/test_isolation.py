"""`--isolation namespaces`: unmodified apps on one port, side by side, and nothing left of them."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.e2e.client import fetch
from tests.e2e.harness import COMMAND, PYTHON, ROOT, Readylb, burst
from tests.e2e.manifests import changed
from tests.e2e.ports import free_port
from tests.e2e.processes import processes_of
from tests.isolation import can_be_another_user, links_of, needs_isolation

from readylb.control.runtimes.cgroups import cgroup_root

APP = Path(__file__).resolve().parent / "unmodified_app.py"
FAST = {"initialDelaySeconds: 5": "initialDelaySeconds: 0", "periodSeconds: 5": "periodSeconds: 1"}


def serve(folder: Path, port: int, replicas: int, *more: str) -> Readylb:
    """Return the first story's manifests with an app that was not made for readylb."""
    changes = {**FAST, "replicas: 2": f"replicas: {replicas}"}
    return Readylb(
        folder,
        *("-f", changed("01-readiness-rc/readiness-rc.yaml", folder, changes)),
        *("-f", str(ROOT / "examples/01-readiness-rc/readiness-svc.yaml")),
        *("--image", f"gcr.io/terrycho-sandbox/readiness:v1={PYTHON} {APP}"),
        *("--publish", f"readiness-svc:80={port}", "--isolation", "namespaces", *more),
    )


@needs_isolation
def test_two_replicas_of_an_unmodified_app_run_side_by_side(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port, 2, "--workers", "2") as lb:
        first, second = (pod.name for pod in lb.wait_ready(2))
        assert set(burst(port)) == {first, second}
        addresses = {pod.status["podIP"] for pod in lb.pods()}
        assert len(addresses) == 2
        wide = lb.run("get", "pods", "-o", "wide").stdout
        assert all(address in wide for address in addresses)

        lb.run("exec", first, "--", "rm", "/tmp/healthy")
        lb.wait_event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500", count=3)
        lb.wait_out(first)
        assert lb.pod(second).ready
        assert set(burst(port)) == {second}
        assert [pod.restarts for pod in lb.pods()] == [0, 0]

        lb.run("exec", first, "--", "touch", "/tmp/healthy")
        lb.wait_ready(2)
        assert set(burst(port)) == {first, second}
        made = links_of(lb.process.pid)
        assert len(made) == 3, "a bridge and two wires"
        assert lb.stop() == 0
        assert links_of(lb.process.pid) == set()


@needs_isolation
def test_what_a_killed_readylb_leaves_goes_with_the_next_start_and_only_that(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("killed", "alive", "next")]
    for folder in folders:
        folder.mkdir()
    ports = [free_port() for _ in folders]
    with serve(folders[0], ports[0], 1) as killed, serve(folders[1], ports[1], 1) as alive:
        killed.wait_ready(1)
        alive.wait_ready(1)
        assert len(links_of(killed.process.pid)) == 2, "a bridge and a wire"
        assert killed.stop(signal.SIGKILL) == -signal.SIGKILL
        killed.wait_until_gone()
        with serve(folders[2], ports[2], 1) as following:
            assert links_of(killed.process.pid) == set()
            assert len(links_of(alive.process.pid)) == 2
            following.wait_ready(1)
            assert {*burst(ports[1]), *burst(ports[2])} == {
                alive.pod("readiness").name,
                following.pod("readiness").name,
            }
    assert not processes_of(tmp_path)


@pytest.mark.skipif(not can_be_another_user(), reason="user namespaces may not be made here")
def test_without_root_it_says_what_is_missing_and_starts_nothing(tmp_path: Path) -> None:
    words = ("up", "--replicas", "1", "--isolation", "namespaces", "--admin", "off", "--", "sleep", "9")
    done = subprocess.run(
        ["unshare", "--user", *COMMAND, *words],
        cwd=ROOT,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "cannot isolate pods: it takes root (start it with sudo, or leave out --isolation namespaces)"
    )
    assert not list(tmp_path.rglob("*"))


@needs_isolation
def test_containers_of_a_pod_meet_at_localhost_and_hooks_run_inside(tmp_path: Path) -> None:
    port = free_port()
    manifest = tmp_path / "pair.yaml"
    manifest.write_text(f"""\
apiVersion: v1
kind: Pod
metadata: {{name: pair, labels: {{app: pair}}}}
spec:
  containers:
  - name: app
    image: app
    command: [{PYTHON}, {APP}]
    ports: [{{containerPort: 8080, name: http}}]
    readinessProbe: {{exec: {{command: [cat, /tmp/hooked, /tmp/healthy]}}, periodSeconds: 1}}
    lifecycle: {{postStart: {{exec: {{command: [sh, -c, "hostname > /tmp/hooked"]}}}}}}
  - name: other
    image: other
    command: [{PYTHON}, -c, 'import socket
      ;listener = socket.create_server(("127.0.0.1", 9090))
      ;[listener.accept()[0].sendall(socket.gethostname().encode() + b" is here\\n") for _ in iter(int, 1)]']
---
apiVersion: v1
kind: Service
metadata: {{name: pair}}
spec: {{type: LoadBalancer, selector: {{app: pair}}, ports: [{{port: 80, targetPort: http}}]}}
""")
    up = Readylb(tmp_path, "-f", str(manifest), "--publish", f"pair:80={port}", "--isolation", "namespaces")
    with up as lb:
        lb.wait_ready(1)
        lb.wait_for("they meet", lambda: fetch(port, "/neighbour").text == "pair is here\n")
        assert lb.run("exec", "pair", "-c", "other", "--", "cat", "/tmp/hooked").stdout == "pair\n"


def can_limit_memory() -> bool:
    root = cgroup_root()
    there = root is not None and "memory" in (root / "cgroup.controllers").read_text().split()
    return bool(root) and there and os.access(root / "cgroup.subtree_control", os.W_OK)


def test_memory_beyond_the_limit_is_oom_killed_or_a_warning_says_that_nobody_looks(tmp_path: Path) -> None:
    manifest = tmp_path / "eater.yaml"
    eat = "import time; kept = bytearray(96 * 2**20); print('ate'); time.sleep(600)"
    manifest.write_text(f"""\
apiVersion: v1
kind: Pod
metadata: {{name: eater}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: eater
    image: eater
    command: [{PYTHON}, -u, -c, "{eat}"]
    resources: {{limits: {{memory: 32Mi}}}}
""")
    with Readylb(tmp_path, "-f", str(manifest)) as lb:
        if can_limit_memory():
            lb.wait_for("it is killed", lambda: lb.pod("eater").restarts >= 1)
            last = lb.pod("eater").containers[0]["lastState"]["terminated"]
            assert (last["exitCode"], last["reason"]) == (137, "OOMKilled")
        else:
            lb.wait_event("LimitsNotEnforced", "resources.limits are not enforced: memory: ")
            lb.wait_for("it eats", lambda: lb.run("logs", "eater", code=None).stdout == "ate\n")
            assert len(lb.events("LimitsNotEnforced")) == 1
        assert lb.pod("eater").status["qosClass"] == "Burstable"
