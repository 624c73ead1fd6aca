"""What a container runs when there is no container: its argv and its environment.

An image says nothing about a local command, so a mapping stands for the image's ENTRYPOINT. The rest
follows Kubernetes: `command` replaces the ENTRYPOINT, `args` follow it, and `$(VAR)` expands from the
variables that the container declares (third_party/forked/golang/expansion/expand.go), never from the
environment that readylb itself was started in.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container, EnvVar
from readylb.model.meta import ANNOTATION_PREFIX
from readylb.model.pod import PortMapping

#: Maps the image of the pod's containers to a local command; `….NAME` speaks of one container only.
COMMAND_ANNOTATION = ANNOTATION_PREFIX + "command"

_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")
_MAP_FIELD = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the runtime knows about the place a pod runs in. `bind_host` is where it should listen."""

    pod_ip: str = ""
    bind_host: str = ""
    host_ip: str = ""
    port_mappings: tuple[PortMapping, ...] = ()
    temp_dir: str = ""


def resolve(
    container: Container, images: Mapping[str, tuple[str, ...]], annotations: Mapping[str, str]
) -> tuple[str, ...] | None:
    """Return the argv, not yet expanded; None when the image is not mapped and nothing else is given.

    Mappings, strongest first: the annotations of the pod, then `images` by exact image, by image with
    its default tag, by image without tag or digest. ValueError when the annotation is malformed.
    """
    if container.command:
        return container.command + container.args
    mapped = _annotated(container, annotations) or _mapped(container.image, images)
    if mapped:
        return mapped + container.args
    return container.args or None


def split(text: str) -> tuple[str, ...]:
    """Return the words of a command as a person writes it: JSON list, or quoted as for a shell.

    Nothing but the quoting is the shell's: no variables, no globs. ValueError when it is malformed.
    """
    if not text.lstrip().startswith("["):
        return tuple(shlex.split(text))
    words = json.loads(text)
    if not all(isinstance(word, str) for word in words):
        msg = "every element must be a string"
        raise ValueError(msg)
    return tuple(words)


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Replace `$(VAR)` by its value and `$$` by `$`; an unknown or unfinished reference stays as it is."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        return "$" if name is None else environment.get(name, match.group())

    return _REFERENCE.sub(value, text)


def environment(pod: Pod, container: Container, surroundings: Surroundings) -> dict[str, str]:
    """Return the variables that the container declares: readylb's own, then the manifest's, which win.

    RuntimeFailureError when a fieldRef names a field that does not exist.
    """
    variables = own_variables(pod, container, surroundings)
    for item in container.env:
        variables[item.name] = _value(item, pod, variables, surroundings)
    return variables


def own_variables(pod: Pod, container: Container, surroundings: Surroundings) -> dict[str, str]:
    """Return what readylb itself tells every container (README, "Running a pod without containers")."""
    meta = pod.metadata
    variables = {
        "POD_NAME": meta.name,
        "POD_NAMESPACE": meta.namespace,
        "POD_IP": surroundings.pod_ip,
        "HOSTNAME": pod.spec.hostname or meta.name,
        "HOST": surroundings.bind_host,
    }
    bound = {mapping.container_port: mapping.host_port for mapping in surroundings.port_mappings}
    for port in reversed(container.ports):  # so that the first one has the last word on PORT
        number = str(bound.get(port.container_port, port.container_port))
        variables["PORT"] = number
        if port.name:
            variables["PORT_" + port.name.upper().replace("-", "_")] = number
    if surroundings.temp_dir:
        variables["TMPDIR"] = surroundings.temp_dir
    return variables


def field_value(path: str, pod: Pod, surroundings: Surroundings) -> str | None:
    """Return a field of the pod as the downward API does (pkg/fieldpath); None: no such field.

    A label or annotation that the pod does not have is the empty string.
    """
    meta = pod.metadata
    match = _MAP_FIELD.fullmatch(path)
    if match is not None:
        source = meta.labels if match[1] == "labels" else meta.annotations
        return source.get(match[2], "")
    simple = {
        "metadata.name": meta.name,
        "metadata.namespace": meta.namespace,
        "metadata.uid": meta.uid,
        "spec.nodeName": pod.spec.node_name,
        "spec.serviceAccountName": "default",
        "status.hostIP": surroundings.host_ip,
        "status.hostIPs": surroundings.host_ip,
        "status.podIP": surroundings.pod_ip,
        "status.podIPs": surroundings.pod_ip,
    }
    return simple.get(path)


def _annotated(container: Container, annotations: Mapping[str, str]) -> tuple[str, ...]:
    own = annotations.get(f"{COMMAND_ANNOTATION}.{container.name}")
    return split(own or annotations.get(COMMAND_ANNOTATION, ""))


def _mapped(image: str, images: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    plain = image.partition("@")[0]
    head, slash, last = plain.rpartition("/")
    untagged = head + slash + last.partition(":")[0]
    candidates = (image, plain, f"{plain}:latest" if plain == untagged else plain, untagged)
    return next((images[name] for name in candidates if name in images), ())


def _value(item: EnvVar, pod: Pod, variables: Mapping[str, str], surroundings: Surroundings) -> str:
    """Only variables that come earlier can be referred to, as kubelet's makeEnvironmentVariables."""
    if item.value_from is None or item.value_from.field_ref is None:
        return expand(item.value, variables)
    path = item.value_from.field_ref.field_path
    value = field_value(path, pod, surroundings)
    if value is None:
        msg = f"cannot set environment variable {item.name}: no field {path!r} (see the downward API)"
        raise RuntimeFailureError(msg)
    return value
