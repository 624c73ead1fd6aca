"""JSON patches: a list of operations on places in a document.

Sources: RFC 6902 (operations), RFC 6901 (pointers). The argument is left alone. ValueError says which
operation cannot be done: then none is.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any


def apply_operations(document: Any, operations: Any) -> Any:
    """Return `document` after all operations."""
    if not isinstance(operations, list):
        msg = "a JSON patch must be a list of operations"
        raise ValueError(msg)  # noqa: TRY004  # a fault in what was sent, not in how this was called
    root = {"": deepcopy(document)}  # so that the whole document has a place too
    for operation in operations:
        name = operation.get("op") if isinstance(operation, dict) else None
        apply = _OPERATIONS.get(name) if isinstance(name, str) else None
        if apply is None:
            msg = f"unexpected operation: {operation}"
            raise ValueError(msg)
        apply(root, operation)
    return root.get("")  # None: the last of them has removed the whole document


def _add(root: Any, operation: dict[str, Any]) -> None:
    _put(root, _pointer(operation, "path"), _value(operation))


def _remove(root: Any, operation: dict[str, Any]) -> None:
    _take(root, _pointer(operation, "path"))


def _replace(root: Any, operation: dict[str, Any]) -> None:
    path = _pointer(operation, "path")
    holder, key = _existing(root, path)
    holder[key] = _value(operation)


def _move(root: Any, operation: dict[str, Any]) -> None:
    source, target = _pointer(operation, "from"), _pointer(operation, "path")
    if len(target) > len(source) and target[: len(source)] == source:
        msg = f"cannot move {operation['from']} into itself"
        raise ValueError(msg)
    _put(root, target, _take(root, source))


def _copy(root: Any, operation: dict[str, Any]) -> None:
    holder, key = _existing(root, _pointer(operation, "from"))
    _put(root, _pointer(operation, "path"), deepcopy(holder[key]))


def _test(root: Any, operation: dict[str, Any]) -> None:
    holder, key = _existing(root, _pointer(operation, "path"))
    if holder[key] != _value(operation):
        msg = f"testing value {operation['path']} failed"
        raise ValueError(msg)


_OPERATIONS: dict[str, Callable[[Any, dict[str, Any]], None]] = {
    "add": _add,
    "copy": _copy,
    "move": _move,
    "remove": _remove,
    "replace": _replace,
    "test": _test,
}


def _value(operation: dict[str, Any]) -> Any:
    if "value" not in operation:
        msg = f"operation {operation['op']} without a value"
        raise ValueError(msg)
    return deepcopy(operation["value"])


def _pointer(operation: dict[str, Any], name: str) -> list[str]:
    """Return the steps of a pointer; the first one, empty, is the root."""
    text = operation.get(name)
    if not isinstance(text, str) or (text and not text.startswith("/")):
        msg = f"operation {operation['op']}: {name} must be a JSON pointer"
        raise ValueError(msg)
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")]


def _existing(root: Any, path: list[str]) -> tuple[Any, Any]:
    """Return what holds the place, and the key or index of the place in it; it must exist."""
    holder = _holder(root, path)
    key = _key(holder, path, beyond=0)
    if isinstance(holder, dict) and key not in holder:
        raise _missing(path)
    return holder, key


def _put(root: Any, path: list[str], value: Any) -> None:
    holder = _holder(root, path)
    if isinstance(holder, list):
        holder.insert(_key(holder, path, beyond=1), value)
    else:
        holder[path[-1]] = value


def _take(root: Any, path: list[str]) -> Any:
    holder, key = _existing(root, path)
    return holder.pop(key)


def _holder(root: Any, path: list[str]) -> Any:
    place = root
    for depth in range(1, len(path)):
        key = _key(place, path[:depth], beyond=0)
        if isinstance(place, dict) and key not in place:
            raise _missing(path)
        place = place[key]
    if not isinstance(place, dict | list):
        raise _missing(path)
    return place


def _key(holder: Any, path: list[str], *, beyond: int) -> Any:
    """Return the last step as a key or an index; `beyond` 1 allows the place behind a list's end."""
    step = path[-1]
    if isinstance(holder, dict):
        return step
    if not isinstance(holder, list):
        raise _missing(path)
    if step == "-" and beyond:
        return len(holder)
    if not (step.isascii() and step.isdecimal()) or int(step) >= len(holder) + beyond:
        raise _missing(path)
    return int(step)


def _missing(path: list[str]) -> ValueError:
    return ValueError(f"there is no {'/'.join(path) or 'document'}")
