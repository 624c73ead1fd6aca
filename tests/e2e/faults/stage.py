"""readylb with replicas that keep ledgers, watched from outside: processes, files, memory, counts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from tests.e2e.faults.ledger import NEWS_SECONDS, Entry, complaints, ledgers, sent_to_unready
from tests.e2e.faults.mixed_load import MixedLoad
from tests.e2e.harness import PYTHON, Readylb
from tests.e2e.manifests import web
from tests.e2e.ports import free_port
from tests.e2e.processes import open_files, pod_of, processes_of, words_of

APP = Path(__file__).resolve().parent / "app.py"
PROBES = "readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1, failureThreshold: %d}"
#: What a process may grow by under load: buffers, arenas and caches that are there to stay.
GROWTH_MIB = 24.0


class Stage:
    """One readylb, its replicas and the state they were in before the test began."""

    def __init__(self, folder: Path, lb: Readylb, port: int, replicas: int) -> None:
        self.folder = folder
        self.lb = lb
        self.port = port
        self.pods = [pod.name for pod in lb.wait_ready(replicas)]
        self._files = self.files()
        self.memory_before = self.memory_mib()

    def process_of(self, pod: str) -> psutil.Process:
        """Return the process of a pod's container."""
        (process,) = [p for p in processes_of(self.folder) if pod_of(p) == pod and str(APP) in words_of(p)]
        return process

    def processes(self) -> list[psutil.Process]:
        """Return readylb's own processes, workers included."""
        main = psutil.Process(self.lb.process.pid)
        children = [child for child in main.children() if "readylb" in " ".join(words_of(child))]
        return [main, *(child for child in children if str(APP) not in words_of(child))]

    def files(self) -> int:
        """Count the open files of readylb's own processes."""
        return sum(open_files(process.pid) for process in self.processes())

    def most_files(self) -> int:
        """Return how many files the process has open that has the most: limits are a process's own."""
        return max(open_files(process.pid) for process in self.processes())

    def memory_mib(self) -> float:
        """Return the resident memory of readylb's own processes."""
        return sum(process.memory_info().rss for process in self.processes()) / 2**20

    def ledgers(self) -> dict[str, list[Entry]]:
        """Return what each replica noted."""
        return ledgers(self.folder)

    def be(self, pod: str, state: str, word: str = "") -> None:
        """Put a replica into a state: `unready`, `closed`, or `rude` with a word."""
        temporary = self.folder / f"{pod}.{state}.new"
        temporary.write_text(word)
        temporary.rename(self.folder / f"{pod}.{state}")

    def stop_being(self, pod: str, state: str) -> None:
        """Take a replica out of a state."""
        (self.folder / f"{pod}.{state}").unlink()

    def wait_served(self, load: MixedLoad, pod: str) -> None:
        """Wait until a replica answers requests that begin from now on."""
        moment = time.monotonic()
        self.lb.wait_for(
            f"{pod} answers", lambda: any(ask.answered and ask.replica == pod for ask in load.since(moment))
        )

    def wait_news(self, load: MixedLoad) -> None:
        """Wait for requests that have begun so long after now that old news is no excuse."""
        moment = time.monotonic() + NEWS_SECONDS
        self.lb.wait_for("requests have begun since", lambda: len(load.since(moment)) > 10)

    def judge(
        self,
        load: MixedLoad,
        *,
        faults: Sequence[tuple[float, float]] = (),
        gets_may_be_cut: bool = False,
        failure_threshold: int = 1,
        least: int = 40,
        grown_by: float = GROWTH_MIB,
    ) -> None:
        """Demand every promise, after the load has ended; `least`: requests it must have made."""
        assert len(load.asks) >= least, load
        wrong = complaints(load.asks, self.folder, faults=faults, gets_may_be_cut=gets_may_be_cut)
        assert wrong == [], "\n".join([f"{len(wrong)} of {load}", *wrong[:20]])
        assert sent_to_unready(self.folder, failure_threshold=failure_threshold) == []
        assert self.lb.requests_to_unready(after=len(load.asks)) == 0
        self.lb.wait_for(
            f"open files are back to {self._files}", lambda: self.files() <= self._files, seconds=20
        )
        grown = self.memory_mib() - self.memory_before
        assert grown < grown_by, f"memory grew by {grown:.1f} MiB"


@contextmanager
def stage(
    folder: Path,
    *app: object,
    replicas: int = 3,
    failure_threshold: int = 1,
    wrapper: tuple[str, ...] = (),
) -> Iterator[Stage]:
    """Serve `replicas` of the app, started with the words `app`; `wrapper` is put before the command."""
    port = free_port()
    manifest = folder / "web.yaml"
    manifest.write_text(web(replicas, PROBES % failure_threshold, grace=10))
    image = " ".join([f"replica={PYTHON}", str(APP), "--folder", str(folder), *map(str, app)])
    with Readylb(
        folder, "-f", str(manifest), "--publish", f"web:80={port}", "--image", image, wrapper=wrapper
    ) as lb:
        yield Stage(folder, lb, port, replicas)
