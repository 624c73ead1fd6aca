"""The columns of replicationcontrollers, replicasets, deployments and events.

Source: pkg/printers/internalversion/printers.go: printReplicationController, printReplicaSet,
printDeployment, printEvent.
"""

from __future__ import annotations

from collections.abc import Sequence

from readylb.admin.kubernetes.tables import AGE, NAME, NONE, Cell, Column, Layout, age, joined_labels
from readylb.model import Deployment, Event, ReplicaSet, ReplicationController
from readylb.model.pod import PodTemplateSpec
from readylb.model.workload import LabelSelector


def replication_controller_row(item: ReplicationController, now: float) -> Sequence[Cell]:
    """Return the cells of one ReplicationController."""
    return (
        *_replica_cells(item, now),
        *_template_cells(item.spec.template),
        joined_labels(item.spec.selector.items()),
    )


def replica_set_row(item: ReplicaSet, now: float) -> Sequence[Cell]:
    """Return the cells of one ReplicaSet."""
    return (
        *_replica_cells(item, now),
        *_template_cells(item.spec.template),
        format_selector(item.spec.selector),
    )


def deployment_row(item: Deployment, now: float) -> Sequence[Cell]:
    """Return the cells of one Deployment."""
    return (
        item.metadata.name,
        f"{item.status.ready_replicas}/{item.spec.replicas}",
        item.status.updated_replicas,
        item.status.available_replicas,
        age(item.metadata.creation_timestamp, now),
        *_template_cells(item.spec.template),
        format_selector(item.spec.selector),
    )


def event_row(item: Event, now: float) -> Sequence[Cell]:
    """Return the cells of one Event."""
    subject = item.involved_object
    kind = subject.kind.lower()
    source = item.source
    return (
        age(item.last_timestamp, now),
        item.type,
        item.reason,
        f"{kind}/{subject.name}" if subject.name else kind,
        subject.field_path,
        f"{source.component}, {source.host}" if source.host else source.component,
        item.message.strip(),
        age(item.first_timestamp, now),
        item.count,
        item.metadata.name,
    )


def format_selector(selector: LabelSelector) -> str:
    """Return the selector as `get` and `describe` print it (metav1.FormatLabelSelector)."""
    parts = [f"{name}={value}" for name, value in sorted(selector.match_labels.items())]
    for item in selector.match_expressions:
        values = ",".join(sorted(item.values))
        forms = {
            "In": f"{item.key} in ({values})",
            "NotIn": f"{item.key} notin ({values})",
            "Exists": item.key,
            "DoesNotExist": f"!{item.key}",
        }
        parts.append(forms[item.operator])
    return ",".join(parts) or NONE


def _replica_cells(item: ReplicationController | ReplicaSet, now: float) -> Sequence[Cell]:
    return (
        item.metadata.name,
        item.spec.replicas,
        item.status.replicas,
        item.status.ready_replicas,
        age(item.metadata.creation_timestamp, now),
    )


def _template_cells(template: PodTemplateSpec | None) -> Sequence[Cell]:
    containers = template.spec.containers if template is not None else ()
    return ",".join(item.name for item in containers), ",".join(item.image for item in containers)


_TEMPLATE_COLUMNS = (
    Column("Containers", wide=True),
    Column("Images", wide=True),
    Column("Selector", wide=True),
)
_REPLICA_COLUMNS = (
    NAME,
    Column("Desired", type="integer"),
    Column("Current", type="integer"),
    Column("Ready", type="integer"),
    AGE,
    *_TEMPLATE_COLUMNS,
)
REPLICATION_CONTROLLER_LAYOUT = Layout(columns=_REPLICA_COLUMNS, row=replication_controller_row)
REPLICA_SET_LAYOUT = Layout(columns=_REPLICA_COLUMNS, row=replica_set_row)
DEPLOYMENT_LAYOUT = Layout(
    columns=(
        NAME,
        Column("Ready"),
        Column("Up-to-date", type="integer"),
        Column("Available", type="integer"),
        AGE,
        *_TEMPLATE_COLUMNS,
    ),
    row=deployment_row,
)
EVENT_LAYOUT = Layout(
    columns=(
        Column("Last Seen"),
        Column("Type"),
        Column("Reason"),
        Column("Object"),
        Column("Subobject", wide=True),
        Column("Source", wide=True),
        Column("Message"),
        Column("First Seen", wide=True),
        Column("Count", type="integer", wide=True),
        Column("Name", format="name", wide=True),
    ),
    row=event_row,
)
