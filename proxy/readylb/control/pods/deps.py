"""What everything in this room works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from readylb.control.clock import Clock
from readylb.control.runtimes.runtime import Runtime
from readylb.errors import RuntimeFailureError
from readylb.telemetry.events import EventRecorder

#: What a runtime may fail with: the pod is told, and it is tried again.
RUNTIME_FAULTS = (RuntimeFailureError, OSError)

Spawn = Callable[[str, Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


@dataclass(frozen=True, slots=True)
class PodDeps:
    """The pod's runtime, the time, the ear for events, and how to start a guarded task."""

    runtime: Runtime
    clock: Clock
    recorder: EventRecorder
    spawn: Spawn
