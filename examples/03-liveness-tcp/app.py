"""An HTTP server that can be told to stop listening: `/close` shuts its port, the process stays.

That is what a TCP probe sees and a look at the process list does not.
"""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTNAME = os.environ.get("HOSTNAME", "localhost")


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        text = "closing\n" if self.path == "/close" else f"Hello World! I'm  {HOSTNAME} \n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
        if self.path == "/close":
            threading.Thread(target=self.server.shutdown).start()

    def log_message(self, format, *args):  # noqa: A002 - the name is http.server's
        print(f"Received request for URL: {self.path}: {format % args}", flush=True)


if __name__ == "__main__":
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    with ThreadingHTTPServer(address, Hello) as server:
        server.daemon_threads = True
        server.serve_forever()
    print("the port is closed, the process goes on", flush=True)
    threading.Event().wait()
