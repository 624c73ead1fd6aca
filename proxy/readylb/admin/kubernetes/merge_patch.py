"""Merge patches: RFC 7396, and Kubernetes' strategic ones, which know how lists of objects merge.

Source: apimachinery/pkg/util/strategicpatch (patch.go).
Both leave their arguments alone. ValueError says what in a patch cannot be understood.
"""

from __future__ import annotations

from typing import Any

from readylb.core.merge_keys import MERGE_KEYS, merge_key

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE_VALUES = "$deleteFromPrimitiveList/"


def merge(document: Any, patch: Any) -> Any:
    """Return `document` with `patch` merged into it: null removes, objects merge, the rest replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def merge_strategically(document: Any, patch: Any) -> Any:
    """Return `document` with `patch` merged into it, lists of known objects element by element."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    directive = patch.get(_DIRECTIVE, "merge")
    if directive in {"replace", "delete"}:
        merged = {}
    elif directive != "merge":
        msg = f"Unknown patch type found: {directive}"
        raise ValueError(msg)
    if directive == "delete":
        return merged
    if _RETAIN in patch:
        merged = {name: value for name, value in merged.items() if name in _list(patch, _RETAIN)}
    for name, value in patch.items():
        if not name.startswith("$"):
            _merge_field(merged, name, value)
    for name in patch:
        _obey(merged, name, patch)
    return merged


def _merge_field(merged: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        merged.pop(name, None)
    elif isinstance(value, list) and name in MERGE_KEYS:
        merged[name] = _merge_list(merged.get(name), value, _key(name, value))
    else:
        merged[name] = merge_strategically(merged.get(name), value)


def _key(name: str, patch: list[Any]) -> str:
    """Return by what the elements are known; a directive about the whole list has no key."""
    return merge_key(name, [item for item in patch if item != {_DIRECTIVE: "replace"}]) or MERGE_KEYS[name][0]


def _merge_list(before: Any, patch: list[Any], key: str) -> list[Any]:
    if any(isinstance(item, dict) and item.get(_DIRECTIVE) == "replace" for item in patch):
        return [item for item in patch if not (isinstance(item, dict) and _DIRECTIVE in item)]
    merged = list(before) if isinstance(before, list) else []
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            msg = f"map: {item} does not contain declared merge key: {key}"
            raise ValueError(msg)
        at = _position(merged, key, item[key])
        if item.get(_DIRECTIVE) == "delete":
            merged = merged[:at] + merged[at + 1 :]
        else:
            old = merged[at] if at < len(merged) else {}
            merged[at : at + 1] = [merge_strategically(old, item)]
    return merged


def _position(items: list[Any], key: str, value: Any) -> int:
    """Return where the element with that key is, or would be appended."""
    found = (at for at, item in enumerate(items) if isinstance(item, dict) and item.get(key) == value)
    return next(found, len(items))


def _obey(merged: dict[str, Any], directive: str, patch: dict[str, Any]) -> None:
    if directive in {_DIRECTIVE, _RETAIN} or not directive.startswith("$"):
        return
    name = directive.partition("/")[2]
    values, current = _list(patch, directive), merged.get(name)
    if directive.startswith(_ORDER):
        if isinstance(current, list):
            merged[name] = _ordered(current, values, merge_key(name, current))
    elif directive.startswith(_DELETE_VALUES):
        if isinstance(current, list):
            merged[name] = [item for item in current if item not in values]
    else:
        msg = f"unknown directive: {directive}"
        raise ValueError(msg)


def _ordered(items: list[Any], order: list[Any], key: str) -> list[Any]:
    """Return the elements in the wanted order, those that it does not name behind."""

    def identity(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    wanted = [identity(item) for item in order]

    def rank(item: Any) -> int:
        known = identity(item)
        return wanted.index(known) if known in wanted else len(wanted)

    return sorted(items, key=rank)


def _list(patch: dict[str, Any], name: str) -> list[Any]:
    found = patch[name]
    if not isinstance(found, list):
        msg = f"{name} must be a list"
        raise ValueError(msg)  # noqa: TRY004  # a fault in what was sent, not in how this was called
    return found
