"""The block of one container in `describe`: image, ports, state, probes, environment.

Source: k8s.io/kubectl/pkg/describe/describe.go: describeContainers, describeStatus, DescribeProbe.
"""

from __future__ import annotations

import re

from readylb.cli.description import NONE, Document
from readylb.cli.intervals import rfc1123
from readylb.core.probe_period import PROBE_PERIOD

_PROBES = (("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe"))

#: What `describe` calls a list of containers, and where a pod keeps it and its statuses.
_LISTS = (
    ("Init Containers", "initContainers", "initContainerStatuses"),
    ("Containers", "containers", "containerStatuses"),
)


def describe_pod_containers(pod: Document) -> list[str]:
    """Return the lines for all containers of a pod, with how they are going."""
    lines: list[str] = []
    for title, kept, told in _LISTS:
        statuses = {item["name"]: item for item in pod.get("status", {}).get(told, [])}
        containers = pod.get("spec", {}).get(kept, [])
        lines += [f"{title}:"] if containers else []
        for container in containers:
            lines.append(f"  {container['name']}:")
            bound = _bound(container, pod.get("status", {}))
            block = _container(bound, statuses.get(container["name"]), pod["metadata"], _period(pod))
            lines += [f"    {line}" for line in block]
    return lines


def describe_template_containers(template: Document) -> list[str]:
    """Return the lines for all containers of a pod template."""
    lines = ["  Containers:"]
    for container in template.get("spec", {}).get("containers", []):
        lines.append(f"   {container['name']}:")
        lines += [f"    {line}" for line in _container(container, None, None, _period(template))]
    return lines


def describe_probe(probe: Document, milliseconds: str = "") -> str:
    """Return a probe in one line: `http-get http://:8080/healthz delay=3s timeout=1s ...`.

    `milliseconds` is how often it is asked here, where that is not what a cluster would go by.
    """
    period = f"{probe.get('periodSeconds', 10)}s"
    if milliseconds:
        period = f"{milliseconds}ms ({period} in a cluster)"
    numbers = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 1)}s "
        f"period={period} #success={probe.get('successThreshold', 1)} "
        f"#failure={probe.get('failureThreshold', 3)}"
    )
    return f"{_action(probe)} {numbers}"


def _action(probe: Document) -> str:
    if "exec" in probe:
        return f"exec [{' '.join(probe['exec'].get('command', []))}]"
    if "httpGet" in probe:
        get = probe["httpGet"]
        address = f"{get.get('host', '')}:{get['port']}"
        return f"http-get {get.get('scheme', 'HTTP').lower()}://{address}{get.get('path', '')}"
    if "tcpSocket" in probe:
        socket = probe["tcpSocket"]
        return f"tcp-socket {socket.get('host', '')}:{socket['port']}"
    if "grpc" in probe:
        return f"grpc <pod>:{probe['grpc']['port']} {probe['grpc'].get('service', '')}"
    return "unknown"


def _period(pod: Document) -> str:
    """Return how often readiness is asked, in milliseconds, where the pod says so."""
    return str(pod.get("metadata", {}).get("annotations", {}).get(PROBE_PERIOD, ""))


def _container(
    container: Document, status: Document | None, metadata: Document | None, often: str
) -> list[str]:
    lines = []
    if status is not None:
        lines.append(f"Container ID:\t{status.get('containerID', '')}")
    lines.append(f"Image:\t{container.get('image', '')}")
    if status is not None:
        lines.append(f"Image ID:\t{status.get('imageID', '')}")
    lines += _ports(container.get("ports", []))
    for title, name in (("Command", "command"), ("Args", "args")):
        if words := container.get(name):
            lines += [f"{title}:", *(f"  {line}" for word in words for line in word.split("\n"))]
    if status is not None:
        lines += _status(status)
    lines += _resources(container.get("resources", {}))
    for title, name in _PROBES:
        if name in container:
            period = often if title == "Readiness" else ""
            lines.append(f"{title}:\t{describe_probe(container[name], period)}")
    lines += _environment(container.get("env", []), metadata)
    return [*lines, f"Mounts:\t{NONE}"]


