"""Plays cases against a real worker over loopback and says what is wrong with each.

Checked of every case, whatever its verdict says: what reaches the endpoint is a sequence of valid
requests without hop-by-hop fields, with one Host and our Via; what reaches the client is a sequence of
valid responses; and a client that comes afterwards gets its own answer and nobody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.conformance.case import Case, Ending, Upstream
from tests.conformance.peers import FOLLOW_UP, Board, Endpoint, Peer
from tests.conformance.verdict import Outcome, judge, responses

from readylb.data.worker import Worker
from readylb.wire.channel import Channel, Message, memory_channel
from readylb.wire.messages import (
    Address,
    Drain,
    EndpointEntry,
    Listening,
    RemoveService,
    SetEndpoints,
    SetService,
)

# Far beyond what any case takes, even on a busy machine: reaching it is a failure.
CASE_SECONDS = 30.0
AT_ONCE = 24


class Bench:
    """One worker, with a Service of its own for each case under way."""

    def __init__(self) -> None:
        self._control, worker_end = memory_channel()
        self._worker = Worker(0, worker_end)
        self._listening: dict[str, asyncio.Future[int]] = {}

    @property
    def control(self) -> Channel:
        return self._control

    def start(self) -> None:
        self._control.listen(self._receive)
        self._worker.start()

    async def serve(self, key: str, case: Case, endpoint_port: int) -> int:
        """Serve `key` with one endpoint; return the port that clients use."""
        self._listening[key] = asyncio.get_running_loop().create_future()
        entry = EndpointEntry(f"uid-{key}", "web-0", "127.0.0.1", endpoint_port, True, True, False)
        self._control.send(
            SetService(
                key=key,
                name="default/web",
                listen=(Address("127.0.0.1", 0),),
                limits=case.limits,
                trusted_proxies=case.trusted,
            )
        )
        self._control.send(SetEndpoints(key=key, generation=1, endpoints=(entry,)))
        return await self._listening[key]

    async def stop(self) -> None:
        self._control.send(Drain(grace_seconds=0))
        await asyncio.wait_for(self._worker.stopped(), CASE_SECONDS)
        await asyncio.sleep(0.01)

    def _receive(self, message: Message) -> None:
        if isinstance(message, Listening) and not self._listening[message.key].done():
            self._listening[message.key].set_result(message.address.port)


async def play_all(cases: Sequence[Case]) -> dict[str, list[str]]:
    """Return what is wrong with each case, by name."""
    bench = Bench()
    bench.start()
    wrong: dict[str, list[str]] = {}
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, case: Case) -> None:
        async with gate:
            wrong[case.name] = await play(bench, f"default/case:{number}", case)

    async with asyncio.TaskGroup() as group:
        for number, case in enumerate(cases):
            group.create_task(one(number, case))
    await bench.stop()
    return wrong


async def play(bench: Bench, key: str, case: Case) -> list[str]:
    """Play one case from its first byte to the follow-up requests, and judge it."""
    board = Board()
    outcome = Outcome(case, board)
    async with asyncio.TaskGroup() as group:
        endpoint = Endpoint(case, board, group)
        port = await bench.serve(key, case, await endpoint.listen())
        try:
            async with asyncio.timeout(CASE_SECONDS):
                await _client_side(case, board, outcome, port)
        except TimeoutError:
            outcome.complain(f"nothing more happened while {outcome.stage}")
        outcome.settle_once()
        judge(outcome)
        for peer in board.clients:
            peer.transport.abort()
        bench.control.send(RemoveService(key))
        endpoint.close()
    return outcome.wrong


async def _client_side(case: Case, board: Board, outcome: Outcome, port: int) -> None:
    client = await _connect(board, port)
    outcome.stage = "the steps were taken"
    await board.perform(client, case.send)
    outcome.stage = f"{len(case.statuses)} responses were awaited"
    await board.until(lambda: client.ended != "" or outcome.answered() >= len(case.statuses))
    outcome.settle()
    if case.ending in (Ending.CLOSED, Ending.CUT):
        outcome.stage = "the end of the client's connection was awaited"
        await board.until(lambda: client.ended != "")
        outcome.settle()
    elif case.ending is Ending.OPEN and client.ended == "":
        outcome.stage = "a follow-up on the same connection was answered"
        await _follow_up(board, client, outcome, b"same", len(client.received))
    elif case.ending is Ending.OPEN:
        outcome.complain("the client's connection was closed")
    if case.upstream is Upstream.DROPPED and board.endpoints:
        outcome.stage = "the endpoint connection was awaited to be closed"
        await board.until(lambda: board.endpoints[0].ended != "" or board.endpoints[0].transport.is_closing())
    outcome.stage = "a follow-up on a new connection was answered"
    other = await _connect(board, port)
    await _follow_up(board, other, outcome, b"other", 0)


async def _connect(board: Board, port: int) -> Peer:
    loop = asyncio.get_running_loop()
    _, peer = await loop.create_connection(lambda: Peer(board, board.clients), "127.0.0.1", port)
    return peer


async def _follow_up(board: Board, client: Peer, outcome: Outcome, name: bytes, start: int) -> None:
    """Ask for something that only this request is answered with."""
    target = FOLLOW_UP + name
    client.send(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target)

    def found() -> list:
        return responses(client.received[start:], (), ended=client.ended != "", most=1)[0]

    await board.until(lambda: client.ended != "" or (bool(messages := found()) and messages[-1].whole))
    messages = found()
    if not messages or not messages[-1].whole:
        outcome.complain(f"the follow-up on the {name.decode()} connection got no answer")
    elif messages[-1].status != 200 or messages[-1].body != target:
        got = messages[-1].line + b" " + messages[-1].body[:60]
        outcome.complain(f"the follow-up on the {name.decode()} connection got {got!r}")
