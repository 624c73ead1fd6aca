"""One entry for every kind: what the API server would say about an object."""

from __future__ import annotations

from readylb.config.validation import names
from readylb.config.validation.errors import Errors, FieldError
from readylb.config.validation.pods import validate_pod_spec
from readylb.config.validation.services import validate_service
from readylb.config.validation.workloads import (
    validate_deployment,
    validate_replica_set,
    validate_replication_controller,
)
from readylb.model import Deployment, Object, Pod, ReplicaSet, ReplicationController, Service


def validate(item: Object) -> tuple[FieldError, ...]:
    """Return every rule that the object breaks, each once. Defaults have been filled in."""
    meta = names.metadata("metadata", item.metadata, service=isinstance(item, Service))
    return tuple(dict.fromkeys((*meta, *_rules(item))))


def _rules(item: Object) -> Errors:
    if isinstance(item, Service):
        yield from validate_service(item)
    elif isinstance(item, Pod):
        yield from validate_pod_spec("spec", item.spec)
    elif isinstance(item, ReplicationController):
        yield from validate_replication_controller(item)
    elif isinstance(item, ReplicaSet):
        yield from validate_replica_set(item)
    elif isinstance(item, Deployment):
        yield from validate_deployment(item)
