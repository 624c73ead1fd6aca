"""Runs a container's hooks (`pkg/kubelet/lifecycle/handlers.go`)."""

from __future__ import annotations

import asyncio

import aiohttp

from readylb.control.runtimes.runtime import Runtime
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.lifecycle import LifecycleHandler
from readylb.model.probe import HTTPGetAction

#: Kubelet sets no limit of its own: the grace period ends a preStop hook, and a pod's end a postStart one.
_NO_LIMIT_SECONDS = 86400.0
_USER_AGENT = "kube-lifecycle/1.36"


async def run_hook(runtime: Runtime, pod: Pod, container: Container, handler: LifecycleHandler) -> None:
    """Run one hook to its end. RuntimeFailureError or OSError when it fails."""
    if handler.exec is not None:
        result = await runtime.exec_sync(pod, container.name, handler.exec.command, _NO_LIMIT_SECONDS)
        if result.exit_code:
            msg = f"command {' '.join(handler.exec.command)!r} exited with {result.exit_code}"
            raise RuntimeFailureError(msg)
    elif handler.http_get is not None:
        await _get(pod, container, handler.http_get)
    elif handler.sleep is not None:
        await asyncio.sleep(handler.sleep.seconds)
    else:
        msg = "invalid handler"
        raise RuntimeFailureError(msg)


async def _get(pod: Pod, container: Container, action: HTTPGetAction) -> None:
    """GET the URL; any answer will do, whatever its status."""
    headers = {"User-Agent": _USER_AGENT, **{item.name: item.value for item in action.http_headers}}
    connector = aiohttp.TCPConnector(ssl=False, force_close=True)
    timeout = aiohttp.ClientTimeout(total=None)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(_url(pod, container, action), headers=headers),
        ):
            return
    except (aiohttp.ClientError, ValueError) as error:
        raise RuntimeFailureError(str(error)) from error


def _url(pod: Pod, container: Container, action: HTTPGetAction) -> str:
    """Return the URL, at the port that is really bound where it asks the pod itself."""
    declared = {port.name: port.container_port for port in container.ports if port.name}
    port = action.port if isinstance(action.port, int) else declared.get(action.port, 0)
    if not port:
        msg = f"no port {action.port!r}"
        raise RuntimeFailureError(msg)
    host = action.host or pod.status.pod_ip
    if host == pod.status.pod_ip:
        port = pod.bound_port(port)
    name = f"[{host}]" if ":" in host else host
    return f"{action.scheme.lower()}://{name}:{port}/{action.path.removeprefix('/')}"
