"""What isolation takes, checked before anything is made: the right system, the right user, two commands."""

from __future__ import annotations

import os
import shutil
import sys

from readylb.errors import RuntimeFailureError

#: The commands that are run, and the package that has them on most systems.
COMMANDS = {"ip": "iproute2", "mount": "util-linux"}


def require() -> None:
    """Return if isolation can be tried. RuntimeFailureError says what is missing and how to get it."""
    if sys.platform != "linux":
        msg = f"namespaces are Linux's, and this is {sys.platform} (leave out --isolation namespaces)"
        raise RuntimeFailureError(msg)
    if os.geteuid() != 0:
        msg = "it takes root (start it with sudo, or leave out --isolation namespaces)"
        raise RuntimeFailureError(msg)
    for command, package in COMMANDS.items():
        if shutil.which(command) is None:
            msg = f"the command {command} is missing (install {package})"
            raise RuntimeFailureError(msg)
    if not hasattr(os, "pidfd_open"):
        msg = "this Python was built for a kernel without pidfd_open (Linux 5.8 or newer is needed)"
        raise RuntimeFailureError(msg)
