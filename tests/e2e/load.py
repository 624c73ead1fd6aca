"""Clients that ask without a break until told to stop, and keep count of everything."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

from tests.e2e.waiting import DEADLINE_SECONDS

#: Between two requests of one client, so that a small machine is busy but not full.
PAUSE_SECONDS = 0.008


class Load:
    """Concurrent GET requests to one port; even clients keep their connection, odd ones do not."""

    def __init__(self, port: int, *, clients: int = 4, path: str = "/") -> None:
        self.port = port
        self.path = path
        self.statuses: Counter[int] = Counter()
        self.replicas: Counter[str] = Counter()
        self.errors: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(index % 2 == 0,), daemon=True)
            for index in range(clients)
        ]

    def __repr__(self) -> str:
        return f"<Load {dict(self.statuses)} {dict(self.replicas)} errors={self.errors[:5]}>"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    def _ask(self, keep: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_SECONDS)
        while not self._stop.is_set():
            try:
                connection.request("GET", self.path)
                response = connection.getresponse()
                words = response.read().decode().split()
            except (OSError, http.client.HTTPException) as fault:
                self.errors.append(f"{time.monotonic():.3f} {type(fault).__name__}: {fault}")
                connection.close()
                continue
            self.statuses[response.status] += 1
            if response.status == 200:
                self.replicas[words[-1]] += 1
            else:
                self.errors.append(f"{time.monotonic():.3f} {response.status} {' '.join(words)}")
            if not keep:
                connection.close()
            time.sleep(PAUSE_SECONDS)
        connection.close()
