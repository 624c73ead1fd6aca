"""Starting what is measured, pinned to a CPU, and reading what it costs from /proc.

Every process dies with this one, whatever happens: it is stopped on the way out, and the kernel
kills it (PR_SET_PDEATHSIG) should this program itself be killed.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

#: The proxy has a CPU for itself; the load and the endpoint share the other.
PROXY_CPU, LOAD_CPU = 0, 1
#: Both, for what has several processes that are to run beside each other.
BOTH_CPUS = "0,1"
#: Seconds that a process may take to listen.
START_SECONDS = 40.0
_STEP_SECONDS = 0.02


class BenchmarkError(Exception):
    """The benchmark cannot run or its figures would mean nothing; the message says what to do."""


def require(tool: str, package: str) -> str:
    """Return the path of a program, or say which apt package has it."""
    path = shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        msg = f"cannot benchmark: {tool} is missing (apt-get install {package})"
        raise BenchmarkError(msg)
    return path


def pinned(cpu: int | str, command: Sequence[str]) -> list[str]:
    """Return a command line that runs `command` on that CPU (or those) and dies with this process."""
    return [
        require("setpriv", "util-linux"),
        "--pdeathsig=KILL",
        require("taskset", "util-linux"),
        "-c",
        str(cpu),
        *command,
    ]


@contextlib.contextmanager
def running(cpu: int | str, command: Sequence[str], port: int, log: Path) -> Iterator[psutil.Process]:
    """Run `command` on that CPU (or those) until the block ends; enter it once `port` answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned(cpu, command), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_listening(process, command[0], port, log)
        yield psutil.Process(process.pid)
    finally:
        _stop(process)


def _wait_until_listening(process: subprocess.Popen[bytes], name: str, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(_STEP_SECONDS)
    said = log.read_text(errors="replace")[-2000:]
    msg = f"cannot benchmark: {name} does not listen on port {port}. It said:\n{said}"
    raise BenchmarkError(msg)


def wait_until_answering(port: int, log: Path) -> None:
    """Return once a request on `port` is answered with 200; the first one may be before any probe."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as asking:
            asking.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if asking.recv(12) == b"HTTP/1.1 200":
                return
        time.sleep(_STEP_SECONDS)
    msg = f"cannot benchmark: no answer on port {port}. It said:\n{log.read_text(errors='replace')[-2000:]}"
    raise BenchmarkError(msg)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children: asked first, then killed."""
    children: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


def cpu_microseconds(processes: Sequence[psutil.Process]) -> float:
    """Return the time that the processes and their threads have spent on a CPU.

    From /proc/PID/task/*/schedstat: nanoseconds as the scheduler counted them, where
    /proc/PID/stat would give ticks of 10 ms.
    """
    nanoseconds = 0
    for process in processes:
        for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
            nanoseconds += int(path.read_text().split()[0])
    return nanoseconds / 1000


def resident_mib(processes: Sequence[psutil.Process]) -> float:
    """Return the resident memory of the processes."""
    return sum(process.memory_info().rss for process in processes) / 2**20


def free_port() -> int:
    """Return a loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
