"""How far a Deployment's rollout is, in kubectl's words.

Source: kubectl/pkg/polymorphichelpers/rollout_status.go (DeploymentStatusViewer).
"""

from __future__ import annotations

from typing import Any

from readylb.errors import ReadylbError


def rollout_status(deployment: dict[str, Any]) -> tuple[str, bool]:
    """Return a sentence, and whether the rollout is done. ReadylbError when it has run out of time."""
    name, spec = deployment["metadata"]["name"], deployment.get("spec", {})
    status = deployment.get("status", {})
    if deployment["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...", False
    if any(_is_overdue(item) for item in status.get("conditions", ())):
        msg = (
            f'cannot finish the rollout: deployment "{name}" exceeded its progress deadline '
            f"(readylb get pods shows which pods are not Ready; readylb describe pod NAME says why)"
        )
        raise ReadylbError(msg)
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    old, available = status.get("replicas", 0) - updated, status.get("availableReplicas", 0)
    waiting = f'Waiting for deployment "{name}" rollout to finish'
    if updated < wanted:
        return f"{waiting}: {updated} out of {wanted} new replicas have been updated...", False
    if old > 0:
        return f"{waiting}: {old} old replicas are pending termination...", False
    if available < updated:
        return f"{waiting}: {available} of {updated} updated replicas are available...", False
    return f'deployment "{name}" successfully rolled out', True


def _is_overdue(condition: dict[str, Any]) -> bool:
    return (condition.get("type"), condition.get("reason")) == ("Progressing", "ProgressDeadlineExceeded")
