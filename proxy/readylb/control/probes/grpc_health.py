"""grpc probes: `grpc.health.v1.Health/Check` (`pkg/probe/grpc/grpc.go`). Needs the extra readylb[grpc].

The two messages of that service are a string and a number, so they are written and read here; nothing
is generated. Every outcome but SERVING is a failure, never an error.
"""

from __future__ import annotations

import asyncio

import grpc
import grpc.aio

from readylb.control.probes.address import join, resolve
from readylb.control.probes.ask import Ask
from readylb.control.probes.outcome import Outcome
from readylb.core.durations import go_duration
from readylb.model.probe import GRPCAction, ProbeResult

_METHOD = "/grpc.health.v1.Health/Check"
_STATUSES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
_SERVING = 1
_OPTIONS = (
    ("grpc.primary_user_agent", "kube-probe/1.36"),
    ("grpc.enable_http_proxy", 0),
    # Each probe makes a connection of its own, with no memory of another's failures.
    ("grpc.use_local_subchannel_pool", 1),
)
_STATUS_FIELD = 0x08  # field 1, a number
_SERVICE_FIELD = 0x0A  # field 1, a string
_WIRE_TYPE = 0x07
_MORE = 0x80


async def grpc_health(ask: Ask, action: GRPCAction) -> Outcome:
    """Ask for the service's health, connecting and calling within the probe's timeout."""
    host, port = resolve(ask, "", action.port)
    address = join(host, port)
    limit = ask.probe.timeout_seconds
    deadline = asyncio.get_running_loop().time() + limit
    async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
        try:
            async with asyncio.timeout_at(deadline):
                await channel.channel_ready()
        except TimeoutError:
            text = f'timeout: failed to connect service "{address}" within {go_duration(limit)}'
            return Outcome(ProbeResult.FAILURE, f"{text}: context deadline exceeded")
        call = channel.unary_unary(_METHOD, request_serializer=_request, response_deserializer=_status)
        try:
            left = deadline - asyncio.get_running_loop().time()
            status = await call(action.service, timeout=left)
        except grpc.aio.AioRpcError as error:
            return Outcome(ProbeResult.FAILURE, _why(error, limit))
    if status == _SERVING:
        return Outcome(ProbeResult.SUCCESS, "service healthy")
    word = _STATUSES[status] if status < len(_STATUSES) else str(status)
    return Outcome(ProbeResult.FAILURE, f'service unhealthy (responded with "{word}")')


def _why(error: grpc.aio.AioRpcError, limit: int) -> str:
    code, details = error.code(), error.details() or ""
    if code is grpc.StatusCode.UNIMPLEMENTED:
        missing = "this server does not implement the grpc health protocol (grpc.health.v1.Health)"
        return f"error: {missing}: {details}"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"timeout: health rpc did not complete within {go_duration(limit)}"
    word = "".join(part.capitalize() for part in code.name.split("_"))
    return f"error: health rpc probe failed: rpc error: code = {word} desc = {details}"


def _request(service: str) -> bytes:
    """Return a HealthCheckRequest."""
    name = service.encode()
    return bytes([_SERVICE_FIELD, *_number(len(name))]) + name if name else b""


def _number(value: int) -> list[int]:
    """Return a number as protobuf writes it: seven bits at a time, the lowest first."""
    out = []
    while value >= _MORE:
        out.append(value & (_MORE - 1) | _MORE)
        value >>= 7
    return [*out, value]


def _status(data: bytes) -> int:
    """Return the status of a HealthCheckResponse; UNKNOWN where it is left out, which is its zero."""
    if not data or data[0] & _WIRE_TYPE or data[0] != _STATUS_FIELD:
        return 0
    value = 0
    for place, byte in enumerate(data[1:]):
        value |= (byte & (_MORE - 1)) << (7 * place)
        if not byte & _MORE:
            break
    return value
