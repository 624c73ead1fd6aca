"""A server that is slow to be ready: `/healthz` answers 500 for its first 60 s.

The number of seconds may be given as the only argument.
"""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTNAME = os.environ.get("HOSTNAME", "localhost")
SLOW_SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
STARTED = time.monotonic()


class NodeApp(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != "/healthz":
            self.answer(200, "text/html", f"<h1>nodeapp-readiness 1.0.0</h1><p>{HOSTNAME}</p>\n")
        elif time.monotonic() - STARTED < SLOW_SECONDS:
            self.answer(500, "application/json", '{"status":"fail","message":"server : not available"}')
        else:
            self.answer(200, "application/json", '{"status":"ok","message":"server : available."}')

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
