"""`pkg/probe/grpc/grpc.go`, against real gRPC servers on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from tests.control.probes.served import ask

from readylb.control.probes.grpc_health import grpc_health
from readylb.control.probes.outcome import Outcome
from readylb.control.probes.table import put
from readylb.model.probe import GRPCAction, Probe, ProbeResult

Answer = Callable[[bytes, Any], Coroutine[Any, Any, bytes]]


@asynccontextmanager
async def health(answer: Answer | None) -> AsyncIterator[int]:
    """Serve Health/Check with `answer`, which gets and gives bytes; None: another service only."""
    server = grpc.aio.server()
    if answer is not None:
        check = grpc.unary_unary_rpc_method_handler(answer)
        service = grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check})
        server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


def says(status: int) -> Answer:
    async def answer(request: bytes, context: Any) -> bytes:
        return bytes([8, status]) if status else b""

    return answer


async def outcome(port: int, service: str = "", timeout: int = 1) -> Outcome:
    return await grpc_health(
        ask(Probe(timeout_seconds=timeout), port), GRPCAction(port=8080, service=service)
    )


@pytest.mark.parametrize(
    ("status", "result", "output"),
    [
        (1, ProbeResult.SUCCESS, "service healthy"),
        (2, ProbeResult.FAILURE, 'service unhealthy (responded with "NOT_SERVING")'),
        (0, ProbeResult.FAILURE, 'service unhealthy (responded with "UNKNOWN")'),
        (9, ProbeResult.FAILURE, 'service unhealthy (responded with "9")'),
    ],
)
async def test_only_serving_is_healthy(status: int, result: ProbeResult, output: str) -> None:
    async with health(says(status)) as port:
        assert await outcome(port) == Outcome(result, output)


async def test_the_table_finds_the_handler() -> None:
    async with health(says(1)) as port:
        found = await put(ask(Probe(grpc=GRPCAction(port=8080)), port))
    assert found.result is ProbeResult.SUCCESS


async def test_the_service_is_named_and_the_user_agent_is_kubelets() -> None:
    seen: list[tuple[bytes, str]] = []

    async def answer(request: bytes, context: Any) -> bytes:
        agent = dict(context.invocation_metadata())["user-agent"]
        seen.append((request, agent))
        return b"\x08\x01"

    async with health(answer) as port:
        await outcome(port, "liveness")
        await outcome(port, "x" * 200)
    assert seen[0][0] == b"\x0a\x08liveness"
    assert seen[0][1].startswith("kube-probe/1.36")
    assert seen[1][0] == b"\x0a\xc8\x01" + b"x" * 200


async def test_an_unknown_service_is_an_rpc_error() -> None:
    async def answer(request: bytes, context: Any) -> bytes:
        await context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")

    async with health(answer) as port:
        found = await outcome(port, "nobody")
    text = "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"
    assert found == Outcome(ProbeResult.FAILURE, text)


async def test_a_server_without_the_health_service_is_told_so() -> None:
    async with health(None) as port:
        found = await outcome(port)
    text = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
    assert found.output.startswith(text)


async def test_a_slow_answer_is_a_timeout_of_the_call() -> None:
    async def answer(request: bytes, context: Any) -> bytes:
        await asyncio.sleep(30)
        return b""

    async with health(answer) as port:
        found = await outcome(port)
    assert found == Outcome(ProbeResult.FAILURE, "timeout: health rpc did not complete within 1s")


async def test_nobody_there_is_a_timeout_of_the_connection() -> None:
    async with health(says(1)) as port:
        pass
    found = await outcome(port)
    text = f'timeout: failed to connect service "127.0.0.1:{port}" within 1s: context deadline exceeded'
    assert found == Outcome(ProbeResult.FAILURE, text)
