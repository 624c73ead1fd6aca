"""What a patch may make of a pod: its labels and annotations, of which some are read only at its start.

Source: ValidatePodUpdate in pkg/apis/core/validation; everything else of a pod's spec is fixed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from readylb.config.knobs import check_annotations, is_followed
from readylb.config.validation import names
from readylb.core.drained import with_drained
from readylb.model import Pod
from readylb.model.meta import ObjectMeta

_META = "metadata"
_FREE = ("labels", "annotations")


def problems(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a patch may not do, as (field, message); both are the pod as JSON."""
    return list(dict.fromkeys(_problems(before, after)))


def patched(pod: Pod, after: Mapping[str, Any]) -> Pod:
    """Return the pod with the labels and annotations of `after`, in which there are no problems."""
    meta = after[_META]
    labelled = replace(pod, metadata=replace(pod.metadata, labels=dict(meta.get("labels") or {})))
    return with_drained(labelled, dict(meta.get("annotations") or {}))


def _problems(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if before.get("spec") != after.get("spec"):
        yield "spec", "Forbidden: pod updates may not change fields other than labels and annotations"
    for name in _FREE:
        found = after[_META].get(name) or {}
        if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
            yield f"metadata.{name}", "Invalid value: must be an object of strings"
            return
    labels, annotations = (after[_META].get(name) or {} for name in _FREE)
    meta = ObjectMeta(labels=labels, annotations=annotations)
    yield from ((error.path, error.message) for error in names.metadata(_META, meta, template=True))
    old = before[_META].get("annotations") or {}
    changed = {name: text for name, text in annotations.items() if old.get(name) != text}
    yield from (("metadata.annotations", message) for _, message in check_annotations(changed))
    for name in sorted(changed.keys() | (old.keys() - annotations.keys())):
        if not is_followed(name):
            yield "metadata.annotations", f"Forbidden: {name} is read only when the pod is made"
