"""A server that turns sick: 20 s after its start `/healthz` fails for those who ask with `health: check`.

The number of seconds may be given as the only argument.
"""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTNAME = os.environ.get("HOSTNAME", "localhost")
WELL_SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
STARTED = time.monotonic()

OK = '{"status":"ok","message":"server : available."}'
FAIL = '{"status":"fail","message":"server : not available"}'


class NodeApp(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != "/healthz":
            self.answer(200, "text/html", f"<h1>nodeapp-liveness 1.0.0</h1><p>{HOSTNAME}</p>\n")
        elif self.headers.get("health") == "check" and time.monotonic() - STARTED > WELL_SECONDS:
            self.answer(500, "application/json", FAIL)
        else:
            self.answer(200, "application/json", OK)

    def answer(self, status, kind, text):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format, *args):  # noqa: A002 - the name is http.server's
        print(f"{self.path}: {format % args}", flush=True)


if __name__ == "__main__":
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    ThreadingHTTPServer(address, NodeApp).serve_forever()