def _bound(container: Document, status: Document) -> Document:
    """Return the container with the host ports that readylb gave it: nothing else says where it listens."""
    given = {item["containerPort"]: item["hostPort"] for item in status.get("portMappings", [])}
    ports = [
        {**port, "hostPort": given.get(port["containerPort"], port.get("hostPort", 0))}
        for port in container.get("ports", [])
    ]
    return {**container, "ports": ports}


def _ports(ports: list[Document]) -> list[str]:
    several = "s" if len(ports) > 1 else ""
    inside = ", ".join(f"{port['containerPort']}/{port.get('protocol', 'TCP')}" for port in ports)
    host = ", ".join(f"{port.get('hostPort', 0)}/{port.get('protocol', 'TCP')}" for port in ports)
    return [f"Port{several}:\t{inside or NONE}", f"Host Port{several}:\t{host or NONE}"]


def _status(status: Document) -> list[str]:
    lines = _state("State", status.get("state", {}))
    if "terminated" in status.get("lastState", {}):
        lines += _state("Last State", status["lastState"])
    ready = "True" if status.get("ready") else "False"
    return [*lines, f"Ready:\t{ready}", f"Restart Count:\t{status.get('restartCount', 0)}"]


def _resources(resources: Document) -> list[str]:
    """Return limits and requests, each by name (describeContainerResource)."""
    lines = []
    for title in ("Limits", "Requests"):
        if quantities := resources.get(title.lower()):
            lines += [f"{title}:", *(f"  {name}:\t{value}" for name, value in sorted(quantities.items()))]
    return lines


def _state(title: str, state: Document) -> list[str]:
    if "running" in state:
        return [f"{title}:\tRunning", f"  Started:\t{rfc1123(state['running'].get('startedAt'))}"]
    if "terminated" in state:
        return [f"{title}:\tTerminated", *_terminated(state["terminated"])]
    reason = state.get("waiting", {}).get("reason")
    return [f"{title}:\tWaiting", *([f"  Reason:\t{reason}"] if reason else [])]


def _terminated(state: Document) -> list[str]:
    lines = [f"  {title}:\t{state[key]}" for title, key in _ENDING if state.get(key)]
    lines.append(f"  Exit Code:\t{state.get('exitCode', 0)}")
    if state.get("signal"):
        lines.append(f"  Signal:\t{state['signal']}")
    started, finished = rfc1123(state.get("startedAt")), rfc1123(state.get("finishedAt"))
    return [*lines, f"  Started:\t{started}", f"  Finished:\t{finished}"]


def _environment(variables: list[Document], metadata: Document | None) -> list[str]:
    if not variables:
        return [f"Environment:\t{NONE}"]
    lines = ["Environment:"]
    for variable in variables:
        reference = variable.get("valueFrom", {}).get("fieldRef")
        if reference is not None:
            path = reference["fieldPath"]
            value = _field(metadata or {}, path)
            lines.append(f"  {variable['name']}:\t{value} ({reference.get('apiVersion', 'v1')}:{path})")
            continue
        first, *rest = variable.get("value", "").split("\n")
        lines += [f"  {variable['name']}:\t{first}", *(f"  \t{line}" for line in rest)]
    return lines


def _field(metadata: Document, path: str) -> str:
    """Return a field of the metadata; kubectl resolves no other (fieldpath.ExtractFieldPathAsString)."""
    found = _METADATA_PATH.fullmatch(path)
    if found is None:
        return ""
    value = metadata.get(found["field"], "")
    return str(value.get(found["key"], "")) if isinstance(value, dict) else str(value)


_METADATA_PATH = re.compile(
    r"metadata\.(?P<field>name|namespace|uid|labels|annotations)(\['(?P<key>[^']+)'\])?"
)
_ENDING = (("Reason", "reason"), ("Message", "message"))
