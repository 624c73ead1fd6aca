"""A server of your own, started by you: `python3 server.py PORT`, on 127.0.0.1 unless HOST says otherwise.

`/` says which one answers, `/readyz` and `/healthz` say ok, `/sick` makes `/healthz` fail from then on.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(sys.argv[1])
sick = []


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/sick":
            sick.append(True)
        failing = self.path == "/healthz" and sick
        body = b"sick\n" if failing else f"port {PORT}\n".encode()
        status = "500 Internal Server Error" if failing else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)


if __name__ == "__main__":
    ThreadingHTTPServer((os.environ.get("HOST", "127.0.0.1"), PORT), Server).serve_forever()
