"""Places of the `namespaces` runtime: each pod alone with its containers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

from readylb.control.runtimes import marks
from readylb.control.runtimes.child import Child
from readylb.control.runtimes.context import RuntimeContext
from readylb.control.runtimes.guard import Guard
from readylb.control.runtimes.host_places import make_folder
from readylb.control.runtimes.isolation.inside import PodEntrance
from readylb.control.runtimes.isolation.network import PodNetwork
from readylb.control.runtimes.isolation.requirements import require
from readylb.control.runtimes.isolation.sandbox import PodSandbox, make_sandbox
from readylb.core.container_command import Surroundings
from readylb.core.pod_addresses import PodAddresses
from readylb.core.pod_identity import hostname, hosts_file
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.meta import ObjectMeta

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Servers inside listen on all addresses, so that both probes and `localhost` reach them.
_BIND = "0.0.0.0"
#: Everybody inside may write to /tmp, as to any.
_TEMP_MODE = 0o1777
#: How long a pod's first process may take to end with all others, in seconds, before it is killed.
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Built:
    """A sandbox and the name of its wire's outer end."""

    sandbox: PodSandbox
    wire: str


class _Builder:
    """Makes and unmakes sandboxes in threads; what all of them share."""

    def __init__(self, network: PodNetwork, guard: Guard, run: str) -> None:
        self.network = network
        self.guard = guard
        path = os.environ.get("PATH", os.defpath)
        self._environment = {marks.RUN: run, "PATH": path}

    def build(self, folder: Path, name: str, address: str, length: int) -> _Built:
        """Make the namespaces and wire them; blocks. RuntimeFailureError when it cannot be done."""
        sandbox = make_sandbox(folder, name, self._environment)
        try:
            return _Built(sandbox, self.network.wire(sandbox.entrance, address, length))
        except (OSError, RuntimeFailureError) as error:
            sandbox.let_go()
            sandbox.process.wait()
            msg = f"cannot connect the pod: {error}"
            raise RuntimeFailureError(msg) from error


class IsolatedPlace:
    """A pod in namespaces of its own."""

    def __init__(self, builder: _Builder, addresses: PodAddresses, folder: Path, name: str) -> None:
        """Take an address; `restore` makes the rest."""
        self._builder = builder
        self._addresses = addresses
        self._folder = folder
        self._name = name
        self._built: _Built | None = None
        self._child: Child | None = None
        self._changing = asyncio.Lock()
        self._left = False
        address = addresses.allocate()
        self.surroundings = Surroundings(address, _BIND, addresses.gateway, (), "/tmp")  # noqa: S108 - private

    def __repr__(self) -> str:
        """Show the state."""
        return f"<place {self._name} {self.surroundings.pod_ip} {self._child}>"

    @property
    def entrance(self) -> PodEntrance:
        """The way in; closed while there is nothing inside."""
        return self._built.sandbox.entrance if self._built is not None else PodEntrance(None)

    async def restore(self) -> None:
        """Make the namespaces, anew if their first process has been killed."""
        async with self._changing:
            if self._left:
                msg = f'pod "{self._name}" was removed'
                raise RuntimeFailureError(msg)
            if self._built is not None and await _to_its_end(self._built.sandbox.entrance.is_open):
                return
            if self._built is not None:
                log.warning("the first process of pod %s was killed: making its namespaces anew", self._name)
                await self._take_down(self._built)
            building = asyncio.get_running_loop().run_in_executor(
                None,
                self._builder.build,
                self._folder,
                self._name,
                self.surroundings.pod_ip,
                self._addresses.length,
            )
            try:
                self._keep(await asyncio.shield(building))
            except asyncio.CancelledError:
                # Nobody can stop the thread: what it makes is kept, for `leave` to take down.
                await asyncio.wait([building])
                if building.exception() is None:
                    self._keep(building.result())
                raise

    def _keep(self, built: _Built) -> None:
        self._built = built
        child = self._child = Child(built.sandbox.process)
        self._builder.guard.add(child.pgid)
        child.exited.add_done_callback(lambda _: self._ended(child))

    async def leave(self) -> None:
        """End whatever is inside, remove the wire, give the address back."""
        async with self._changing:
            if self._built is not None:
                await self._take_down(self._built)
            if not self._left:
                self._left = True
                self._addresses.release(self.surroundings.pod_ip)

    async def _take_down(self, built: _Built) -> None:
        self._built = None
        built.sandbox.let_go()
        child = self._child
        if child is not None and not child.exited.done():
            await asyncio.wait([child.exited], timeout=_END_SECONDS)
        if child is not None and not child.exited.done():
            child.signal_group(signal.SIGKILL)
        await asyncio.to_thread(self._builder.network.unwire, built.wire)

    def _ended(self, child: Child) -> None:
        child.reap()
        self._builder.guard.remove(child.pgid)


