"""What everything in this room works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from readylb.control.clock import Clock
from readylb.control.runtimes.runtime import Runtime
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container
from readylb.telemetry.events import EventRecorder

#: What a runtime may fail with: the pod is told, and it is tried again.
RUNTIME_FAULTS = (RuntimeFailureError, OSError)

Spawn = Callable[[str, Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]

#: Has an endpoint that somebody else runs started again, for the n-th time; returns what is to be told.
#: Fails with RUNTIME_FAULTS.
RestartEndpoint = Callable[[Pod, Container, int], Coroutine[Any, Any, str]]


@dataclass(frozen=True, slots=True)
class PodDeps:
    """The pod's runtime, the time, the ear for events, and how to start a guarded task and an endpoint."""

    runtime: Runtime
    clock: Clock
    recorder: EventRecorder
    spawn: Spawn
    restart: RestartEndpoint
