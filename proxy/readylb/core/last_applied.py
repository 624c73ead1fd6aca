"""What was said of an object when it was last applied: kept with it, to tell the next time what is gone.

The annotation is kubectl's own and is written as kubectl writes it, so that files given to `up`,
`readylb apply` and `kubectl apply` all know what the others have said.
Source: kubectl/pkg/util/apply.go (GetModifiedConfiguration).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from readylb.core.three_way import three_way
from readylb.model import Object
from readylb.model.meta import LAST_APPLIED_ANNOTATION
from readylb.model.serialization import to_json

T = TypeVar("T", bound=Object)
Document = dict[str, Any]

_AUTHORS = ("name", "generateName", "namespace", "labels", "annotations")


def authored(item: Object) -> Document:
    """Return what an author can say of the object, as a document: defaults and all, no status."""
    document: Document = to_json(item)
    document.pop("status", None)
    _keep_authors(document)
    template = document.get("spec", {}).get("template")
    if isinstance(template, dict):
        _keep_authors(template)
        template.get("metadata", {}).pop("namespace", None)
    return document


def signed(item: T, said: Mapping[str, Any]) -> T:
    """Return the object with the note of what was `said` of it."""
    meta = item.metadata
    metadata = dict(said.get("metadata") or {})
    notes = {name: text for name, text in (metadata.get("annotations") or {}).items() if name != _NOTE}
    metadata |= {"annotations": notes, "namespace": meta.namespace}
    metadata.pop("creationTimestamp", None)  # generators write null
    document = {**said, "apiVersion": item.API_VERSION, "kind": item.KIND, "metadata": metadata}
    document.pop("status", None)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
    changed = replace(meta, annotations={**meta.annotations, _NOTE: text})
    return cast("T", replace(cast("Any", item), metadata=changed))


def said_of(item: Object) -> Document:
    """Return what was said of the object when it was read; without a note, all that it is."""
    return noted(item.metadata.annotations) or authored(item)


def noted(annotations: Mapping[str, str]) -> Document:
    """Return what the note among the annotations says; empty when there is none that can be read."""
    try:
        document = json.loads(annotations.get(_NOTE, ""))
    except (ValueError, RecursionError):  # anybody may write an annotation
        return {}
    return document if isinstance(document, dict) else {}


def applied(item: Object, live: Document) -> Document:
    """Return what the document `live` is to become when `item`, with its note, is applied to it."""
    annotations = live.get("metadata", {}).get("annotations", {})
    merged = three_way(noted(annotations), said_of(item), live)
    note = {name: text for name, text in item.metadata.annotations.items() if name == _NOTE}
    metadata = merged["metadata"]
    return {**merged, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), **note}}}


_NOTE = LAST_APPLIED_ANNOTATION


def _keep_authors(document: Document) -> None:
    metadata = document.get("metadata")
    if isinstance(metadata, dict):
        document["metadata"] = {name: metadata[name] for name in _AUTHORS if name in metadata}
