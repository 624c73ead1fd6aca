"""Restart hooks by name, and which one a pod has. Imported on first use."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from readylb.config.restart_hooks import read_hook
from readylb.control.restarts.hook import RestartHook
from readylb.core.ownership import RESTART_ANNOTATION
from readylb.errors import RuntimeFailureError
from readylb.model import Pod

BUILT_IN = {
    "exec": "readylb.control.restarts.exec_hook:ExecHook",
    "webhook": "readylb.control.restarts.webhook_hook:WebhookHook",
    "docker": "readylb.control.restarts.docker_hook:DockerHook",
    "systemd": "readylb.control.restarts.systemd_hook:SystemdHook",
    "python": "readylb.control.restarts.python_hook:PythonHook",
}

_Factory = Callable[[Any], RestartHook]


def named_hook(pod: Pod) -> tuple[str, RestartHook]:
    """Return the name and the hook of the pod's annotation; RuntimeFailureError when it is wrong."""
    try:
        name, settings = read_hook(pod.metadata.annotations.get(RESTART_ANNOTATION, ""))
    except ValueError as error:
        msg = f'cannot restart pod "{pod.metadata.name}": annotation {RESTART_ANNOTATION}: {error}'
        raise RuntimeFailureError(msg) from error
    module, _, attribute = BUILT_IN[name].partition(":")
    return name, cast("_Factory", getattr(import_module(module), attribute))(settings)
