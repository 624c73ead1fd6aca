"""Which container of a pod a request for its log or for exec means.

Source: pkg/registry/core/pod/strategy.go (LogLocation, streamLocation) for the messages.
"""

from __future__ import annotations

from aiohttp import web

from readylb.admin.deps import DEPS
from readylb.admin.kubernetes.status import BadRequestError
from readylb.errors import NotFoundError
from readylb.model import Pod
from readylb.model.container import Container

#: The annotation by which a pod names the container that is meant when none is.
_DEFAULT_CONTAINER_ANNOTATION = "kubectl.kubernetes.io/default-container"


def pod_of(request: web.Request) -> Pod:
    """Return the pod that the path names; NotFoundError."""
    namespace, name = request.match_info["namespace"], request.match_info["name"]
    pod = request.app[DEPS].store.find(Pod, namespace, name)
    if pod is None:
        msg = f'pods "{name}" not found'
        raise NotFoundError(msg)
    return pod


def container_of(request: web.Request, pod: Pod) -> Container:
    """Return the container that the query names, or the only one; BadRequestError says which there are."""
    containers = {item.name: item for item in (*pod.spec.containers, *pod.spec.init_containers)}
    name = request.query.get("container", "") or pod.metadata.annotations.get(
        _DEFAULT_CONTAINER_ANNOTATION, ""
    )
    if not name:
        if len(pod.spec.containers) == 1:
            return pod.spec.containers[0]
        names = " ".join(containers)
        msg = f"a container name must be specified for pod {pod.metadata.name}, choose one of: [{names}]"
        raise BadRequestError(msg)
    if name not in containers:
        msg = f"container {name} is not valid for pod {pod.metadata.name}"
        raise BadRequestError(msg)
    return containers[name]
