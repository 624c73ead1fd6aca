"""Takes restart webhooks at port 8090 (or PORT), checks who sends them, and restarts what they name.

The key is the file `hook.key` beside this one (KEY_FILE in the environment names another).
"""

import hashlib
import hmac
import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEY = Path(os.environ.get("KEY_FILE", HERE / "hook.key"))
SERVERS = HERE.parent / "08-your-own-replicas" / "servers.py"


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = KEY.read_bytes().strip()
        expected = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, self.headers.get("X-Readylb-Signature-256", "")):
            self.answer(403, "who are you?\n")
            return
        request = json.loads(body)
        print(f"{request['podName']}: {request['reason']}: {request['message']}", flush=True)
        words = [sys.executable, str(SERVERS), "restart", str(request["index"])]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        self.answer(500 if done.returncode else 200, done.stdout + done.stderr)

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *words):
        pass


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8090"))), Receiver).serve_forever()
