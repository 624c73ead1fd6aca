"""The `namespaces` runtime: the `process` runtime in other places."""

from __future__ import annotations

from readylb.control.runtimes.context import RuntimeContext
from readylb.control.runtimes.isolation.places import IsolatedPlaces
from readylb.control.runtimes.process import ProcessRuntime


def namespaces(context: RuntimeContext) -> ProcessRuntime:
    """Make the runtime; nothing is checked before its `open`."""
    return ProcessRuntime(context, IsolatedPlaces, scheme="namespaces")
