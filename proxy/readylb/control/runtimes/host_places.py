"""Places without isolation: a folder, the host's loopback, and a free host port per declared one."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from readylb.control.runtimes.context import RuntimeContext
from readylb.control.runtimes.guard import Guard
from readylb.control.runtimes.ports import PortAllocator
from readylb.core.container_command import Surroundings
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.pod import PortMapping

#: All pods are on the host's loopback.
POD_IP = "127.0.0.1"


class HostPlace:
    """A pod among the host's processes."""

    entrance = None

    def __init__(self, surroundings: Surroundings, ports: PortAllocator) -> None:
        """Hold the ports that `surroundings` maps until the place is left."""
        self.surroundings = surroundings
        self._ports = ports

    async def restore(self) -> None:
        """Make its folder again: somebody may have cleaned up where it lies."""
        _make_again(Path(self.surroundings.temp_dir))

    async def leave(self) -> None:
        """Give the ports back."""
        _release(self._ports, self.surroundings.port_mappings)


class HostPlaces:
    """Makes places on the host."""

    def __init__(self, ports: PortAllocator) -> None:
        """Take ports from `ports`."""
        self._ports = ports

    async def open(self) -> None:
        """Nothing is shared."""

    async def make(self, pod: Pod, folder: Path) -> HostPlace:
        """Reserve the pod's ports and make its folder, with the private one for temporary files in it."""
        # Ports first: a folder left behind by an attempt without ports would stop every later attempt.
        mapped = self._map_ports(pod)
        temp = folder / "tmp"
        try:
            make_folder(temp, 0o700)
        except RuntimeFailureError:
            _release(self._ports, mapped)
            raise
        return HostPlace(Surroundings(POD_IP, POD_IP, POD_IP, mapped, str(temp)), self._ports)

    async def close(self) -> None:
        """Nothing is shared."""

    def _map_ports(self, pod: Pod) -> tuple[PortMapping, ...]:
        declared = {
            port.container_port: port for container in pod.spec.long_running for port in container.ports
        }
        mapped: list[PortMapping] = []
        try:
            for number, port in declared.items():
                if port.host_port:
                    self._ports.claim(POD_IP, port.host_port)
                mapped.append(
                    PortMapping(
                        container_port=number, host_port=port.host_port or self._ports.allocate(POD_IP)
                    )
                )
        except RuntimeFailureError:
            _release(self._ports, mapped)
            raise
        return tuple(mapped)


def host_places(context: RuntimeContext, guard: Guard) -> HostPlaces:  # noqa: ARG001 - MakePlaces
    """Make the places of the `process` runtime."""
    return HostPlaces(PortAllocator(random.Random()))  # noqa: S311 - spreads ports, keeps no secret


def make_folder(path: Path, mode: int) -> None:
    """Make a folder and what leads to it. RuntimeFailureError when it cannot be made."""
    try:
        path.mkdir(parents=True, mode=0o700)
        path.chmod(mode)
    except OSError as error:
        remedy = "free some space, or set XDG_RUNTIME_DIR to a folder of yours"
        msg = f"cannot make {path}: {error.strerror} ({remedy})"
        raise RuntimeFailureError(msg) from error


def _make_again(path: Path) -> None:
    if not path.exists():
        make_folder(path, 0o700)


def _release(ports: PortAllocator, mappings: Iterable[PortMapping]) -> None:
    for mapping in mappings:
        ports.release(mapping.host_port)
