"""What a chaos run happens in: one readylb with two Services, five replicas and five static endpoints.

The replicas have a second port of their Service that is TCP; they tell the two by the first words.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from tests.chaos.plan import IDLE_SECONDS, REPLICAS
from tests.e2e.children import start_child
from tests.e2e.client import fetch
from tests.e2e.harness import COMMAND, PYTHON, ROOT, Readylb
from tests.e2e.ports import free_port
from tests.e2e.processes import open_files, pod_of, processes_of, words_of
from tests.e2e.waiting import wait_for

APP = "tests.chaos.app"
#: Retries without a bound: what the budget refuses is tested elsewhere, and here nothing may be refused.
LIMITS = "retries-per-second: 100000"
_WORKER = "readylb.app.worker"


class World:
    """All of it, started by `with`. Below `folder` readylb has its own, and the endpoints have `notes`."""

    def __init__(self, folder: Path, *, workers: int, command: tuple[str, ...] = COMMAND) -> None:
        self.folder = folder / "readylb"
        self.notes = folder / "notes"
        for path in (self.folder, self.notes):
            path.mkdir()
        self.log = folder / "access.log"
        self.ports = {"web": free_port(), "app": free_port(), "tcp": free_port()}
        self.static_ports = {name: free_port() for name in IDLE_SECONDS}
        self.statics: dict[str, subprocess.Popen[bytes]] = {}
        self.manifest, self.native = folder / "web.yaml", folder / "readylb.yaml"
        self.replicas, self.limit, self.env, self.static_names = REPLICAS, 60, 0, tuple(IDLE_SECONDS)
        self.write()
        ports = ("--publish", f"web:80={self.ports['web']}", "--publish", f"web:81={self.ports['tcp']}")
        log = ("--access-log", str(self.log), "--access-log-format", "json")
        files = ("-f", str(self.native), "-f", str(self.manifest))
        words = (*files, *ports, *log, "--workers", str(workers))
        self.lb = Readylb(self.folder, *words, command=command)
        # A child ends with the thread that started it, so one thread starts all.
        self._starter = ThreadPoolExecutor(1)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._starter.shutdown)
            for name in IDLE_SECONDS:
                stack.callback(self.end_static, name)
                self.start_static(name)
            stack.enter_context(self.lb)
            self.lb.wait_ready(REPLICAS + len(IDLE_SECONDS))
            self._stack = stack.pop_all()
        self.files, self.memory = self.open_files(), self.memory_mib()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, fault, trace)

    # what is served

    def write(self) -> None:
        """Write both files as they are to be."""
        command = f"env PYTHONPATH={ROOT} {PYTHON} -m {APP} --folder {self.notes} --idle 0.7"
        listed = ", ".join(f'"127.0.0.1:{self.static_ports[name]}"' for name in self.static_names)
        self.native.write_text(
            f"images: {{chaos: '{command}'}}\n"
            f"services:\n  app:\n    port: {self.ports['app']}\n    endpoints: [{listed}]\n"
            f"    readinessProbe: {{httpGet: {{path: /readyz}}, failureThreshold: 1}}\n"
            f"    probePeriodMilliseconds: 500\n"
            f"    limits: {{{LIMITS}, idle-seconds: {self.limit}}}\n"
        )
        self.manifest.write_text(_MANIFEST.format(limit=self.limit, replicas=self.replicas, env=self.env))

    def start_static(self, name: str) -> None:
        """Start a static endpoint and wait until it listens."""
        words = [sys.executable, "-m", APP, "--folder", str(self.notes), "--idle", str(IDLE_SECONDS[name])]
        port = self.static_ports[name]
        more = {"POD_NAME": name, "HOST": "127.0.0.1", "PORT": str(port), "PYTHONPATH": str(ROOT)}
        start = self._starter.submit(
            start_child, words, env={**os.environ, **more}, stdin=subprocess.DEVNULL, cwd=ROOT
        )
        self.statics[name] = start.result()
        wait_for(f"{name} listens", lambda: listens(port))

    def end_static(self, name: str) -> None:
        """SIGKILL a static endpoint."""
        process = self.statics.get(name)
        if process is not None:
            process.kill()
            process.wait()

    def process_of(self, pod: str) -> psutil.Process | None:
        """Return the process of an endpoint, None where it has none just now."""
        if pod in self.statics:
            process = self.statics[pod]
            return psutil.Process(process.pid) if process.poll() is None else None
        found = [p for p in processes_of(self.folder) if APP in words_of(p) and pod_of(p) == pod]
        return found[0] if found else None

    def well(self, service: str) -> list[str]:
        """Return the pods of a Service that are Ready and not terminating."""
        return [
            pod.name
            for pod in self.lb.pods()
            if pod.name.startswith(f"{service}-")
            and pod.ready
            and "deletionTimestamp" not in pod.item["metadata"]
        ]

    # readylb itself

    def workers(self) -> list[psutil.Process]:
        """Return the worker processes, none where the control process does their work."""
        children = psutil.Process(self.lb.process.pid).children(recursive=True)
        return [child for child in children if _WORKER in words_of(child)]

    def own(self) -> Sequence[psutil.Process]:
        return [psutil.Process(self.lb.process.pid), *self.workers()]

    def open_files(self) -> int:
        return sum(open_files(process.pid) for process in self.own())

    def memory_mib(self) -> float:
        return sum(process.memory_info().rss for process in self.own()) / 2**20


def listens(port: int) -> bool:
    """Say whether an endpoint answers there."""
    try:
        return fetch(port, "/healthz", timeout=5).status in {200, 500}
    except OSError:
        return False


def is_bound(port: int) -> bool:
    """Say whether somebody listens there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def now() -> float:
    return time.monotonic()


_MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 10
      containers:
      - name: web
        image: chaos
        env: [{{name: CHANGED, value: "{env}"}}]
        ports: [{{containerPort: 8080, name: http}}]
        readinessProbe: {{httpGet: {{path: /readyz, port: http}}, periodSeconds: 1, failureThreshold: 1}}
        livenessProbe: {{httpGet: {{path: /healthz, port: http}}, periodSeconds: 1, failureThreshold: 3}}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: {{readylb.io/limit-idle-seconds: "{limit}", readylb.io/limit-retries-per-second: "100000"}}
spec:
  type: LoadBalancer
  selector: {{app: web}}
  ports:
  - {{name: http, port: 80, targetPort: http, appProtocol: http}}
  - {{name: tcp, port: 81, targetPort: http, appProtocol: tcp}}
"""
