"""The merge of `apply`: what an author says now, what was said before, and what the object has become.

What is said now wins. What was said before and is no more is removed. The rest is others' and stays:
defaults, what a controller has assigned, replicas that somebody has scaled.
Source: kubectl's `apply` (apimachinery/pkg/util/strategicpatch, CreateThreeWayMergePatch).
"""

from __future__ import annotations

from typing import Any

from readylb.core.merge_keys import merge_key

Document = dict[str, Any]

#: Objects of which only the fields that are said stay (patchStrategy `retainKeys`): one kind of a thing.
_RETAINED = frozenset({"strategy"})


def three_way(last: Document, said: Document, live: Document) -> Document:
    """Return the document that `live` is to become. The arguments are left alone."""
    merged = {name: value for name, value in live.items() if name not in last or said.get(name) is not None}
    for name, value in said.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _field(name, last.get(name), value, live.get(name))
    return merged


def _field(name: str, last: Any, said: Any, live: Any) -> Any:
    if isinstance(said, dict):
        known = live if isinstance(live, dict) else {}
        if name in _RETAINED:
            known = {key: value for key, value in known.items() if key in said}
        return three_way(last if isinstance(last, dict) else {}, said, known)
    if isinstance(said, list) and isinstance(live, list):
        return _list(name, last if isinstance(last, list) else [], said, live)
    return said


def _list(name: str, last: list[Any], said: list[Any], live: list[Any]) -> list[Any]:
    """Return the elements in the order in which they are said, those of others behind them."""
    key = merge_key(name, said, live)
    now = {item[key]: item for item in live} if key else {}
    if not key or len(now) < len(live) or len({item[key] for item in said}) < len(said):
        return said  # not known by a key, or two elements have the same
    # What was said before is only a note, which anybody may have written.
    before = {
        item[key]: item for item in last if isinstance(item, dict) and isinstance(item.get(key), str | int)
    }
    wanted = {item[key] for item in said}
    merged = [three_way(before.get(item[key], {}), item, now.get(item[key], {})) for item in said]
    return merged + [item for item in live if item[key] not in wanted and item[key] not in before]
