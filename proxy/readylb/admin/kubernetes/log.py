"""`pods/NAME/log`: what a container has written, as plain text.

Source: core/v1 PodLogOptions, pkg/kubelet/kubelet_pods.go (validateContainerLogStatus: messages).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.containers import container_of, pod_of
from readylb.admin.kubernetes.query import whole_number
from readylb.admin.kubernetes.status import BadRequestError
from readylb.errors import NotFoundError, ReadylbError
from readylb.model import Pod
from readylb.model.serialization import format_time

_TRUE = "true"

Lines = AsyncIterator[tuple[float, bytes]]


@dataclass(frozen=True, slots=True)
class _Options:
    follow: bool
    previous: bool
    timestamps: bool
    tail: int | None
    since: float
    limit: int | None


async def log(request: web.Request) -> web.StreamResponse:
    """Answer GET of the log; with `follow=true` until the container ends or the client goes."""
    deps = request.app[DEPS]
    pod = pod_of(request)
    container = container_of(request, pod)
    options = _options(request, deps.clock.now())
    _check_started(pod, container.name, previous=options.previous)
    # With `sinceSeconds` the runtime's tail would count lines that are then left out.
    lines = deps.runtime_for(pod).logs(
        pod, container.name, previous=options.previous, follow=options.follow, tail=options.tail
    )
    response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
    async with aclosing(cast("AsyncGenerator[tuple[float, bytes], None]", lines)):
        if options.follow:
            await response.prepare(request)
        try:
            await _copy(request, response, lines, options)
        except NotFoundError as error:
            if not response.prepared:
                msg = str(error)
                raise BadRequestError(msg) from error
        except ReadylbError as error:
            if not response.prepared:
                raise
            await response.write(f"readylb: {error}\n".encode())
    if not response.prepared:
        await response.prepare(request)
    await response.write_eof()
    return response


async def _copy(request: web.Request, response: web.StreamResponse, lines: Lines, options: _Options) -> None:
    left = options.limit
    async for moment, line in lines:
        if moment < options.since:
            continue
        if not response.prepared:
            await response.prepare(request)
        text = _stamped(moment, line) if options.timestamps else line + b"\n"
        if left is not None:
            text, left = text[:left], left - len(text)
        await response.write(text)
        if left is not None and left <= 0:
            return


def _options(request: web.Request, now: float) -> _Options:
    query = request.query
    seconds = whole_number(query, "sinceSeconds")
    return _Options(
        follow=query.get("follow") == _TRUE,
        previous=query.get("previous") == _TRUE,
        timestamps=query.get("timestamps") == _TRUE,
        tail=whole_number(query, "tailLines"),
        since=0.0 if seconds is None else now - seconds,
        limit=whole_number(query, "limitBytes"),
    )


def _check_started(pod: Pod, container: str, *, previous: bool) -> None:
    """Refuse, with kubelet's words, when there is no incarnation whose log could be read."""
    status = pod.container_status(container)
    name = pod.metadata.name
    if previous:
        if status is None or status.last_state.terminated is None:
            msg = f'previous terminated container "{container}" in pod "{name}" not found'
            raise BadRequestError(msg)
        return
    if status is None or not status.container_id:
        waiting = status.state.waiting if status is not None else None
        reason = waiting.reason if waiting is not None and waiting.reason else "ContainerCreating"
        msg = f'container "{container}" in pod "{name}" is waiting to start: {reason}'
        raise BadRequestError(msg)


def _stamped(moment: float, line: bytes) -> bytes:
    """Return the line behind its moment as RFC 3339 with nanoseconds."""
    fraction = int(moment % 1 * 1e9)
    return f"{format_time(moment)[:-1]}.{fraction:09d}Z ".encode() + line + b"\n"
