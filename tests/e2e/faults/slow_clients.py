"""Many clients that send a request head one byte at a time, for as long as the balancer lets them."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

#: Of one client; together they send a few thousand packets a second.
BETWEEN_BYTES_SECONDS = 1.0
#: How many connect at a time: a burst beyond the listen backlog would be dropped by the kernel.
AT_ONCE = 200
_HEAD = b"GET / HTTP/1.1\r\nHost: slow\r\nX-Slow: "


class SlowClient(asyncio.Protocol):
    """One of them. It never finishes its head."""

    def __init__(self, crowd: SlowClients) -> None:
        self._crowd = crowd
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._crowd.connected += 1
        transport.write(_HEAD)
        self._drip()

    def data_received(self, data: bytes) -> None:
        self._answer += data

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._crowd.connected -= 1
        self._crowd.ended += 1
        self._crowd.told_408 += self._answer.startswith(b"HTTP/1.1 408 ")

    def close(self) -> None:
        self._transport.abort()

    def _drip(self) -> None:
        self._transport.write(b"x")
        self._timer = asyncio.get_running_loop().call_later(BETWEEN_BYTES_SECONDS, self._drip)


class SlowClients:
    """`count` of them at once, in a thread of their own; who is turned away comes back."""

    def __init__(self, port: int, count: int) -> None:
        self.port = port
        self.count = count
        self.connected = 0
        self.ended = 0
        self.told_408 = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __repr__(self) -> str:
        return f"<SlowClients {self.connected} of {self.count}, {self.ended} ended, {self.told_408} told 408>"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(30)

    def _client(self) -> SlowClient:
        return SlowClient(self)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        clients: list[SlowClient] = []
        while not self._stop.is_set():
            missing = min(AT_ONCE, self.count - self.connected)
            made = await asyncio.gather(
                *(loop.create_connection(self._client, "127.0.0.1", self.port) for _ in range(missing)),
                return_exceptions=True,
            )
            clients += [one[1] for one in made if isinstance(one, tuple)]
            await asyncio.sleep(0.05)
        for client in clients:
            client.close()
        await asyncio.sleep(0)
