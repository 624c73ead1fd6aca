"""The server behind the balancer in tests: it does as files in a folder say and notes what it did.

    replica.py --folder FOLDER [--port PORT] [--name NAME]

`/` names the replica. `/readyz` fails while FOLDER/NAME.unready exists, `/healthz` while NAME.sick does.
`/bytes/N` sends N bytes and keeps NAME.sent at the number of those sent, a POST or PUT is counted,
`/exit` ends the process. `/slow/SECONDS` and `/held` add a line to NAME.waiting; then the first waits
that long, and the second until FOLDER/released exists.
Every answer is noted in FOLDER/NAME.notes as `TIME STATUS PATH`, in seconds of the monotonic clock.
"""

from __future__ import annotations

import argparse
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHUNK = bytes(64 * 1024)


class Replica(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    name = ""
    folder = Path()
    notes = -1

    def do_GET(self) -> None:
        _, verb, *rest = self.path.split("/")
        match verb:
            case "readyz":
                self.answer(500 if (self.folder / f"{self.name}.unready").exists() else 200)
            case "healthz":
                self.answer(500 if (self.folder / f"{self.name}.sick").exists() else 200)
            case "bytes":
                self.send(int(rest[0]))
            case "headers":
                self.answer(200, str(self.headers))
            case "slow":
                self.wait()
                time.sleep(float(rest[0]))
                self.answer(200)
            case "held":
                self.wait()
                while not (self.folder / "released").exists():
                    time.sleep(0.02)
                self.answer(200)
            case "exit":
                os._exit(3)
            case _:
                self.answer(200)

    def do_POST(self) -> None:
        size = self.receive()
        if self.path.startswith(("/slow/", "/held")):
            self.do_GET()
        else:
            self.answer(200, f"{size} bytes for {self.name}\n")

    def do_PUT(self) -> None:
        self.do_POST()

    def answer(self, status: int, text: str = "") -> None:
        body = (text or f"hello from {self.name}\n").encode()
        self.note(status)
        # One write: a replica that is killed has answered whole or not at all.
        self.wfile.write(self.head(status, len(body)) + body)

    def wait(self) -> None:
        with (self.folder / f"{self.name}.waiting").open("ab", buffering=0) as waiting:
            waiting.write(f"{self.path}\n".encode())

    def send(self, size: int) -> None:
        self.wfile.write(self.head(200, size))
        progress = os.open(self.folder / f"{self.name}.sent", os.O_WRONLY | os.O_CREAT, 0o600)
        for start in range(0, size, len(CHUNK)):
            self.wfile.write(CHUNK[: size - start])
            # Never shorter than before: whoever reads it meanwhile sees one number or the other.
            os.pwrite(progress, f"{start + len(CHUNK):>12}".encode(), 0)
        os.close(progress)
        self.note(200)

    def receive(self) -> int:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.skip(int(self.headers.get("Content-Length", "0")))
        total = 0
        while size := int(self.rfile.readline().split(b";")[0], 16):
            total += self.skip(size)
            self.rfile.readline()
        self.rfile.readline()
        return total

    def skip(self, size: int) -> int:
        left = size
        while left:
            left -= len(self.rfile.read(min(left, len(CHUNK))))
        return size

    def head(self, status: int, size: int) -> bytes:
        lines = f"HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nContent-Length: {size}\r\n\r\n"
        return lines.encode()

    def log_message(self, *words: object) -> None:
        """Stay silent: the notes are the log."""

    def note(self, status: int) -> None:
        os.write(self.notes, f"{time.monotonic():.6f} {status} {self.path}\n".encode())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "0")))
    parser.add_argument("--name", default=os.environ.get("POD_NAME", ""))
    options = parser.parse_args()
    Replica.folder, Replica.name = options.folder, options.name
    Replica.notes = os.open(
        options.folder / f"{options.name}.notes", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
    )
    ThreadingHTTPServer.request_queue_size = 128  # the default of 5 turns a burst into lost SYNs
    server = ThreadingHTTPServer((os.environ.get("HOST", "127.0.0.1"), options.port), Replica)
    server.daemon_threads = True
    print(f"{options.name} listens", flush=True)  # noqa: T201  # for `logs`
    server.serve_forever()


if __name__ == "__main__":
    main()
