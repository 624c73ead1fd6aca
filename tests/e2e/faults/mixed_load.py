"""Clients that ask GET and POST, each with a name of its own, and remember what became of every request."""

from __future__ import annotations

import http.client
import random
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

#: Longer than anything takes that ends by itself.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Ask:
    """One request; times in seconds of the monotonic clock; status 0: it was cut."""

    method: str
    path: str
    began: float
    ended: float
    status: int
    text: str

    @property
    def answered(self) -> bool:
        """Say whether it got the answer that belongs to it."""
        return self.status == 200 and self.text.split(" ")[0] == self.path

    @property
    def replica(self) -> str:
        return self.text.split(" ")[1]

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class MixedLoad:
    """`clients` at once; even ones keep their connection, odd ones use a new one for each request.

    Each waits a random time in `pause` (seconds) between two requests. `posts` is the share of POSTs.
    """

    def __init__(
        self,
        port: int,
        *,
        clients: int = 8,
        pause: tuple[float, float] = (0.01, 0.03),
        posts: float = 0.4,
        seed: int = 1,
    ) -> None:
        self.port = port
        self.pause = pause
        self.posts = posts
        self.asks: list[Ask] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask_on, args=(index, seed * 1000 + index), daemon=True)
            for index in range(clients)
        ]

    def __repr__(self) -> str:
        posts = sum(ask.method == "POST" for ask in self.asks)
        return f"<MixedLoad {len(self.asks)} requests, {posts} of them POST>"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let every client finish what it asks, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS + 5)
            assert not thread.is_alive(), "a client waits for ever"

    def since(self, moment: float) -> list[Ask]:
        """Return the requests that began after `moment`."""
        return [ask for ask in list(self.asks) if ask.began > moment]

    def _ask_on(self, index: int, seed: int) -> None:
        rng = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        number = 0
        while not self._stop.is_set():
            number += 1
            method = "POST" if rng.random() < self.posts else "GET"
            body = bytes(rng.choice((0, 10, 3000, 100_000))) if method == "POST" else None
            self.asks.append(self._ask(connection, method, f"/{seed}-{number}", body))
            if index % 2 or self.asks[-1].status == 0:
                connection.close()
            self._stop.wait(rng.uniform(*self.pause))
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None) -> Ask:
        began = time.monotonic()
        try:
            connection.request(method, path, body=body)
            response = connection.getresponse()
            status, text = response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as fault:
            connection.close()
            status, text = 0, f"{type(fault).__name__}: {fault}"
        return Ask(method, path, began, time.monotonic(), status, text)
