"""The liveness tutorial's app: an HTTP server that makes a file when it starts.

The file stands for "all is well": the exec probe of the manifest reads it. Its path may be given as the
only argument.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOSTNAME = os.environ.get("HOSTNAME", "localhost")
HEALTHY = Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/healthy")


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"Hello World! I'm  {HOSTNAME} \n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # noqa: A002 - the name is http.server's
        print(f"Received request for URL: {self.path}: {format % args}", flush=True)


if __name__ == "__main__":
    HEALTHY.touch()
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    ThreadingHTTPServer(address, Hello).serve_forever()
