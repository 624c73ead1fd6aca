"""An app as people write it for a container: it knows nothing of readylb.

It listens on 0.0.0.0:8080, says its hostname, and is healthy while /tmp/healthy exists. SIGTERM ends it
as any program. Options say when it is sick: `python3 unmodified_app.py --help`.
"""

from __future__ import annotations

import argparse
import math
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HEALTHY = Path("/tmp/healthy")
OK = '{"status":"ok","message":"server : available."}'
FAIL = '{"status":"fail","message":"server : not available"}'
STARTED = time.monotonic()


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    times = argparse.Namespace(slow=0.0, well=math.inf)

    def do_GET(self) -> None:
        if self.path in {"/healthz", "/readiness"}:
            well = self.is_well()
            self.answer(200 if well else 500, OK if well else FAIL)
        elif self.path == "/neighbour":  # another container of the pod
            with socket.create_connection(("localhost", 9090)) as other:
                self.answer(200, other.makefile("r").readline())
        else:
            self.answer(200, f"Hello World! I'm  {socket.gethostname()} \n")
        if self.path == "/close":  # listens no more, and lives on
            threading.Thread(target=self.server.shutdown).start()

    def is_well(self) -> bool:
        age = time.monotonic() - STARTED
        noticed = self.headers.get("health") == "check"
        return HEALTHY.exists() and age >= self.times.slow and not (noticed and age > self.times.well)

    def answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        sys.stdout.write(f"{self.path}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--slow", type=float, default=0.0, help="seconds until it is healthy")
    options.add_argument(
        "--well",
        type=float,
        default=math.inf,
        help="seconds until those see it sick who send `health: check`",
    )
    App.times = options.parse_args()
    HEALTHY.touch()
    with ThreadingHTTPServer(("0.0.0.0", 8080), App) as server:
        server.daemon_threads = True
        server.serve_forever()
    threading.Event().wait()
