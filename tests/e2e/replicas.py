"""Replicas that the test itself starts, and what any replica noted down."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.children import start_child
from tests.e2e.client import fetch
from tests.e2e.manifests import REPLICA
from tests.e2e.ports import free_port
from tests.e2e.waiting import wait_for


@dataclass(frozen=True)
class Note:
    """One answer that a replica gave; `moment` in seconds of the monotonic clock."""

    moment: float
    status: int
    path: str


def notes_of(folder: Path, name: str) -> list[Note]:
    """Return what a replica noted, oldest first."""
    path = folder / f"{name}.notes"
    lines = path.read_text().splitlines() if path.exists() else []
    parts = [line.split(" ", 2) for line in lines]
    return [Note(float(moment), int(status), path) for moment, status, path in parts]


def under_way(folder: Path) -> int:
    """Count the requests for `/slow` and `/held` that have come to the replicas so far."""
    return sum(len(path.read_text().splitlines()) for path in folder.glob("*.waiting"))


def release(folder: Path) -> None:
    """Let every `/held` request be answered."""
    (folder / "released").touch()


class OwnReplica:
    """One server that runs without readylb, as a user's own would."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.port = free_port()
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        words = [sys.executable, str(REPLICA), "--folder", str(self.folder)]
        self.process = start_child(
            [*words, "--port", str(self.port), "--name", self.name],
            env={**os.environ, "HOST": "127.0.0.1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        wait_for(f"{self.name} listens", self._listens)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def notes(self) -> list[Note]:
        return notes_of(self.folder, self.name)

    def _listens(self) -> bool:
        assert self.process.poll() is None, f"{self.name} ended with exit code {self.process.returncode}"
        try:
            return fetch(self.port, "/started").status == 200
        except OSError:
            return False


class OwnReplicas:
    """Several of them, ended by `with`; their files are in a folder of their own.

    It lies apart from the test's folder: what names that one must end with readylb, these must not.
    """

    def __init__(self, count: int) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="readylb-own-")
        self.folder = Path(self._temporary.name)
        self.all = [OwnReplica(self.folder, f"own-{index}") for index in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for replica in self.all:
            replica.kill()
        self._temporary.cleanup()
