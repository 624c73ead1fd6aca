"""Lists of objects that are known by a key, so that two of them can be merged element by element.

Source: the `patchMergeKey` tags of core/v1. Every other list is replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: The name of a list -> the fields that may identify its elements, the first that all of them have.
MERGE_KEYS = {
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ports": ("containerPort", "port"),  # of a container, of a Service
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}


def merge_key(name: str, *lists: Iterable[Any]) -> str:
    """Return the field by which the elements of the lists called `name` are known; empty if by none."""
    items = [item for each in lists for item in each]
    for key in MERGE_KEYS.get(name, ()):
        if all(isinstance(item, dict) and key in item for item in items):
            return key
    return ""
