"""Where a pod's containers run: its folder, its address, the way in.

Two kinds: on the host, beside everybody (`host_places`), and in namespaces of its own (`isolation`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from readylb.control.runtimes.child import Entrance
from readylb.control.runtimes.context import RuntimeContext
from readylb.control.runtimes.guard import Guard
from readylb.core.container_command import Surroundings
from readylb.model import Pod


class Place(Protocol):
    """One pod's place, until it is left."""

    @property
    def surroundings(self) -> Surroundings:
        """What containers are told about it."""

    @property
    def entrance(self) -> Entrance | None:
        """The way in for a process that is started; None where nothing separates it from the host."""

    async def restore(self) -> None:
        """Make it whole again before a container starts in it. RuntimeFailureError when it cannot be."""

    async def leave(self) -> None:
        """Take down what was made besides the folder: the pod's containers have ended."""


class Places(Protocol):
    """Makes places."""

    async def open(self) -> None:
        """Make what all places share, unless it is there. RuntimeFailureError says what is missing."""

    async def make(self, pod: Pod, folder: Path) -> Place:
        """Make a pod's place; what it keeps on disk is in `folder`, which is made here.

        RuntimeFailureError when it cannot be made; nothing of it is left then.
        """

    async def close(self) -> None:
        """Take down what all places share, and places that are left."""


#: Makes a runtime's places; what they start is the guard's to end when readylb is gone.
MakePlaces = Callable[[RuntimeContext, Guard], Places]
