"""Revisions of a Deployment's rollout, and the way back to one, as kubectl prints and makes them.

Sources: kubectl/pkg/polymorphichelpers/history.go (DeploymentHistoryViewer), rollback.go
(DeploymentRollbacker).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from readylb.cli.describe_workload import describe_template
from readylb.cli.description import NONE, is_controlled_by
from readylb.cli.tabwriter import align
from readylb.core.revisions import CHANGE_CAUSE_ANNOTATION, restored, revision_of
from readylb.errors import ApiError
from readylb.model.workload import POD_TEMPLATE_HASH_LABEL

Document = dict[str, Any]


def revisions(deployment: Document, replica_sets: Iterable[Document]) -> dict[int, Document]:
    """Return the ReplicaSets of a Deployment by their revision, oldest first."""
    uid = deployment["metadata"]["uid"]
    owned = (item for item in replica_sets if is_controlled_by(item, uid))
    numbered = {revision_of(_annotations(item)): item for item in owned}
    return dict(sorted((number, item) for number, item in numbered.items() if number))


def history(known: Mapping[int, Document]) -> str:
    """Return the table of all revisions with their causes."""
    if not known:
        return "No rollout history found."
    rows = [f"{number}\t{_cause(item) or NONE}\n" for number, item in known.items()]
    return align("".join(["REVISION\tCHANGE-CAUSE\n", *rows]))


def revision(known: Mapping[int, Document], number: int) -> str:
    """Return the pod template of one revision. ApiError when there is none of that number."""
    if not known:
        return "No rollout history found."
    if number not in known:
        msg = "unable to find the specified revision"
        raise ApiError(msg)
    template = deepcopy(known[number]["spec"]["template"])
    if cause := _cause(known[number]):
        template["metadata"].setdefault("annotations", {})[CHANGE_CAUSE_ANNOTATION] = cause
    return "\n".join([*describe_template(template), ""])


def chosen(deployment: Document, known: Mapping[int, Document], number: int) -> int:
    """Return the revision to go back to: `number`, or with 0 the last but one.

    ApiError when there is none, or the Deployment is paused.
    """
    name = deployment["metadata"]["name"]
    if number and number not in known:
        msg = f"unable to find specified revision {number} in history"
        raise ApiError(msg)
    if not number and len(known) <= 1:
        msg = f'no rollout history found for deployment "{name}"'
        raise ApiError(msg)
    if deployment["spec"].get("paused"):
        remedy = f"resume it first with 'readylb rollout resume deployment/{name}' and try again"
        msg = f"cannot rollback a paused deployment; {remedy}"
        raise ApiError(msg)
    return number or sorted(known)[-2]


def way_back(deployment: Document, replica_set: Document) -> list[Document]:
    """Return the operations on the Deployment that bring a revision back; none when it is there."""
    template = _plain(replica_set["spec"]["template"])
    if template == _plain(deployment["spec"]["template"]):
        return []
    annotations = restored(_annotations(deployment), _annotations(replica_set))
    return [
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": annotations},
    ]


def _plain(template: Document) -> Document:
    """Return the template without the label by which ReplicaSets are told apart."""
    plain = deepcopy(template)
    plain.get("metadata", {}).get("labels", {}).pop(POD_TEMPLATE_HASH_LABEL, None)
    return plain


def _cause(item: Document) -> str:
    return str(_annotations(item).get(CHANGE_CAUSE_ANNOTATION, ""))


def _annotations(item: Document) -> dict[str, str]:
    found: dict[str, str] = item["metadata"].get("annotations", {})
    return found
