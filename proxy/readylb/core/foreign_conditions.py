"""Conditions of a pod that others set: what readiness gates wait for.

Kubelet owns some types and keeps whatever else stands in a pod's status (`pkg/kubelet/status`,
MergePodStatus); the API takes conditions through the subresource `status`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from readylb.core.drained import DRAINED_CONDITION
from readylb.core.leads_back import LEADS_BACK_CONDITION
from readylb.model.pod import PodCondition

#: The types that are concluded here, and nobody else's to say (kubelet/types/pod_status.go, and our own).
OWNED = frozenset(
    {
        "ContainersReady",
        "Initialized",
        "PodReadyToStartContainers",
        "PodScheduled",
        "Ready",
        DRAINED_CONDITION,
        LEADS_BACK_CONDITION,
    }
)
STATUSES = ("False", "True", "Unknown")


def merged(
    before: Sequence[PodCondition], said: Iterable[PodCondition], now: float
) -> tuple[PodCondition, ...]:
    """Return a pod's conditions when others say theirs: all of them, those that are missing are gone.

    `last_transition_time` moves with the status, unless it is said.
    """
    known = {item.type: item for item in before}
    own = tuple(item for item in before if item.type in OWNED)
    others = {item.type: item for item in said if item.type not in OWNED}
    return own + tuple(_dated(item, known.get(item.type), now) for item in others.values())


def usurped(before: Sequence[PodCondition], said: Sequence[PodCondition]) -> tuple[int, ...]:
    """Return the indexes of those that say something else of what is concluded here."""
    known = {item.type: item for item in before}
    return tuple(
        index
        for index, item in enumerate(said)
        if item.type in OWNED
        and ((old := known.get(item.type)) is None or (old.status, old.reason) != (item.status, item.reason))
    )


def _dated(item: PodCondition, old: PodCondition | None, now: float) -> PodCondition:
    if old is not None and old.status == item.status:
        return replace(item, last_transition_time=old.last_transition_time)
    return replace(item, last_transition_time=now)
