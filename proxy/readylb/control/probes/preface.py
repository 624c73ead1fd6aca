"""What a probe says before anything else: a PROXY protocol header, where its endpoint expects one.

HAProxy's rule for `check-send-proxy`: health checks have it where traffic has it, unless they go to another
port or address. There is no client to tell of, so it says just that (UNKNOWN, LOCAL).
"""

from __future__ import annotations

from readylb.control.probes.address import LOOPBACK
from readylb.control.probes.ask import Ask
from readylb.core.proxy_protocol import End, render
from readylb.core.traffic import PROBE_SEND_PROXY, read_proxy_version

_NOBODY = End("", 0)


def preface(ask: Ask, host: str, port: int) -> bytes:
    """Return the header for a connection to where a probe goes; empty where none is wanted."""
    text = ask.pod.metadata.annotations.get(PROBE_SEND_PROXY)
    if text is None:
        return b""
    declared = {ask.pod.bound_port(item.container_port) for item in ask.container.ports}
    if port not in declared or not (host == ask.pod.status.pod_ip or host in LOOPBACK):
        return b""
    try:
        return render(read_proxy_version(text), _NOBODY, _NOBODY)
    except ValueError:
        return b""  # which was reported where the pod was read
