"""`describe` of replicationcontrollers, replicasets and deployments.

Source: k8s.io/kubectl/pkg/describe/describe.go: describeReplicationController, describeReplicaSet,
describeDeployment, DescribePodTemplate, getPodStatusForController.
"""

from __future__ import annotations

from readylb.cli.describe_container import describe_template_containers
from readylb.cli.description import (
    NONE,
    Document,
    Scene,
    controlled_by,
    finish,
    head,
    is_controlled_by,
    labels_and_annotations,
    multiline,
    selector_text,
)
from readylb.cli.intervals import rfc1123
from readylb.core.api_resources import PODS, REPLICA_SETS
from readylb.core.revisions import revision_of


async def describe_replication_controller(scene: Scene) -> str:
    """Return the description of a ReplicationController."""
    labels = scene.item.get("spec", {}).get("selector", {})
    selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items())) or NONE
    return await _replicas(scene, selector)


async def describe_replica_set(scene: Scene) -> str:
    """Return the description of a ReplicaSet."""
    return await _replicas(scene, selector_text(scene.item.get("spec", {}).get("selector")))


async def describe_deployment(scene: Scene) -> str:
    """Return the description of a Deployment."""
    item = scene.item
    spec, status, meta = item.get("spec", {}), item.get("status", {}), item["metadata"]
    lines = [*head(item), f"CreationTimestamp:\t{rfc1123(meta.get('creationTimestamp'))}"]
    lines += labels_and_annotations(item)
    lines.append(f"Selector:\t{selector_text(spec.get('selector'))}")
    counts = (
        ("desired", spec.get("replicas", 1)),
        ("updated", status.get("updatedReplicas", 0)),
        ("total", status.get("replicas", 0)),
        ("available", status.get("availableReplicas", 0)),
        ("unavailable", status.get("unavailableReplicas", 0)),
    )
    lines.append("Replicas:\t" + " | ".join(f"{count} {what}" for what, count in counts))
    strategy = spec.get("strategy", {})
    lines.append(f"StrategyType:\t{strategy.get('type', '')}")
    lines.append(f"MinReadySeconds:\t{spec.get('minReadySeconds', 0)}")
    if rolling := strategy.get("rollingUpdate"):
        unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
        lines.append(f"RollingUpdateStrategy:\t{unavailable} max unavailable, {surge} max surge")
    lines += describe_template(spec.get("template"))
    lines += _conditions(status.get("conditions", []))
    lines += await _replica_sets(scene)
    return finish(lines, await scene.events(), scene.now)


def describe_template(template: Document | None) -> list[str]:
    """Return the lines about a pod template."""
    if template is None:
        return ["Pod Template:", f"  {NONE}"]
    meta = template.get("metadata", {})
    lines = ["Pod Template:", *multiline("  Labels", meta.get("labels", {}))]
    if annotations := meta.get("annotations"):
        lines += multiline("  Annotations", annotations, ": ")
    lines += describe_template_containers(template)
    return [*lines, *(f"  {title}:\t{NONE}" for title in ("Volumes", "Node-Selectors", "Tolerations"))]


async def _replicas(scene: Scene, selector: str) -> str:
    item = scene.item
    spec, status = item.get("spec", {}), item.get("status", {})
    lines = [*head(item), f"Selector:\t{selector}", *labels_and_annotations(item), *controlled_by(item)]
    lines.append(f"Replicas:\t{status.get('replicas', 0)} current / {spec.get('replicas', 1)} desired")
    lines.append(await _pods_status(scene))
    lines += describe_template(spec.get("template"))
    lines += _conditions(status.get("conditions", []))
    return finish(lines, await scene.events(), scene.now)


async def _pods_status(scene: Scene) -> str:
    listed = await scene.client.list(PODS, scene.namespace)
    phases = [
        pod.get("status", {}).get("phase", "")
        for pod in listed["items"]
        if is_controlled_by(pod, scene.item["metadata"]["uid"])
    ]
    shown = (("Running", "Running"), ("Waiting", "Pending"), ("Succeeded", "Succeeded"), ("Failed", "Failed"))
    return "Pods Status:\t" + " / ".join(f"{phases.count(phase)} {word}" for word, phase in shown)


def _conditions(conditions: list[Document]) -> list[str]:
    if not conditions:
        return []
    rows = (f"  {item['type']} \t{item['status']}\t{item.get('reason', '')}" for item in conditions)
    return ["Conditions:", "  Type\tStatus\tReason", "  ----\t------\t------", *rows]


async def _replica_sets(scene: Scene) -> list[str]:
    """Return which ReplicaSets are old and which is new: the one of the newest revision."""
    listed = await scene.client.list(REPLICA_SETS, scene.namespace)
    owned = [item for item in listed["items"] if is_controlled_by(item, scene.item["metadata"]["uid"])]
    if not owned:
        return []
    newest = max(owned, key=_revision)
    old = [item for item in owned if item is not newest and item.get("spec", {}).get("replicas")]
    return [
        f"OldReplicaSets:\t{', '.join(_replica_set(item) for item in old) or NONE}",
        f"NewReplicaSet:\t{_replica_set(newest)}",
    ]


def _revision(item: Document) -> tuple[int, str]:
    meta = item["metadata"]
    return revision_of(meta.get("annotations", {})), meta.get("creationTimestamp", "")


def _replica_set(item: Document) -> str:
    created = item.get("status", {}).get("replicas", 0)
    return f"{item['metadata']['name']} ({created}/{item['spec'].get('replicas', 1)} replicas created)"
