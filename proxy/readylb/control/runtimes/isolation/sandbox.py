"""A pod's namespaces and their first process.

The first process of a PID namespace takes all others with it when it ends, whatever they do about it.
Ours is a shell that waits for `cat`, which reads a pipe that only readylb writes to: when readylb has
gone, however it went, the pipe ends, and so does the pod. While it waits it reaps orphans.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from readylb.control.runtimes.isolation import syscalls
from readylb.control.runtimes.isolation.inside import PodEntrance, in_thread, working_folder
from readylb.errors import RuntimeFailureError

#: Runs as the pod's first process. $1: the pod's folder, $2: readylb's working directory.
#: Mounts must never reach the host (make-rslave first). /tmp comes last: what is mounted before may lie
#: in it. A working directory in /tmp stays to be seen: commands are often relative to it.
_INIT = """\
set -e
trap '' HUP INT QUIT TERM
mount --make-rslave /
mount -t proc -o nosuid,nodev,noexec proc /proc
if [ -d /dev/shm ]; then mount -t tmpfs -o nosuid,nodev,mode=1777,size=64m shm /dev/shm; fi
if [ -f /etc/hosts ]; then mount --bind "$1/hosts" /etc/hosts; fi
if [ -f /etc/hostname ]; then mount --bind "$1/hostname" /etc/hostname; fi
case "$2" in /tmp/*) mkdir -p "$1$2"; mount --bind "$2" "$1$2";; esac
mount --rbind "$1/tmp" /tmp
echo ready
exec 3<&0 </dev/null >/dev/null 2>&1
cat <&3 &
wait $!
"""

_READY = b"ready\n"
#: Some milliseconds are usual.
_SECONDS = 20.0
#: What a first process may say about what went wrong.
_MOST_BYTES = 4096


class PodSandbox:
    """Namespaces that live as long as their first process. Made by `make_sandbox`."""

    def __init__(self, process: subprocess.Popen[bytes], lifeline: int) -> None:
        """Take over the first process, and the writing end of the pipe it reads."""
        self.process = process
        self._lifeline: int | None = lifeline
        self.entrance = PodEntrance.to(process.pid)

    def let_go(self) -> None:
        """Have it end, with everything inside: the end of its process says when."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        self.entrance.close()


def make_sandbox(folder: Path, hostname: str, environment: Mapping[str, str]) -> PodSandbox:
    """Make a pod's namespaces; `folder` holds its `tmp`, `hosts` and `hostname`. Blocks.

    RuntimeFailureError when the system refuses.
    """
    reader, lifeline = os.pipe()
    try:
        process = in_thread(lambda: _begin(folder, hostname, environment, reader))
    except OSError as error:
        os.close(lifeline)
        raise RuntimeFailureError(_why(error)) from error
    finally:
        os.close(reader)
    try:
        _await_ready(process)
        return PodSandbox(process, lifeline)
    except (OSError, RuntimeFailureError) as error:
        os.close(lifeline)
        process.kill()
        process.wait()
        raise RuntimeFailureError(str(error)) from error


def _begin(
    folder: Path, hostname: str, environment: Mapping[str, str], lifeline: int
) -> subprocess.Popen[bytes]:
    """Start the first process in new namespaces; called in a thread that ends afterwards."""
    where = working_folder()
    syscalls.unshare(syscalls.POD)
    socket.sethostname(hostname)
    return subprocess.Popen(  # noqa: S603 - a script of our own
        ("/bin/sh", "-c", _INIT, "readylb-pod", str(folder), where),
        stdin=lifeline,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        cwd="/",
        env=environment,
        start_new_session=True,
    )


def _await_ready(process: subprocess.Popen[bytes]) -> None:
    """Wait until the first process has mounted everything. RuntimeFailureError says what it could not."""
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    end = time.monotonic() + _SECONDS
    said = b""
    with process.stdout as output:
        while not said.endswith(_READY):
            readable, _, _ = select.select([output], [], [], max(end - time.monotonic(), 0.0))
            part = output.read(_MOST_BYTES) if readable else b""
            said += part
            if not part or len(said) > _MOST_BYTES:
                text = said.decode("utf-8", "replace").strip().replace("\n", "; ")
                msg = f"cannot set up the pod's files: {text or 'its first process has not answered'}"
                raise RuntimeFailureError(msg)


def _why(error: OSError) -> str:
    text = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return f"{text} (it takes CAP_SYS_ADMIN and CAP_NET_ADMIN; in Docker: --privileged)"
    return f"{text} (the kernel must have mnt, uts, ipc, pid and net namespaces; see /proc/sys/user/max_*)"
