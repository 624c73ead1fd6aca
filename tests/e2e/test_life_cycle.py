"""Hooks, several containers, and pods that end, with real processes."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.client import fetch
from tests.e2e.harness import PYTHON, Readylb
from tests.e2e.manifests import replica_command
from tests.e2e.ports import free_port


def up(folder: Path, manifest: str, *args: str) -> Readylb:
    path = folder / "pods.yaml"
    path.write_text(manifest)
    return Readylb(folder, "-f", str(path), "--image", f"replica={replica_command(folder)}", *args)


def phase(lb: Readylb, name: str) -> str:
    return str(lb.pod(name).status.get("phase"))


def test_hooks_run_before_the_container_is_running_and_before_it_is_stopped(tmp_path: Path) -> None:
    manifest = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
  - name: web
    image: replica
    ports: [{{containerPort: 8080}}]
    readinessProbe: {{httpGet: {{path: /readyz, port: 8080}}, periodSeconds: 1}}
    lifecycle:
      postStart: {{exec: {{command: [sh, -c, "sleep 1; echo begun >> {tmp_path}/hooks"]}}}}
      preStop: {{httpGet: {{path: /last-words, port: 8080}}}}
"""
    with up(tmp_path, manifest) as lb:
        lb.wait_ready(1)
        assert (tmp_path / "hooks").read_text() == "begun\n"
        lb.run("delete", "pod", "web")
        lb.wait_for("it is gone", lambda: not lb.pods())
        assert (tmp_path / "web.notes").read_text().count("200 /last-words\n") == 1


def test_a_pod_is_ready_when_all_its_containers_are_and_one_is_restarted_without_the_other(
    tmp_path: Path,
) -> None:
    port = free_port()
    manifest = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web, labels: {{app: web}}}}
spec:
  containers:
  - name: web
    image: replica
    ports: [{{containerPort: 8080, name: http}}]
    readinessProbe: {{httpGet: {{path: /readyz, port: http}}, periodSeconds: 1}}
  - name: side
    command: [sh, -c, "while [ -e {tmp_path}/side ]; do sleep 0.1; done; exit 3"]
    image: side
    readinessProbe: {{exec: {{command: [test, -e, "{tmp_path}/side.ready"]}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{type: LoadBalancer, selector: {{app: web}}, ports: [{{port: 80, targetPort: http}}]}}
"""
    side = tmp_path / "side"
    side.touch()
    with up(tmp_path, manifest, "--publish", f"web:80={port}") as lb:
        lb.wait_for("both run", lambda: lb.pod("web").running)
        assert fetch(port, "/").status == 503
        (tmp_path / "side.ready").touch()
        lb.wait_ready(1)
        assert fetch(port, "/").status == 200
        side.unlink()
        lb.wait_event("BackOff", "restarting failed container side")
        counts = {item["name"]: item["restartCount"] for item in lb.pod("web").containers}
        assert counts == {"web": 0, "side": 1}
        assert fetch(port, "/").status == 503


def test_pods_end_as_their_restart_policy_says(tmp_path: Path) -> None:
    def pod(name: str, policy: str, code: int) -> str:
        return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: {policy}
  containers: [{{name: main, image: sh, command: [sh, -c, "exit {code}"]}}]
---
"""

    cases = [
        ("done", "Never", 0),
        ("broken", "Never", 3),
        ("finished", "OnFailure", 0),
        ("again", "OnFailure", 3),
    ]
    manifest = "".join(pod(*case) for case in cases)
    with up(tmp_path, manifest) as lb:
        lb.wait_event("BackOff", "container main in pod again_")
        wanted = {"done": "Succeeded", "broken": "Failed", "finished": "Succeeded", "again": "Running"}
        lb.wait_for("all have come to it", lambda: {name: phase(lb, name) for name in wanted} == wanted)
        assert {pod.name: pod.restarts for pod in lb.pods()} == {
            "done": 0,
            "broken": 0,
            "finished": 0,
            "again": 1,
        }


def test_init_containers_end_before_the_container_starts_and_a_sidecar_serves_beside_it(
    tmp_path: Path,
) -> None:
    port, gate = free_port(), tmp_path / "gate"
    manifest = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web, labels: {{app: web}}}}
spec:
  initContainers:
  - name: wait
    image: sh
    command: [sh, -c, "until [ -e {gate} ]; do sleep 0.1; done; echo ready > {tmp_path}/prepared"]
  - name: proxy
    image: replica
    restartPolicy: Always
    ports: [{{containerPort: 8080, name: http}}]
    startupProbe: {{httpGet: {{path: /readyz, port: http}}, periodSeconds: 1, failureThreshold: 30}}
  containers:
  - name: main
    image: sh
    command: [sh, -c, "cat {tmp_path}/prepared; exec sleep 100"]
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{type: LoadBalancer, selector: {{app: web}}, ports: [{{port: 80, targetPort: http}}]}}
"""
    with up(tmp_path, manifest, "--publish", f"web:80={port}") as lb:
        lb.wait_for("it waits", lambda: "Init:0/2" in lb.run("get", "pods").stdout)
        assert fetch(port, "/").status == 503
        gate.touch()
        lb.wait_ready(1)
        assert fetch(port, "/").status == 200
        row = lb.run("get", "pods").stdout.splitlines()[1].split()
        assert row[1:3] == ["2/2", "Running"]
        assert lb.run("logs", "web", "-c", "main").stdout == "ready\n"
        described = lb.run("describe", "pod", "web").stdout
        assert described.index("Init Containers:") < described.index("\nContainers:")


def test_a_grpc_probe_decides_who_is_ready(tmp_path: Path) -> None:
    healthy = tmp_path / "healthy"
    manifest = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: grpc
    ports: [{containerPort: 5000}]
    readinessProbe: {grpc: {port: 5000}, periodSeconds: 1, failureThreshold: 1}
"""
    server = Path(__file__).parent / "grpc_replica.py"
    with up(tmp_path, manifest, "--image", f"grpc={PYTHON} {server} {healthy}") as lb:
        lb.wait_event("Unhealthy", 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")')
        healthy.touch()
        lb.wait_ready(1)
        healthy.unlink()
        lb.wait_out("web")
