"""Places by themselves; `test_runtime.py` has them with real namespaces."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from ipaddress import IPv4Network
from pathlib import Path
from types import SimpleNamespace

import pytest

from readylb.control.runtimes.isolation.places import IsolatedPlace
from readylb.core.pod_addresses import PodAddresses


class Builder:
    """Builds as slowly as it is told to, and remembers what is connected."""

    def __init__(self) -> None:
        self.guard = SimpleNamespace(add=lambda _: None, remove=lambda _: None)
        self.wires: list[str] = []
        self.builds = 0
        self.network = SimpleNamespace(unwire=self.wires.remove)
        self.begun, self.go = threading.Event(), threading.Event()
        self.looking, self.seen = threading.Event(), threading.Event()

    def is_open(self) -> bool:
        """Look for as long as nobody lets it go on."""
        self.looking.set()
        return self.seen.wait(20)

    def build(self, folder: Path, name: str, address: str, length: int) -> object:
        self.begun.set()
        assert self.go.wait(20), (folder, name, length)
        self.wires.append(address)
        self.builds += 1
        process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, start_new_session=True)
        assert process.stdin is not None
        entrance = SimpleNamespace(is_open=self.is_open)
        sandbox = SimpleNamespace(process=process, let_go=process.stdin.close, entrance=entrance)
        return SimpleNamespace(sandbox=sandbox, wire=address)


async def test_a_pod_that_is_removed_while_its_namespaces_are_made_leaves_nothing() -> None:
    builder, addresses = Builder(), PodAddresses(IPv4Network("10.0.0.0/29"))
    place = IsolatedPlace(builder, addresses, Path("/nowhere"), "web-0")  # type: ignore[arg-type]
    restoring = asyncio.ensure_future(place.restore())  # noqa: TID251 - a test may cancel what it began
    await asyncio.to_thread(builder.begun.wait, 20)
    restoring.cancel()
    leaving = asyncio.ensure_future(place.leave())  # noqa: TID251 - a test may do two things at once
    builder.go.set()
    with pytest.raises(asyncio.CancelledError):
        await restoring
    await leaving
    assert builder.wires == []
    assert "0 taken" in repr(addresses)


async def test_others_go_on_while_a_place_is_looked_at() -> None:
    builder, addresses = Builder(), PodAddresses(IPv4Network("10.0.0.0/29"))
    builder.go.set()
    place = IsolatedPlace(builder, addresses, Path("/nowhere"), "web-0")  # type: ignore[arg-type]
    await place.restore()
    restoring = asyncio.ensure_future(place.restore())  # noqa: TID251 - a test may do two things at once
    await asyncio.to_thread(builder.looking.wait, 20)
    builder.seen.set()
    await restoring
    assert builder.builds == 1, "it was found to be open"
    await place.leave()


async def test_a_place_is_not_taken_down_while_it_is_looked_at() -> None:
    builder, addresses = Builder(), PodAddresses(IPv4Network("10.0.0.0/29"))
    builder.go.set()
    place = IsolatedPlace(builder, addresses, Path("/nowhere"), "web-0")  # type: ignore[arg-type]
    await place.restore()
    restoring = asyncio.ensure_future(place.restore())  # noqa: TID251 - a test may cancel what it began
    await asyncio.to_thread(builder.looking.wait, 20)
    restoring.cancel()
    leaving = asyncio.ensure_future(place.leave())  # noqa: TID251 - a test may do two things at once
    await asyncio.wait([restoring, leaving], timeout=0.05)
    assert len(builder.wires) == 1
    builder.seen.set()
    with pytest.raises(asyncio.CancelledError):
        await restoring
    await leaving
    assert builder.wires == []
