"""Files that are applied, by SIGHUP or `readylb apply`, change what differs and nothing else."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from tests.e2e.harness import Readylb, burst
from tests.e2e.load import Load
from tests.e2e.manifests import replica_command, serve_web, web
from tests.e2e.ports import free_port

#: A Deployment beside `web`, made by the same file.
BESIDE = web(1).partition("---")[0].replace("web", "beside")


def identities(lb: Readylb, prefix: str) -> dict[str, str]:
    """Return the container, which has an id of its own each time it starts, of each pod that stays."""
    return {
        pod.name: pod.item["status"]["containerStatuses"][0]["containerID"]
        for pod in lb.pods()
        if pod.name.startswith(prefix) and "deletionTimestamp" not in pod.item["metadata"]
    }


def changed(replicas: int, value: str) -> str:
    """Return `web` with a variable of its own, which makes another pod template."""
    return web(replicas).replace(
        "image: replica\n", f'image: replica\n        env: [{{name: V, value: "{value}"}}]\n'
    )


def test_only_what_differs_rolls_and_no_request_fails(tmp_path: Path) -> None:
    port, manifest = free_port(), tmp_path / "web.yaml"
    manifest.write_text(f"{web(2)}---\n{BESIDE}")
    image = f"replica={replica_command(tmp_path)}"
    with Readylb(tmp_path, "-f", str(manifest), "--publish", f"web:80={port}", "--image", image) as lb:
        lb.wait_ready(3)
        beside, first = identities(lb, "beside"), identities(lb, "web")
        with Load(port) as load:
            manifest.write_text(f"{changed(2, 'by HUP')}---\n{BESIDE}")
            lb.process.send_signal(signal.SIGHUP)
            lb.wait_for("it is followed", lambda: "Reloaded: changed Deployment/web" in lb.printed())
            lb.run("rollout", "status", "deployment/web", "--timeout=50s")
            lb.wait_ready(3)
            second = identities(lb, "web")
            file = tmp_path / "other.yaml"
            file.write_text(changed(2, "by apply"))
            said = lb.run("apply", "-f", str(file)).stdout
            lb.run("rollout", "status", "deployment/web", "--timeout=50s")
            lb.wait_ready(3)
            third = identities(lb, "web")
        assert said == "deployment.apps/web configured\nservice/web unchanged\n"
        assert not set(first) & set(second)
        assert not set(second) & set(third)
        assert identities(lb, "beside") == beside
        assert load.errors == []
        assert load.total > 0
        assert lb.requests_to_unready(load.total) == 0


def test_each_way_of_changing_leaves_alone_what_the_others_own(tmp_path: Path) -> None:
    port = free_port()
    with serve_web(tmp_path, port, 1) as lb:
        manifest = tmp_path / "web.yaml"
        lb.wait_ready(1)
        file = tmp_path / "beside.yaml"
        file.write_text(BESIDE)
        assert lb.run("apply", "-f", str(file)).stdout == "deployment.apps/beside created\n"
        lb.run("scale", "deployment/web", "--replicas=2")
        kept = {pod.name for pod in lb.wait_ready(3)}
        manifest.write_text(web(1).replace("port: 80,", "port: 80, name: http,"))
        lb.process.send_signal(signal.SIGHUP)
        lb.wait_for("it is followed", lambda: "Reloaded: changed Service/web\n" in lb.printed())
        assert {pod.name for pod in lb.wait_ready(3)} == kept
        lb.run("delete", "deployment/web")
        lb.process.send_signal(signal.SIGHUP)
        lb.wait_for("it is back", lambda: "Reloaded: created Deployment/web\n" in lb.printed())
        names = {pod.name for pod in lb.wait_ready(2)}
        assert set(burst(port)) == {name for name in names if name.startswith("web")}
        refused = lb.run("apply", "-f", str(_unknown_image(tmp_path)), code=1)
        assert refused.stderr.endswith("readylb: nothing was applied\n")
        assert {pod.name for pod in lb.wait_ready(2)} == names


def _unknown_image(folder: Path) -> Path:
    file = folder / "unknown.yaml"
    file.write_text(BESIDE.replace("image: replica", "image: nobody/knows:1"))
    return file


def test_a_readiness_gate_is_opened_by_a_line_of_curl(tmp_path: Path) -> None:
    port, manifest = free_port(), tmp_path / "web.yaml"
    gate = "      readinessGates: [{conditionType: example.com/warm}]\n      containers:\n"
    manifest.write_text(web(1).replace("      containers:\n", gate))
    image = f"replica={replica_command(tmp_path)}"
    with Readylb(tmp_path, "-f", str(manifest), "--publish", f"web:80={port}", "--image", image) as lb:
        lb.wait_for(
            "its container is ready",
            lambda: [pod for pod in lb.pods() if _condition(pod.item, "ContainersReady")],
        )
        (pod,) = lb.pods()
        assert not pod.ready
        url = f"http://{lb.admin}/token/{lb.token()}/api/v1/namespaces/default/pods/{pod.name}/status"
        body = json.dumps({"status": {"conditions": [{"type": "example.com/warm", "status": "True"}]}})
        kind = "Content-Type: application/strategic-merge-patch+json"
        command = ["curl", "-sS", "--fail", "-X", "PATCH", "-H", kind, "-d", body, url]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        lb.wait_ready(1)
        assert set(burst(port, 2)) == {pod.name}


def _condition(item: dict[str, object], kind: str) -> bool:
    conditions = item["status"].get("conditions", [])  # type: ignore[attr-defined]  # plain JSON
    return any(condition["type"] == kind and condition["status"] == "True" for condition in conditions)
