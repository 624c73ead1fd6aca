"""Balancing policies by name. Others may be added through the entry point group `readylb.balancers`."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from readylb.core.balancing.policy import Policy
from readylb.errors import ConfigError

POLICIES = {
    "round_robin": "readylb.core.balancing.round_robin:RoundRobin",
}
_GROUP = "readylb.balancers"


def load(name: str) -> Policy:
    """Return a new policy object.

    Raises ConfigError, naming what there is, when no policy has that name.
    """
    found = POLICIES.get(name)
    if found is not None:
        module, _, attribute = found.partition(":")
        policy: Policy = getattr(import_module(module), attribute)()
        return policy
    plugins = entry_points(group=_GROUP)
    if name in plugins.names:
        plugin: Policy = plugins[name].load()()
        return plugin
    known = ", ".join(sorted({*POLICIES, *plugins.names}))
    message = f"cannot balance by {name!r}: there is no such policy (use one of: {known})"
    raise ConfigError(message)
