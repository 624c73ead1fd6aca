"""Whose containers a pod has: ones that we start, or an endpoint that somebody else runs."""

from __future__ import annotations

from readylb.model import Pod
from readylb.model.meta import ANNOTATION_PREFIX

#: `spec.runtimeClassName` of a pod whose endpoint was there before us.
EXTERNAL_RUNTIME = "external"
#: Says where such an endpoint is: HOST:PORT, [ADDRESS]:PORT for IPv6, NAME:PORT, or unix:/PATH.
ENDPOINT_ANNOTATION = ANNOTATION_PREFIX + "endpoint"
#: Says how such an endpoint is restarted.
RESTART_ANNOTATION = ANNOTATION_PREFIX + "restart"


def is_external(pod: Pod) -> bool:
    """Say whether somebody else runs the pod's endpoint."""
    return pod.spec.runtime_class_name == EXTERNAL_RUNTIME


def can_restart(pod: Pod) -> bool:
    """Say whether stopping and starting a container of the pod means anything."""
    return not is_external(pod) or RESTART_ANNOTATION in pod.metadata.annotations
