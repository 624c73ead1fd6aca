"""One at a time: two readylb that look for a free range of addresses at once would find the same.

The lock is an abstract Unix socket (unix(7)): it exists once per network namespace, which is just where
interfaces and routes are, and the kernel takes it back from whoever dies.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from readylb.errors import RuntimeFailureError

_NAME = "\0readylb/isolation"
_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.02


@contextmanager
def machine_lock() -> Iterator[None]:
    """Hold the lock; blocks until it is free. RuntimeFailureError when it is held for half a minute."""
    end = time.monotonic() + _PATIENCE_SECONDS
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as holder:
        while not _taken(holder):
            if time.monotonic() > end:
                msg = "another readylb has been setting up its network for half a minute (end it)"
                raise RuntimeFailureError(msg)
            time.sleep(_PAUSE_SECONDS)
        yield


def _taken(holder: socket.socket) -> bool:
    try:
        holder.bind(_NAME)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise
    return True
