"""S9: a rollout under load loses no request and never leaves fewer Ready replicas than it may."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from tests.e2e.harness import Readylb
from tests.e2e.load import Load
from tests.e2e.manifests import replica_command, web
from tests.e2e.pod import Pod
from tests.e2e.ports import free_port

REPLICAS = 3


class ReadyWatch:
    """Follows the pods through the API and remembers the fewest that were Ready at once."""

    def __init__(self, lb: Readylb) -> None:
        self.fewest = REPLICAS
        connection = http.client.HTTPConnection("127.0.0.1", lb.admin_port, timeout=60)
        path = "/api/v1/namespaces/default/pods?watch=true"
        connection.request("GET", path, headers={"Authorization": f"Bearer {lb.token()}"})
        self._socket: socket.socket = connection.sock
        self._response = connection.getresponse()
        self._ready: dict[str, bool] = {}
        self._complete = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._complete.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._response.close()
        self._socket.close()

    def _follow(self) -> None:
        try:
            while line := self._response.readline():
                self._take(json.loads(line))
        except (OSError, http.client.HTTPException):
            return  # shut down: the test has seen enough

    def _take(self, change: dict[str, Any]) -> None:
        pod = Pod(change["object"])
        leaving = "deletionTimestamp" in pod.item["metadata"] or change["type"] == "DELETED"
        self._ready[pod.name] = pod.ready and not leaving
        count = sum(self._ready.values())
        if count >= REPLICAS:
            self._complete.set()
        if self._complete.is_set():
            self.fewest = min(self.fewest, count)


def start(folder: Path, port: int, strategy: str) -> Readylb:
    manifest = folder / "web.yaml"
    spec = f"  replicas: {REPLICAS}\n"
    manifest.write_text(web(REPLICAS).replace(spec, f"{spec}  strategy: {strategy}\n", 1))
    image = f"replica={replica_command(folder)}"
    return Readylb(folder, "-f", str(manifest), "--publish", f"web:80={port}", "--image", image)


@pytest.mark.parametrize(
    ("strategy", "fewest"),
    [
        ("{type: RollingUpdate}", 3),
        ("{rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}", 2),
    ],
    ids=["surge", "unavailable"],
)
def test_a_restart_under_load_loses_nothing(tmp_path: Path, strategy: str, fewest: int) -> None:
    port = free_port()
    with start(tmp_path, port, strategy) as lb:
        before = {pod.name for pod in lb.wait_ready(REPLICAS)}
        with Load(port) as load:
            lb.wait_for("every replica is asked", lambda: set(load.replicas) == before)
            with ReadyWatch(lb) as watch:
                lb.run("rollout", "restart", "deployment/web")
                said = lb.run("rollout", "status", "deployment/web", "--timeout=50s").stdout
                after = {pod.name for pod in lb.wait_ready(REPLICAS)}
            lb.wait_for("the new replicas are asked", lambda: after <= set(load.replicas))
        assert said.endswith('deployment "web" successfully rolled out\n')
        assert not before & after
        assert load.errors == []
        assert watch.fewest >= fewest
        assert lb.requests_to_unready(load.total) == 0


def test_scaling_down_and_up_under_load_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    with start(tmp_path, port, "{type: RollingUpdate}") as lb:
        lb.wait_ready(REPLICAS)
        with Load(port) as load:
            for count in (1, 4, 2):
                lb.run("scale", "deployment/web", "--replicas", str(count))
                lb.wait_ready(count)
        assert load.errors == []
        assert lb.requests_to_unready(load.total) == 0


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kubectl_rolls_out_and_scales(tmp_path: Path) -> None:
    with start(tmp_path, free_port(), "{type: RollingUpdate}") as lb:
        before = {pod.name for pod in lb.wait_ready(REPLICAS)}
        file = tmp_path / "kubeconfig"
        file.write_text(lb.run("kubeconfig").stdout)

        def kubectl(*words: str) -> str:
            command = ["kubectl", f"--kubeconfig={file}", f"--cache-dir={tmp_path}/cache", *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout

        assert kubectl("rollout", "restart", "deployment/web") == "deployment.apps/web restarted\n"
        said = kubectl("rollout", "status", "deployment/web", "--timeout=50s")
        assert said.endswith('deployment "web" successfully rolled out\n')
        assert not before & {pod.name for pod in lb.wait_ready(REPLICAS)}
        assert lb.run("rollout", "undo", "deployment/web").stdout == "deployment.apps/web rolled back\n"
        lb.run("rollout", "status", "deployment/web", "--timeout=50s")
        rows = kubectl("rollout", "history", "deployment/web").splitlines()[2:4]
        assert [row.split()[0] for row in rows] == ["2", "3"]
        for more in ([], ["--revision=3"]):
            words = ["rollout", "history", "deployment/web", *more]
            assert lb.run(*words).stdout == kubectl(*words)
        assert kubectl("scale", "deployment/web", "--replicas=1") == "deployment.apps/web scaled\n"
        lb.wait_ready(1)
