"""Doing what the plan says, and noting what was done, when, and to whom."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from tests.chaos.plan import REPLICAS, STATIC_LANES, Planned
from tests.chaos.record import Fault
from tests.chaos.world import World
from tests.e2e.waiting import wait_for

#: What a dead process may take to lose its sockets, and what one that goes on to answer what waited.
AFTER_SECONDS = 1.5
#: Replicas that stay well, at least, when the lane of the replicas takes one.
LEAST_WELL = 3
STATES = ("unready", "sick", "slow", "closed", "rude")


class Faults:
    """All lanes at work, until told to stop; `done` is what was done, `skipped` what could not be."""

    def __init__(self, world: World, lanes: Mapping[str, Sequence[Planned]]) -> None:
        self.world = world
        self.done: list[Fault] = []
        self.skipped: list[str] = []
        self.broken: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(faults,), daemon=True) for faults in lanes.values()
        ]
        self._acts: dict[str, Callable[[Planned], None]] = {
            "kill": self.kill,
            "stop": self.stop_process,
            "sick": self.sicken,
            "scale": self.scale,
            "rollout": self.rollout,
            "drain-web": self.drain,
            "drain-app": self.drain,
            "delete": self.delete,
            "worker-kill": self.kill_worker,
            "worker-stop": self.stop_worker,
        }

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every lane end what it does, and make everything well again."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            if thread.is_alive():
                self.broken.append("a lane of faults does not end")

    def _run(self, faults: Sequence[Planned]) -> None:
        for fault in faults:
            if self._stop.wait(fault.pause):
                return
            try:
                act = self._acts.get(fault.kind)
                if act is not None:
                    act(fault)
                elif fault.kind.startswith("reload"):
                    self.reload(fault)
                else:
                    self.be(fault)
            except Exception as error:  # noqa: BLE001 - the run goes on, and is no good
                self.broken.append(f"{fault}: {type(error).__name__}: {error}")

    # to endpoints

    def victim(self, fault: Planned) -> str:
        """Choose an endpoint that can have it; empty if there is none."""
        if fault.lane in STATIC_LANES:
            names = [name for name in STATIC_LANES[fault.lane] if name in self.world.static_names]
        else:
            service = "app" if fault.kind == "drain-app" else "web"
            names = self.world.well(service)[1 if service == "app" else 0 :]
            if len(names) <= LEAST_WELL:
                names = []
        if not names:
            self.skipped.append(f"{fault}: too few are well")
            return ""
        return names[int(fault.choice * len(names))]

    def note(self, fault: Planned, start: float, pod: str, kind: str = "", *, after: float = 0.0) -> None:
        kind = kind or f"{fault.kind} {fault.word}".strip()
        self.done.append(Fault(start, time.monotonic() + after, kind, pod, f"{fault.lane}#{fault.number}"))

    def be(self, fault: Planned) -> None:
        """Put an endpoint into a state for a while."""
        pod = self.victim(fault)
        if not pod:
            return
        word = {"rude": fault.word, "slow": "0.7"}.get(fault.kind, "")
        file = self.world.notes / f"{pod}.{fault.kind}"
        start = time.monotonic()
        write(file, word)
        self._stop.wait(fault.seconds)
        file.unlink(missing_ok=True)
        self.note(fault, start, pod, after=AFTER_SECONDS)

    def kill(self, fault: Planned) -> None:
        pod = self.victim(fault)
        process = self.world.process_of(pod) if pod else None
        if process is None:
            return
        start = time.monotonic()
        with suppress(psutil.NoSuchProcess):
            process.kill()
        self.note(fault, start, pod, after=AFTER_SECONDS)
        if pod in self.world.statics:
            self.world.end_static(pod)
            self._stop.wait(fault.seconds)
            self.world.start_static(pod)

    def stop_process(self, fault: Planned) -> None:
        """SIGSTOP, and SIGCONT after a while."""
        pod = self.victim(fault)
        process = self.world.process_of(pod) if pod else None
        if process is None:
            return
        start = time.monotonic()
        with suppress(psutil.NoSuchProcess):
            process.suspend()
            self._stop.wait(fault.seconds)
            process.resume()
        self.note(fault, start, pod, after=AFTER_SECONDS)

    def sicken(self, fault: Planned) -> None:
        """Let a replica fail its liveness probe until it was started again."""
        pod = self.victim(fault)
        if not pod:
            return
        before = {item.name: item.restarts for item in self.world.lb.pods()}.get(pod, 0)
        file = self.world.notes / f"{pod}.sick"
        start = time.monotonic()
        write(file, "")
        until = start + 30

        def restarted() -> bool:
            found = [item for item in self.world.lb.pods() if item.name == pod]
            return not found or found[0].restarts > before or time.monotonic() > until

        wait_for(f"{pod} was started again", restarted)
        file.unlink(missing_ok=True)
        self.note(fault, start, pod)

    # by the operator

    def drain(self, fault: Planned) -> None:
        pod = self.victim(fault)
        if not pod:
            return
        done = self.world.lb.run("drain", pod, "--wait=false", code=None)
        start = time.monotonic()
        self._stop.wait(fault.seconds)
        self.note(fault, start, pod, "drained" if done.returncode == 0 else "not drained")
        self.world.lb.run("undrain", pod, code=None)

    def scale(self, fault: Planned) -> None:
        start = time.monotonic()
        count = REPLICAS - 1 + int(fault.choice * 4)
        self.world.lb.run("scale", "deployment/web", f"--replicas={count}")
        self._stop.wait(fault.seconds)
        self.world.lb.run("scale", "deployment/web", f"--replicas={REPLICAS}")
        self.note(fault, start, "")

    def rollout(self, fault: Planned) -> None:
        start = time.monotonic()
        self.world.lb.run("rollout", "restart", "deployment/web")
        self._stop.wait(fault.seconds)
        self.note(fault, start, "")

    def delete(self, fault: Planned) -> None:
        pod = self.victim(fault)
        if pod:
            start = time.monotonic()
            self.world.lb.run("delete", "pod", pod, code=None)
            self.note(fault, start, pod)

    def reload(self, fault: Planned) -> None:
        """Change the files and say so; in the end they are as they were, but for what leaves no trace."""
        world, start = self.world, time.monotonic()
        match fault.kind:
            case "reload-limits":
                world.limit = 121 - world.limit
            case "reload-env":
                world.env += 1
            case "reload-replicas":
                world.replicas = REPLICAS + 2
            case "reload-endpoints":
                world.static_names = world.static_names[:-1]
        world.write()
        if fault.kind == "reload-wrong":
            world.manifest.write_text(world.manifest.read_text().replace("replicas:", "replica:"))
        world.lb.process.send_signal(signal.SIGHUP)
        if fault.kind == "reload-endpoints":
            gone = "app-4"
            wait_for(f"{gone} is gone", lambda: gone not in {pod.name for pod in world.lb.pods()})
            out = time.monotonic()
            self._stop.wait(fault.seconds)
            self.note(fault, out, gone, "removed")
            world.static_names = (*world.static_names, gone)
        else:
            self._stop.wait(fault.seconds)
        world.replicas = REPLICAS
        world.write()
        world.lb.process.send_signal(signal.SIGHUP)
        self.note(fault, start, "")

    # to readylb itself

    def kill_worker(self, fault: Planned) -> None:
        workers = self.world.workers()
        if not workers:
            return
        start = time.monotonic()
        workers[int(fault.choice * len(workers))].kill()
        self.note(fault, start, "", after=AFTER_SECONDS)
        wait_for("a worker is there instead", lambda: len(self.world.workers()) == len(workers))

    def stop_worker(self, fault: Planned) -> None:
        workers = self.world.workers()
        if workers:
            worker = workers[int(fault.choice * len(workers))]
            start = time.monotonic()
            with suppress(psutil.NoSuchProcess):
                worker.suspend()
                self._stop.wait(fault.seconds)
                worker.resume()
            self.note(fault, start, "")


def write(file: Path, text: str) -> None:
    """Write a state as a whole."""
    temporary = file.with_name(f"{file.name}.new")
    temporary.write_text(text)
    temporary.rename(file)
