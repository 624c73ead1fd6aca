"""Annotations of Services and pods that say how traffic is carried, and what each may be.

Pure, for both who checks what people write and who follows it. Every parser raises ValueError, whose
text says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from readylb.core.request_key import read_hash_on
from readylb.model.meta import ANNOTATION_PREFIX

#: Pods: this endpoint's share of the traffic beside others'.
WEIGHT = ANNOTATION_PREFIX + "weight"
#: Services: what ring_hash goes by: `client-ip`, `header:NAME`, `cookie:NAME` or `uri`.
HASH_ON = ANNOTATION_PREFIX + "hash-on"
#: Services: PROXY protocol from trusted proxies: `accept` where it is sent, or `require` it.
PROXY_PROTOCOL = ANNOTATION_PREFIX + "proxy-protocol"
#: Services: PROXY protocol to the endpoints: `v1` or `v2`.
SEND_PROXY = ANNOTATION_PREFIX + "send-proxy"
#: Pods: PROXY protocol at the head of httpGet and tcpSocket probes: `v1` or `v2`.
PROBE_SEND_PROXY = ANNOTATION_PREFIX + "probe-send-proxy"
#: Services: how long a client may say nothing before it is taken for TCP, in milliseconds.
DETECT_TIMEOUT = ANNOTATION_PREFIX + "detect-timeout-ms"
#: Services: how long requests may wait where nothing is Ready but something is starting, in seconds.
HOLD = ANNOTATION_PREFIX + "hold-seconds"
#: Services: how long an endpoint that has just become Ready takes to have its whole share, in seconds.
SLOW_START = ANNOTATION_PREFIX + "slow-start-seconds"
#: Services: ports on which the server speaks first, comma-separated, instead of SERVER_FIRST.
SERVER_FIRST_PORTS = ANNOTATION_PREFIX + "server-first-ports"

#: HAProxy's range, without its 0: an endpoint that may have no traffic is drained, not light.
MOST_WEIGHT = 256
#: FTP, SSH, SMTP, POP3, NNTP, IMAP, submission, MySQL, VNC: nobody should wait there for a first byte.
SERVER_FIRST = frozenset({21, 22, 25, 110, 119, 143, 587, 3306, 5900})
#: Long enough for the first packet of a far client, short enough to go unnoticed at a prompt.
DETECT_SECONDS = 0.5

_PROXY_MODES = ("accept", "require")
_PROXY_VERSIONS = {"v1": 1, "v2": 2}
_MOST_PORT = 65535
_MOST_HOLD_SECONDS = 3600
_MOST_SLOW_START_SECONDS = 3600
_MOST_MILLISECONDS = 60_000


def read_weight(text: str) -> int:
    """Return a weight."""
    return _whole(text, 1, MOST_WEIGHT)


def read_proxy_mode(text: str) -> str:
    """Return `accept` or `require`."""
    if text not in _PROXY_MODES:
        msg = "must be accept or require"
        raise ValueError(msg)
    return text


def read_proxy_version(text: str) -> int:
    """Return 1 or 2."""
    if text not in _PROXY_VERSIONS:
        msg = "must be v1 or v2"
        raise ValueError(msg)
    return _PROXY_VERSIONS[text]


def read_detect_seconds(text: str) -> float:
    """Return seconds of what is written in milliseconds."""
    return _whole(text, 1, _MOST_MILLISECONDS) / 1000


def read_hold_seconds(text: str) -> float:
    """Return seconds; 0 is not to wait."""
    return float(_whole(text, 0, _MOST_HOLD_SECONDS))


def read_slow_start_seconds(text: str) -> float:
    """Return seconds; 0 is to have the whole share at once."""
    return float(_whole(text, 0, _MOST_SLOW_START_SECONDS))


def slow_start_conflict(balancer: str, session_affinity: str = "") -> str:
    """Return why a slow start has no effect where these decide who is picked, or an empty string."""
    if balancer == "ring_hash":
        return "has no effect with the balancer ring_hash: there the key of a request decides"
    if session_affinity == "ClientIP":
        return "has no effect with sessionAffinity ClientIP: there the client decides"
    return ""


def read_ports(text: str) -> frozenset[int]:
    """Return the ports of a comma-separated list, which may be empty."""
    return frozenset(_whole(item.strip(), 1, _MOST_PORT) for item in text.split(",") if text.strip())


#: What checks each annotation by reading it.
READERS: Mapping[str, Callable[[str], object]] = {
    WEIGHT: read_weight,
    HASH_ON: read_hash_on,
    PROXY_PROTOCOL: read_proxy_mode,
    SEND_PROXY: read_proxy_version,
    PROBE_SEND_PROXY: read_proxy_version,
    DETECT_TIMEOUT: read_detect_seconds,
    HOLD: read_hold_seconds,
    SLOW_START: read_slow_start_seconds,
    SERVER_FIRST_PORTS: read_ports,
}


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < len("1000000") and least <= int(text) <= most):
        msg = f"must be a whole number between {least} and {most}"
        raise ValueError(msg)
    return int(text)
