"""The readiness tutorial's app: says hello, and is ready while a file exists.

`/readiness` answers 200 while the file `healthy` lies in the temporary folder and 500 otherwise; every
other path says hello. Where to listen comes from HOST and PORT, the name from HOSTNAME.
"""

import os
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOSTNAME = os.environ.get("HOSTNAME", "localhost")
HEALTHY = Path(tempfile.gettempdir(), "healthy")


class Readiness(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != "/readiness":
            self.answer(200, f"Hello World! I'm  {HOSTNAME} \n")
        elif HEALTHY.exists():
            self.answer(200, f"Im ready I'm  {HOSTNAME}")
        else:
            self.answer(500, f"Im not ready I'm  {HOSTNAME}")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # noqa: A002 - the name is http.server's
        print(f"Received request for URL: {self.path}: {format % args}", flush=True)


if __name__ == "__main__":
    HEALTHY.touch()
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    ThreadingHTTPServer(address, Readiness).serve_forever()
