"""Revisions of a Deployment: what its ReplicaSets remember of it, besides the template.

Sources: Kubernetes `pkg/controller/deployment/util/deployment_util.go` (SetNewReplicaSetAnnotations),
`kubectl/pkg/polymorphichelpers/rollback.go` (annotationsToSkip).
"""

from __future__ import annotations

from collections.abc import Mapping

from readylb.model.meta import LAST_APPLIED_ANNOTATION
from readylb.model.workload import REVISION_ANNOTATION, REVISION_HISTORY_ANNOTATION

#: Why a revision was made, in its author's words (`kubectl annotate`).
CHANGE_CAUSE_ANNOTATION = "kubernetes.io/change-cause"

#: What a ReplicaSet does not take over from its Deployment, nor give back to it when that is undone.
OWN_ANNOTATIONS = frozenset(
    {
        LAST_APPLIED_ANNOTATION,
        REVISION_ANNOTATION,
        REVISION_HISTORY_ANNOTATION,
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    }
)


def revision_of(annotations: Mapping[str, str]) -> int:
    """Return the revision that the annotations of a ReplicaSet or Deployment name, 0 for none."""
    text = annotations.get(REVISION_ANNOTATION, "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def remembered(old: Mapping[str, str], deployment: Mapping[str, str], revision: int) -> dict[str, str]:
    """Return the annotations of the ReplicaSet of the present template, which has been given `revision`.

    `old` are those it has, `deployment` those of its Deployment. A ReplicaSet that comes back into use
    keeps the revisions that it had before as its history.
    """
    taken = {name: value for name, value in deployment.items() if name not in OWN_ANNOTATIONS}
    before = revision_of(old)
    annotations = {**old, **taken, REVISION_ANNOTATION: str(max(before, revision))}
    if 0 < before < revision:
        history = (old.get(REVISION_HISTORY_ANNOTATION, ""), str(before))
        annotations[REVISION_HISTORY_ANNOTATION] = ",".join(filter(None, history))
    return annotations


def restored(deployment: Mapping[str, str], replica_set: Mapping[str, str]) -> dict[str, str]:
    """Return the annotations of a Deployment that goes back to the revision of a ReplicaSet."""
    kept = {name: value for name, value in deployment.items() if name in OWN_ANNOTATIONS}
    return {**{name: value for name, value in replica_set.items() if name not in OWN_ANNOTATIONS}, **kept}
