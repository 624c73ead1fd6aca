"""The `ip` command (iproute2): the network of pods is made and unmade by it.

A library (pyroute2) was weighed: it costs every control process 20 MB and half a second of imports, for
a dozen netlink messages per pod. `ip` is on nearly every Linux, takes a whole batch per process, and is
what somebody who looks into a problem would type.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from readylb.errors import RuntimeFailureError

#: What to do, by what `ip` says.
_REMEDIES = {
    "Operation not permitted": " (it takes CAP_NET_ADMIN and CAP_SYS_ADMIN; in Docker: --privileged)",
    "Unknown device type": " (the kernel needs bridge and veth: modprobe bridge veth)",
}
#: No change takes a second; a kernel that hangs must not hang a pod for ever.
_SECONDS = 20.0


def change(*lines: str, force: bool = False) -> None:
    """Carry out lines as `ip -batch` reads them; the first that fails ends it, unless `force` is said.

    RuntimeFailureError says what failed; with `force`, nothing is an error.
    """
    words = ["ip", *(["-force"] if force else []), "-batch", "-"]
    done = _run(words, "\n".join(lines) + "\n")
    if done.returncode and not force:
        _fail(lines, done.stderr)


def show(*words: str) -> list[dict[str, Any]]:
    """Return what `ip -json WORDS` lists. RuntimeFailureError when it cannot tell."""
    done = _run(["ip", "-json", *words], "")
    if done.returncode:
        _fail(words, done.stderr)
    found = json.loads(done.stdout or "[]")
    return [item for item in found if item]


def _run(words: Sequence[str], text: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - fixed words, and names and addresses of our own making
            words, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        msg = "the command ip is missing (install iproute2)"
        raise RuntimeFailureError(msg) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"cannot run ip: {error}"
        raise RuntimeFailureError(msg) from error


def _fail(lines: Sequence[str], output: str) -> None:
    said = [line.removeprefix("Error: ") for line in output.splitlines() if "Command failed" not in line]
    text = "; ".join(said) or "failed"
    remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in text), "")
    msg = f"ip {' '.join(lines) if len(lines) == 1 else 'batch'}: {text}{remedy}"
    raise RuntimeFailureError(msg)
