"""An app as people write it for a container: it knows nothing of readylb.

It listens on 0.0.0.0:8080, says its hostname, and is healthy while /tmp/healthy exists. SIGTERM ends it
as any program.
"""

from __future__ import annotations

import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HEALTHY = Path("/tmp/healthy")


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        well = self.path != "/readiness" or HEALTHY.exists()
        if self.path == "/neighbour":  # another container of the pod
            with socket.create_connection(("localhost", 9090)) as other:
                body = other.makefile("rb").readline()
        else:
            body = f"Hello World! I'm  {socket.gethostname()} \n".encode()
        self.send_response(200 if well else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        sys.stdout.write(f"{self.path}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    HEALTHY.touch()
    ThreadingHTTPServer(("0.0.0.0", 8080), App).serve_forever()
