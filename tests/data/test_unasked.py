"""What an endpoint says unasked is nobody's answer."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.data.rig import GET, KEY, answer

HEAD = GET.replace(b"GET", b"HEAD")
POISON = answer(b"poison")


class Peers:
    """An endpoint and clients on sockets that the test alone reads and writes, at moments of its choice."""

    def __init__(self, balancer) -> None:
        self.balancer = balancer
        self.loop = asyncio.get_running_loop()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.sockets = [self.server]

    async def start(self) -> None:
        await self.balancer.start()
        await self.balancer.ready(self.server.getsockname()[1])

    async def client(self) -> socket.socket:
        client = socket.socket()
        client.setblocking(False)
        self.sockets.append(client)
        await self.loop.sock_connect(client, ("127.0.0.1", self.balancer.port))
        return client

    async def accepted(self) -> socket.socket:
        endpoint, _ = await asyncio.wait_for(self.loop.sock_accept(self.server), 5)
        endpoint.setblocking(False)
        self.sockets.append(endpoint)
        return endpoint

    async def heard(self, who: socket.socket) -> bytes:
        return await asyncio.wait_for(self.loop.sock_recv(who, 65536), 2)

    async def served(self, client: socket.socket, endpoint: socket.socket | None = None) -> socket.socket:
        """One request and its answer; return the connection it came over."""
        client.send(GET)
        endpoint = endpoint or await self.accepted()
        assert (await self.heard(endpoint)).startswith(b"GET / ")
        endpoint.send(answer(b"right"))
        assert (await self.heard(client)).endswith(b"right")
        return endpoint

    @property
    def state(self):
        (state,) = self.balancer.worker._services[KEY].table.eligible
        return state


@pytest.fixture
async def peers(balancer):
    peers = Peers(balancer)
    await peers.start()
    yield peers
    for each in peers.sockets:
        each.close()


async def test_a_second_answer_that_comes_with_the_next_request_answers_nobody(peers):
    client = await peers.client()
    endpoint = await peers.served(client)
    # Both are there when the loop looks again, and the request first.
    client.send(GET)
    endpoint.send(POISON)
    other = await peers.accepted()
    assert (await peers.heard(other)).startswith(b"GET / ")
    other.send(answer(b"right"))
    assert (await peers.heard(client)).endswith(b"right")


@pytest.mark.parametrize("unasked", [POISON, b"\r\n"])
async def test_who_says_something_unasked_has_one_request_per_connection(peers, unasked):
    client = await peers.client()
    client.send(GET)
    endpoint = await peers.accepted()
    await peers.heard(endpoint)
    endpoint.send(answer(b"right") + unasked)
    assert (await peers.heard(client)).endswith(b"right")
    for _ in range(2):
        endpoint = await peers.served(client)
        assert await peers.heard(endpoint) == b""


async def test_a_body_behind_an_answer_to_head_is_not_the_next_answer(peers):
    client = await peers.client()
    client.send(HEAD)
    endpoint = await peers.accepted()
    await peers.heard(endpoint)
    endpoint.send(answer(b"body"))
    assert (await peers.heard(client)).startswith(b"HTTP/1.1 200 ")
    await peers.served(client)


async def test_connections_are_kept_again_after_a_while(peers):
    client = await peers.client()
    endpoint = await peers.served(client)
    endpoint.send(POISON)
    assert await peers.heard(endpoint) == b""
    await peers.served(client)
    peers.state.idle_limit._trusted_at = 0.0
    await peers.served(client)
    endpoint = await peers.served(client)
    await peers.served(client, endpoint)


async def test_an_endpoint_that_was_silent_long_enough_is_not_asked_about(peers):
    client = await peers.client()
    endpoint = await peers.served(client)
    for _ in range(40):
        await peers.served(client, endpoint)
    assert peers.state.probation == 0
