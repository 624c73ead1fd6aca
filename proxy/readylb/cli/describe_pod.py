"""`describe pod`. Source: k8s.io/kubectl/pkg/describe/describe.go, describePod."""

from __future__ import annotations

from readylb.cli.describe_container import describe_pod_containers
from readylb.cli.description import (
    NONE,
    Document,
    Scene,
    controlled_by,
    finish,
    head,
    labels_and_annotations,
)
from readylb.cli.intervals import rfc1123, since

_FINISHED = ("Succeeded", "Failed")


async def describe_pod(scene: Scene) -> str:
    """Return the description of a pod."""
    pod = scene.item
    spec, status = pod.get("spec", {}), pod.get("status", {})
    lines = head(pod)
    if spec.get("runtimeClassName"):
        lines.append(f"Runtime Class Name:\t{spec['runtimeClassName']}")
    node = f"{spec['nodeName']}/{status.get('hostIP', '')}" if spec.get("nodeName") else NONE
    lines.append(f"Node:\t{node}")
    if status.get("startTime"):
        lines.append(f"Start Time:\t{rfc1123(status['startTime'])}")
    lines += labels_and_annotations(pod)
    lines += _phase(pod, scene.now)
    lines += [f"{title}:\t{status[key]}" for title, key in _REASONS if status.get(key)]
    lines.append(f"IP:\t{status.get('podIP', '')}")
    lines += _addresses(status.get("podIPs", []))
    lines += controlled_by(pod)
    lines += describe_pod_containers(pod)
    lines += _conditions(status.get("conditions", []))
    lines.append(f"Volumes:\t{NONE}")
    if status.get("qosClass"):
        lines.append(f"QoS Class:\t{status['qosClass']}")
    lines += [f"Node-Selectors:\t{NONE}", f"Tolerations:\t{NONE}"]
    return finish(lines, await scene.events(), scene.now)


def _phase(pod: Document, now: float) -> list[str]:
    meta, phase = pod["metadata"], pod.get("status", {}).get("phase", "")
    if "deletionTimestamp" not in meta or phase in _FINISHED:
        return [f"Status:\t{phase}"]
    return [
        f"Status:\tTerminating (lasts {since(meta['deletionTimestamp'], now)})",
        f"Termination Grace Period:\t{meta.get('deletionGracePeriodSeconds', 0)}s",
    ]


def _addresses(addresses: list[Document]) -> list[str]:
    if not addresses:
        return [f"IPs:\t{NONE}"]
    return ["IPs:", *(f"  IP:\t{address.get('ip', '')}" for address in addresses)]


def _conditions(conditions: list[Document]) -> list[str]:
    if not conditions:
        return []
    rows = (f"  {condition['type']} \t{condition['status']} " for condition in conditions)
    return ["Conditions:", "  Type\tStatus", *rows]


_REASONS = (("Reason", "reason"), ("Message", "message"))
