"""Whether this machine can isolate pods, for tests that need it; and a look at interfaces."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from readylb.control.runtimes.isolation import syscalls
from readylb.control.runtimes.isolation.inside import in_thread
from readylb.control.runtimes.isolation.requirements import require
from readylb.errors import RuntimeFailureError

#: What isolation does, tried where it leaves nothing: in namespaces that end with the command.
_TRIAL = """\
set -e
ip link add name b0 type bridge
ip link add name v0 type veth
mount --make-rslave /
mount -t tmpfs t /tmp
"""


@cache
def obstacle() -> str:
    """Return why pods cannot be isolated here; empty: they can."""
    try:
        require()
        done = in_thread(_try)
    except (OSError, RuntimeFailureError) as error:
        return f"pods cannot be isolated here: {error}"
    return f"pods cannot be isolated here: {done.stderr.strip()}" if done.returncode else ""


def _try() -> subprocess.CompletedProcess[str]:
    syscalls.unshare(syscalls.POD)
    return subprocess.run(["sh", "-c", _TRIAL], capture_output=True, text=True, check=False)


def can_be_another_user() -> bool:
    """Say whether a user namespace may be made, in which root is nobody."""
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "--user", "true"], check=False).returncode == 0


needs_isolation = pytest.mark.skipif(bool(obstacle()), reason=obstacle())


def links(part: str = "readylb:") -> dict[str, str]:
    """Return the interfaces whose alias contains `part`: alias by name."""
    done = subprocess.run(["ip", "-json", "link", "show"], capture_output=True, text=True, check=True)
    found = {link["ifname"]: link.get("ifalias", "") for link in json.loads(done.stdout) if link}
    return {name: alias for name, alias in found.items() if part in alias}


def links_of(pid: int) -> set[str]:
    """Return the names of the interfaces that the readylb with that process id has made."""
    return set(links(f"readylb:pid={pid}:"))


def network_of(pid: int) -> str:
    """Return which network namespace a process is in; empty when it has ended meanwhile."""
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""
