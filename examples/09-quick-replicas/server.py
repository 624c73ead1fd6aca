"""A server that knows nothing of readylb: `python3 server.py --port PORT`. It needs a second to be ready."""

import argparse
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STARTED = time.monotonic()


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        starting = self.path == "/readyz" and time.monotonic() - STARTED < 1
        body = b"starting\n" if starting else f"pid {os.getpid()}\n".encode()
        self.send_response(503 if starting else 200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Server).serve_forever()