class IsolatedPlaces:
    """Makes places in namespaces, on one network."""

    def __init__(self, context: RuntimeContext, guard: Guard) -> None:
        """Make nothing yet."""
        self._network = PodNetwork(context.pod_range)
        self._builder = _Builder(self._network, guard, context.run)
        self._trial_folder = context.state_dir / "trial"
        self._addresses: PodAddresses | None = None
        self._opening = asyncio.Lock()
        self._begun = False
        self._made: WeakSet[IsolatedPlace] = WeakSet()

    async def open(self) -> None:
        """Check that this system can do it, and make the bridge. RuntimeFailureError says what is missing."""
        async with self._opening:
            if self._addresses is None:
                try:
                    require()
                    self._builder.guard.ensure()
                    self._begun = True
                    addresses = await asyncio.to_thread(self._network.open)
                    await self._try(addresses)
                except (OSError, RuntimeFailureError) as error:
                    msg = f"cannot isolate pods: {error}"
                    raise RuntimeFailureError(msg) from error
                self._addresses = addresses
                log.info("Pods have addresses of their own: %s", addresses.network)

    async def make(self, pod: Pod, folder: Path) -> IsolatedPlace:
        """Make a pod's namespaces, its address and its files."""
        _refuse_host_ports(pod)
        await self.open()
        assert self._addresses is not None  # noqa: S101 - `open` has made them
        place = await self._make(pod, folder, self._addresses)
        self._made.add(place)
        return place

    async def close(self) -> None:
        """Leave the places that are left, and remove the network."""
        await asyncio.gather(*(place.leave() for place in self._made))
        if self._begun:
            await asyncio.to_thread(self._network.close)

    async def _try(self, addresses: PodAddresses) -> None:
        """Make one pod's place and leave it: what the kernel refuses is told before anything starts."""
        pod = Pod(metadata=ObjectMeta(name="trial"))
        try:
            place = await self._make(pod, self._trial_folder, addresses)
            try:
                await _to_its_end(lambda: place.entrance.within(os.getpid))
            finally:
                await place.leave()
        except BaseException:
            with contextlib.suppress(OSError, RuntimeFailureError):
                await asyncio.to_thread(self._network.close)
            raise
        finally:
            await asyncio.to_thread(shutil.rmtree, self._trial_folder, ignore_errors=True)

    async def _make(self, pod: Pod, folder: Path, addresses: PodAddresses) -> IsolatedPlace:
        name = hostname(pod)
        place = IsolatedPlace(self._builder, addresses, folder, name)
        try:
            make_folder(folder, 0o700)
            make_folder(folder / "tmp", _TEMP_MODE)
            _write(folder / "hostname", f"{name}\n")
            _write(folder / "hosts", hosts_file(name, place.surroundings.pod_ip))
            await place.restore()
        except BaseException:
            await place.leave()
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise
        return place


async def _to_its_end(action: Callable[[], T]) -> T:
    """Call what blocks in a thread, and wait for its end even when cancelled.

    Nobody can stop a thread, and what it works on must not be taken down meanwhile.
    """
    working = asyncio.get_running_loop().run_in_executor(None, action)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise


def _refuse_host_ports(pod: Pod) -> None:
    for container in pod.spec.long_running:
        for port in container.ports:
            if port.host_port:
                msg = (
                    f"hostPort {port.host_port} of container {container.name}: not supported with isolation "
                    "(leave it out: a Service, or --publish, listens on this machine)"
                )
                raise RuntimeFailureError(msg)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror} (free some space)"
        raise RuntimeFailureError(msg) from error
