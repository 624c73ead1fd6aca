"""`python benchmarks/probed.py PORT COUNT FILE`: endpoints that note when they were probed.

Listens on 127.0.0.1:PORT and on 127.1.0.0:PORT, 127.1.0.1:PORT, ... (COUNT addresses). Every connection gets
200. On SIGTERM, FILE gets a line for each connection: the number of the address, and when it came (monotonic
seconds).
"""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


def address(number: int) -> str:
    """Return the loopback address of that number."""
    return f"127.1.{number >> 8}.{number & 255}"


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM."""
    port, count, path = int(arguments[0]), int(arguments[1]), Path(arguments[2])
    noted: list[tuple[int, float]] = []

    def end(*_: object) -> None:
        path.write_text("".join(f"{number} {moment:.6f}\n" for number, moment in noted))
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    _serve([("127.0.0.1", port), *((address(number), port) for number in range(count))], noted)


def _serve(places: list[tuple[str, int]], noted: list[tuple[int, float]]) -> None:
    """Note who comes, and answer; the first place is for the start, and counts as -1."""
    poll = select.epoll()
    listening = {}
    for number, place in enumerate(places, start=-1):
        server = socket.create_server(place, backlog=64)
        server.setblocking(False)
        listening[server.fileno()] = server, number
        poll.register(server, select.EPOLLIN)
    talking: dict[int, socket.socket] = {}
    while True:
        for file, _ in poll.poll():
            if file in listening:
                server, number = listening[file]
                with contextlib.suppress(BlockingIOError):
                    client, _ = server.accept()
                    noted.append((number, time.monotonic()))
                    talking[client.fileno()] = client
                    poll.register(client, select.EPOLLIN)
            else:
                client = talking.pop(file)
                poll.unregister(client)
                with contextlib.suppress(OSError), client:
                    if client.recv(65536):
                        client.sendall(ANSWER)


if __name__ == "__main__":
    main(sys.argv[1:])
