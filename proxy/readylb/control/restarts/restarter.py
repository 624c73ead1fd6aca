"""Has endpoints restarted by the hooks that their pods name: one at a time per endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakValueDictionary

from readylb.control.restarts.hook import RestartHook, RestartRequest
from readylb.control.restarts.table import named_hook
from readylb.core.restart_request import sanitized
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.meta import ANNOTATION_PREFIX

_ENDPOINT_ANNOTATION = ANNOTATION_PREFIX + "endpoint"


class Restarter:
    """Runs restart hooks. Pods that name the same endpoint take turns."""

    def __init__(self, named: Callable[[Pod], tuple[str, RestartHook]] = named_hook) -> None:
        """Have restarted nothing yet. `named` finds the hook of a pod by the pod's annotation."""
        self._named = named
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __repr__(self) -> str:
        """Show who is being restarted."""
        return f"<Restarter {sorted(self._turns)}>"

    async def restart(self, pod: Pod, container: Container, count: int) -> str:
        """Run the pod's hook for the `count`-th time; return what its event is to say.

        RuntimeFailureError when it fails, and when the annotation is wrong; its text is the event's.
        """
        name, hook = self._named(pod)
        request = _request(pod, container, count)
        turn = self._turns.setdefault(request.endpoint, asyncio.Lock())
        async with turn:
            try:
                said = await hook.restart(request)
            except RuntimeFailureError as error:
                msg = f"Restart hook {name} failed for {request.endpoint}: {sanitized(str(error))}"
                raise RuntimeFailureError(msg) from error
        done = f"Restart hook {name} has run for {request.endpoint}"
        return f"{done}: {sanitized(said)}" if said else done


def _request(pod: Pod, container: Container, count: int) -> RestartRequest:
    meta = pod.metadata
    status = pod.container_status(container.name)
    ended = status and (status.state.terminated or status.last_state.terminated)
    index = meta.name.rpartition("-")[2]
    return RestartRequest(
        pod_name=meta.name,
        namespace=meta.namespace,
        container=container.name,
        endpoint=meta.annotations.get(_ENDPOINT_ANNOTATION, ""),
        index=index if index.isascii() and index.isdigit() else "",
        reason=ended.reason if ended else "",
        message=ended.message if ended else "",
        restart_count=count,
    )
