"""The real command on free ports, in a world of its own, that leaves nothing behind."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import psutil
from tests.e2e.children import start_child
from tests.e2e.client import Answer, fetch
from tests.e2e.pod import Pod
from tests.e2e.ports import free_port
from tests.e2e.processes import processes_of
from tests.e2e.waiting import DEADLINE_SECONDS, wait_for

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PYTHON = shlex.quote(sys.executable)
COMMAND = (sys.executable, "-m", "readylb")
#: More options for every `up`, to run all of this another way: E2E_UP_ARGS='--workers 2' make e2e
UP_ARGS = shlex.split(os.environ.get("E2E_UP_ARGS", ""))
STOP_SECONDS = 20.0

T = TypeVar("T")


class Readylb:
    """`readylb up ARGS`, started by `with`; on the way out everything it started must be gone.

    `folder` is the test's own: state, tokens and output go there. `wrapper` is put before `command`.
    """

    def __init__(
        self,
        folder: Path,
        *args: str,
        stdin: bytes | None = None,
        cwd: Path = ROOT,
        wrapper: tuple[str, ...] = (),
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self.folder = folder
        self.command = command
        self.args = args
        self.cwd = cwd
        self.wrapper = wrapper
        self.admin_port = free_port()
        self.admin = f"127.0.0.1:{self.admin_port}"
        self.output = folder / "output.txt"
        self._stdin = stdin
        for name in ("run", "state", "tmp"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        self.environment = {
            **os.environ,
            "PYTHONFAULTHANDLER": "1",
            "READYLB_ADMIN": self.admin,
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "XDG_STATE_HOME": str(folder / "state"),
            "TMPDIR": str(folder / "tmp"),
            "KUBECONFIG": str(folder / "kubeconfig"),
        }

    # -- life

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_for("the admin API is ready", self._is_ready)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        survivors = self._end()
        if fault is None:
            assert not survivors, f"left behind: {survivors}\n{self.tail()}"
        else:
            fault.add_note(self.tail())

    def start(self) -> None:
        """Start the command without waiting for anything."""
        with self.output.open("wb") as output:
            self.process = start_child(
                [*self.wrapper, *self.command, "up", "--admin", self.admin, *UP_ARGS, *self.args],
                cwd=self.cwd,
                env=self.environment,
                stdin=subprocess.DEVNULL if self._stdin is None else subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                last_word=signal.SIGTERM,
            )
        if self.process.stdin is not None and self._stdin is not None:
            self.process.stdin.write(self._stdin)
            self.process.stdin.close()

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Signal the command, wait for its end and return its exit code."""
        self.process.send_signal(sign)
        return self.process.wait(STOP_SECONDS)

    def wait_until_gone(self) -> None:
        """Wait until no process of this test is left."""
        self.wait_for("no process is left", lambda: not processes_of(self.folder))

    def _end(self) -> list[psutil.Process]:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            self.wait_until_gone()
        except AssertionError:
            survivors = processes_of(self.folder)
            for process in survivors:
                process.kill()
            return survivors
        return []

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"exit code {self.process.returncode}\n{self.tail()}"
        try:
            return fetch(self.admin_port, "/readyz").status == 200
        except OSError:
            return False

    # -- looking

    def wait_for(
        self, what: str, condition: Callable[[], T | None], *, seconds: float = DEADLINE_SECONDS
    ) -> T:
        """Wait for a condition; on failure show the end of the command's output."""
        return wait_for(what, condition, seconds=seconds, evidence=self.tail)

    def printed(self) -> str:
        """Return what the command has printed so far."""
        return self.output.read_text(errors="replace")

    def tail(self) -> str:
        """Return the end of what the command has printed."""
        lines = self.printed().splitlines()[-40:]
        state = "is running" if (code := self.process.poll()) is None else f"has ended with code {code}"
        return "\n".join([f"--- readylb {state}; the end of its output:", *lines])

    def run(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a client verb; `code` is the exit code it must have (None: any)."""
        done = subprocess.run(
            [*self.command, *words],
            cwd=self.cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        what = f"readylb {shlex.join(words)}: exit code {done.returncode}"
        assert code in {None, done.returncode}, f"{what}\n{done.stdout}{done.stderr}\n{self.tail()}"
        return done

    def token(self) -> str:
        """Return the admin token, from the only file in the runtime directory that holds one."""
        files = [path for path in (self.folder / "run" / "readylb").iterdir() if path.is_file()]
        (file,) = [path for path in files if str(self.admin_port) in path.name]
        return file.read_text().strip()

    def api(self, path: str, *, method: str = "GET", body: Any = None) -> Any:
        """Ask the admin API and return the object it answers."""
        headers = {"Authorization": f"Bearer {self.token()}", "Accept": "application/json"}
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        answer = fetch(self.admin_port, path, method=method, headers=headers, body=payload)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.text}"
        return json.loads(answer.body)

    def pods(self) -> list[Pod]:
        """Return all pods, by name."""
        items = self.api("/api/v1/namespaces/default/pods")["items"]
        return sorted((Pod(item) for item in items), key=lambda pod: pod.name)

    def pod(self, prefix: str) -> Pod:
        """Return the only pod whose name begins with `prefix`."""
        (found,) = [pod for pod in self.pods() if pod.name.startswith(prefix)]
        return found

    def wait_ready(self, count: int) -> list[Pod]:
        """Wait until exactly `count` pods are there and Ready, and traffic follows that."""

        def all_ready() -> list[Pod] | None:
            pods = self.pods()
            settled = len(pods) == count and all(pod.ready for pod in pods) and not self._unready_endpoints()
            return pods if settled and self._in_force() else None

        return self.wait_for(f"{count} pods are Ready", all_ready)

    def wait_out(self, *names: str) -> None:
        """Wait until none of these pods is Ready, and traffic follows that."""

        def out() -> bool:
            unready = {pod.name for pod in self.pods() if not pod.ready}
            return unready.issuperset(names) and self._in_force()

        self.wait_for(f"{', '.join(names)} is out", out)

    def _in_force(self) -> bool:
        """Say whether every worker follows the newest endpoints; to be asked after what made them new."""
        return all(self.samples("readylb_endpoints_in_force"))

    def _unready_endpoints(self) -> list[dict[str, Any]]:
        slices = self.api("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices")["items"]
        found = [endpoint for item in slices for endpoint in item.get("endpoints", [])]
        return [endpoint for endpoint in found if not endpoint["conditions"]["ready"]]

    def events(self, reason: str) -> list[dict[str, Any]]:
        """Return the events with that reason, oldest first."""
        items = self.api("/api/v1/namespaces/default/events")["items"]
        return [item for item in items if item["reason"] == reason]

    def wait_event(self, reason: str, part: str, *, count: int = 1) -> dict[str, Any]:
        """Wait for an event with that reason, a message that contains `part`, and at least `count`."""

        def found() -> dict[str, Any] | None:
            for event in self.events(reason):
                if part in event["message"] and event.get("count", 1) >= count:
                    return event
            return None

        return self.wait_for(f"there is an event {reason}: ...{part}... x{count}", found)

    def metric(self, name: str) -> float | None:
        """Return the sum of all samples of a metric; None when there are none (yet)."""
        samples = self.samples(name)
        return sum(samples) if samples else None

    def samples(self, name: str) -> list[float]:
        """Return the samples of a metric."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        lines = fetch(self.admin_port, "/metrics", headers=headers).text.splitlines()
        found = [line for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
        return [float(line.rsplit(" ", 1)[1]) for line in found]

    def requests_to_unready(self, after: int) -> float | None:
        """Return the count that must stay 0, once it covers `after` requests: counts come each second."""
        counted = "readylb_requests_total"
        self.wait_for(f"{after} requests are counted", lambda: (self.metric(counted) or 0) >= after)
        return self.metric("readylb_requests_to_unready_total")


def burst(port: int, count: int = 12, path: str = "/") -> Counter[str]:
    """Make `count` requests, each on a new connection; count the last word of each answer's text."""

    def replica(answer: Answer) -> str:
        assert answer.status == 200, f"{answer.status} {answer.text}"
        return answer.text.split()[-1]

    return Counter(replica(fetch(port, path)) for _ in range(count))
