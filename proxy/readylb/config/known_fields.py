"""Fields of Kubernetes that have no place in the model, per type, and what becomes of each.

Silent: says nothing about how a local process runs, or the API server fills it in itself. Warning:
leaving it out is harmless to who is served and when. Refused: leaving it out would change that.
"""

from __future__ import annotations

from typing import Any

from readylb.config.decode import Known, Verdict
from readylb.model import Deployment, Pod, ReplicaSet, ReplicationController, Service
from readylb.model.container import Container, EnvVarSource, ResourceRequirements
from readylb.model.lifecycle import Lifecycle
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec
from readylb.model.service import ServiceSpec

_LOCAL = "ignored: containers run as local processes"
_HERE = "ignored: every pod runs on this machine"


def _silent(*keys: str) -> dict[str, Known]:
    return dict.fromkeys(keys, Known(Verdict.SILENT))


def _warn(reason: str, *keys: str) -> dict[str, Known]:
    return dict.fromkeys(keys, Known(Verdict.WARN, reason))


def _refuse(reason: str, *keys: str) -> dict[str, Known]:
    return dict.fromkeys(keys, Known(Verdict.REFUSE, f"not supported yet: {reason}"))


_STATUS = _silent("status")

KNOWN: dict[type[Any], dict[str, Known]] = {
    **dict.fromkeys((Pod, ReplicationController, ReplicaSet, Deployment, Service), _STATUS),
    ObjectMeta: {
        **_silent(
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "managedFields",
            "selfLink",
            "finalizers",
            "clusterName",
        ),
        **_warn("ignored: an owner is set by the controller that made the object", "ownerReferences"),
    },
    PodSpec: {
        **_silent(
            "schedulerName",
            "priority",
            "preemptionPolicy",
            "enableServiceLinks",
            "imagePullSecrets",
            "dnsConfig",
        ),
        **_warn(f"{_LOCAL} and see this machine's own files", "volumes"),
        **_warn(
            f"{_LOCAL} of the user who started readylb",
            "securityContext",
            "serviceAccountName",
            "serviceAccount",
            "automountServiceAccountToken",
            "hostUsers",
        ),
        **_warn(
            _HERE,
            "nodeName",
            "nodeSelector",
            "tolerations",
            "affinity",
            "topologySpreadConstraints",
            "priorityClassName",
            "os",
        ),
        **_warn(_LOCAL, "resources", "overhead", "resourceClaims", "subdomain", "setHostnameAsFQDN"),
        **_warn(
            "ignored: what pods share with this machine is said by --isolation",
            "hostNetwork",
            "hostPID",
            "hostIPC",
            "shareProcessNamespace",
        ),
        **_warn("ignored: pods look names up as this machine does", "hostAliases"),
        **_refuse("the pod would start in spite of them", "schedulingGates"),
        **_refuse("the pod would not be ended in time", "activeDeadlineSeconds"),
        "ephemeralContainers": Known(
            Verdict.REFUSE, "Forbidden: cannot be set on create (use `readylb exec` to look inside)"
        ),
    },
    Container: {
        **_silent("resizePolicy"),
        **_warn(f"{_LOCAL} of the user who started readylb", "securityContext"),
        **_warn(f"{_LOCAL} and see this machine's own files", "volumeMounts", "volumeDevices"),
        **_warn("ignored: a container has no terminal and no standard input", "stdin", "stdinOnce", "tty"),
        **_refuse("the container would run without these variables (list them in env)", "envFrom"),
    },
    ResourceRequirements: _warn("ignored: there are no devices to claim", "claims"),
    Lifecycle: _refuse("SIGTERM is what stops a container", "stopSignal"),
    EnvVarSource: _refuse(
        "only fieldRef is (write the value itself, or set it with a fieldRef)",
        "configMapKeyRef",
        "secretKeyRef",
        "resourceFieldRef",
        "fileKeyRef",
    ),
    ServiceSpec: {
        **_silent("healthCheckNodePort", "loadBalancerClass", "trafficDistribution"),
        **_warn("ignored: say where to listen with --bind", "loadBalancerIP"),
        **_silent("externalName"),  # its type, ExternalName, is refused
    },
}
