"""Starts, kills and restarts the servers of this example; stands for your own supervisor.

    servers.py start [N]     start server N (0, 1 or 2), or all three
    servers.py kill [N]      SIGKILL server N, or all three
    servers.py restart N     both

Server N listens on port 8081 + N (BASE_PORT in the environment changes 8081). What runs is written
down in the folder `.run` beside this file (RUN_FOLDER in the environment names another).
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUN = Path(os.environ.get("RUN_FOLDER", HERE / ".run"))
BASE_PORT = int(os.environ.get("BASE_PORT", "8081"))


def start(number):
    RUN.mkdir(parents=True, exist_ok=True)
    with (RUN / f"{number}.log").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), str(BASE_PORT + number)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (RUN / f"{number}.pid").write_text(str(server.pid))
    print(f"server {number} listens on 127.0.0.1:{BASE_PORT + number} (pid {server.pid})")


def kill(number):
    record = RUN / f"{number}.pid"
    if not record.exists() or not is_ours(int(record.read_text())):
        print(f"server {number} was not running")
        return
    os.kill(int(record.read_text()), signal.SIGKILL)
    record.unlink()
    while listens(BASE_PORT + number):
        time.sleep(0.01)
    print(f"server {number} killed")


def is_ours(pid):
    """Tell whether the process is one of these servers: a number in a file may have passed to another."""
    command = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "server.py" in command.stdout


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def main():
    verb, *numbers = sys.argv[1:]
    for number in map(int, numbers or "012"):
        if verb in {"kill", "restart"}:
            kill(number)
        if verb in {"start", "restart"}:
            start(number)


if __name__ == "__main__":
    main()
