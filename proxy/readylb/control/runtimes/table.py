"""The runtimes by name, and who serves a pod. Imported and made on first use.

A pod names its runtime in `spec.runtimeClassName`; none means what `--isolation` says. Third parties add
theirs as entry points of the group `readylb.runtimes`: a class that is called with a RuntimeContext.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from readylb.control.clock import Clock
from readylb.control.runtimes.context import RuntimeContext
from readylb.control.runtimes.runtime import Runtime
from readylb.control.tasks import Fatal
from readylb.core.isolation import Isolation
from readylb.errors import RuntimeFailureError
from readylb.model import Pod

BUILT_IN = {
    "process": "readylb.control.runtimes.process:ProcessRuntime",
    "namespaces": "readylb.control.runtimes.isolation.runtime:namespaces",
    "external": "readylb.control.runtimes.external:ExternalRuntime",
}

ENTRY_POINTS = "readylb.runtimes"

_Factory = Callable[[RuntimeContext], Runtime]


class RuntimeTable:
    """The runtimes of this readylb. What they keep on disk is in `state_dir/RUN`."""

    def __init__(
        self,
        clock: Clock,
        state_dir: Path,
        images: Mapping[str, tuple[str, ...]],
        fatal: Fatal,
        isolation: Isolation = Isolation(),  # noqa: B008 - immutable
    ) -> None:
        """Make no runtime and no folder yet. `images` maps images to local commands."""
        self._clock = clock
        self._images = dict(images)
        self._fatal = fatal
        self._isolation = isolation
        self._run = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._folder = state_dir / self._run
        self._made: dict[str, Runtime] = {}

    def __repr__(self) -> str:
        """Show the state."""
        return f"<runtimes {self._run} {sorted(self._made)}>"

    @property
    def images(self) -> Mapping[str, tuple[str, ...]]:
        """The local commands that stand for images now."""
        return self._images

    def map_images(self, images: Mapping[str, tuple[str, ...]]) -> None:
        """Map images anew; a container that runs keeps its command until it is started again."""
        self._images.clear()
        self._images.update(images)

    def for_pod(self, pod: Pod) -> Runtime:
        """Return the runtime that serves the pod. RuntimeFailureError when there is none of its name."""
        return self._find(pod.spec.runtime_class_name or self._isolation.runtime)

    async def open(self) -> None:
        """Have the runtime that pods get by default ready; RuntimeFailureError says what is missing."""
        await self._find(self._isolation.runtime).open()

    async def close(self) -> None:
        """End everything that any runtime runs, and remove what this run kept on disk."""
        for runtime in self._made.values():
            await runtime.close()
        self._made.clear()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _find(self, name: str) -> Runtime:
        runtime = self._made.get(name)
        if runtime is None:
            runtime = self._made[name] = self._make(name)
        return runtime

    def _make(self, name: str) -> Runtime:
        context = RuntimeContext(
            clock=self._clock,
            run=self._run,
            state_dir=self._folder,
            images=self._images,
            fatal=self._fatal,
            pod_range=self._isolation.pod_range,
        )
        return _factory(name)(context)


def _factory(name: str) -> _Factory:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return cast("_Factory", getattr(import_module(module), attribute))
    found = entry_points(group=ENTRY_POINTS)
    if name in found.names:
        return cast("_Factory", found[name].load())
    known = ", ".join(sorted({*BUILT_IN, *found.names}))
    msg = f"no runtime is called {name!r} (known: {known})"
    raise RuntimeFailureError(msg)
