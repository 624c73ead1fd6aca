"""Restart hooks by name. A pod says which in the annotation `readylb.io/restart`, as `{NAME: SETTINGS}`.

Third parties add theirs as entry points of the group `readylb.restarts`: a class that is called with
the settings and raises ValueError when they are wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from readylb.control.restarts.hook import RestartHook
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.meta import ANNOTATION_PREFIX

RESTART_ANNOTATION = ANNOTATION_PREFIX + "restart"

BUILT_IN = {"exec": "readylb.control.restarts.exec_hook:ExecHook"}

ENTRY_POINTS = "readylb.restarts"

_Factory = Callable[[Mapping[str, Any]], RestartHook]


def hook_for(pod: Pod) -> RestartHook | None:
    """Return the pod's restart hook, None when it names none; RuntimeFailureError when it is wrong."""
    text = pod.metadata.annotations.get(RESTART_ANNOTATION)
    if text is None:
        return None
    try:
        return _make(json.loads(text))
    except ValueError as error:
        msg = f'cannot restart pod "{pod.metadata.name}": annotation {RESTART_ANNOTATION}: {error}'
        raise RuntimeFailureError(msg) from error


def _make(value: Any) -> RestartHook:
    if not isinstance(value, dict) or len(value) != 1:
        msg = 'must be one hook, such as {"exec": {"command": [...]}}'
        raise ValueError(msg)
    ((name, settings),) = value.items()
    if not isinstance(settings, dict):
        msg = f"{name} must be an object"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for whatever is wrong with the annotation
    return _factory(name)(settings)


def _factory(name: str) -> _Factory:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return cast("_Factory", getattr(import_module(module), attribute))
    found = entry_points(group=ENTRY_POINTS)
    if name in found.names:
        return cast("_Factory", found[name].load())
    msg = f"no restart hook is called {name!r} (known: {', '.join(sorted({*BUILT_IN, *found.names}))})"
    raise ValueError(msg)
