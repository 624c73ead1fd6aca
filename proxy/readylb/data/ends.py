"""The two ends of a client's connection, for endpoints that want them told (PROXY protocol)."""

from __future__ import annotations

import asyncio

from readylb.core.proxy_protocol import End, Header, render


def proxy_header(version: int, client: asyncio.BaseTransport, told: Header | None) -> bytes:
    """Return the header for the client behind `client`: as it was told to us, else as the kernel says."""
    if told is not None and told.source is not None and told.destination is not None:
        return render(version, told.source, told.destination)
    return render(version, _end(client, "peername"), _end(client, "sockname"))


def _end(client: asyncio.BaseTransport, which: str) -> End:
    name = client.get_extra_info(which)
    return End(name[0].partition("%")[0], name[1]) if isinstance(name, tuple) else End("", 0)
