"""Which protocol a new client connection gets: what its Service speaks, behind a gate where it has one."""

from __future__ import annotations

import asyncio

from readylb.core.proxy_protocol import Header
from readylb.data.detect import Detect
from readylb.data.downstream import Downstream
from readylb.data.gate import Gate
from readylb.data.table import ServiceState
from readylb.data.tcp import TcpDownstream

_PROTOCOLS = {"http": Downstream, "tcp": TcpDownstream, "auto": Detect}


def entrance(service: ServiceState, address: str) -> asyncio.Protocol:
    """Return the protocol for a client at `address`."""
    settings = service.settings
    if settings.source_ranges or settings.proxy_protocol:
        return Gate(service, address, _inside)
    return _PROTOCOLS[settings.protocol](service, address)


def _inside(service: ServiceState, address: str, told: Header | None) -> asyncio.Protocol:
    return _PROTOCOLS[service.settings.protocol](service, address, told)
