"""Balancing policies by name. Others may be added through the entry point group `readylb.balancers`."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from readylb.core.balancing.policy import Policy, Rng
from readylb.errors import ConfigError

POLICIES = {
    "round_robin": "readylb.core.balancing.round_robin:RoundRobin",
    "least_request": "readylb.core.balancing.least_request:LeastRequest",
    "random_two": "readylb.core.balancing.random_two:RandomTwo",
    "ring_hash": "readylb.core.balancing.ring_hash:RingHash",
}
_GROUP = "readylb.balancers"


def check(name: str) -> None:
    """Raise ConfigError, naming what there is, when no policy has that name."""
    if name in POLICIES:
        return
    known = {*POLICIES, *entry_points(group=_GROUP).names}
    if name not in known:
        message = (
            f"cannot balance by {name!r}: there is no such policy (use one of: {', '.join(sorted(known))})"
        )
        raise ConfigError(message)


def load(name: str, rng: Rng) -> Policy:
    """Return a new policy object, which draws from `rng`. ConfigError as `check`."""
    check(name)
    found = POLICIES.get(name)
    if found is not None:
        module, _, attribute = found.partition(":")
        policy: Policy = getattr(import_module(module), attribute)(rng)
        return policy
    plugin: Policy = entry_points(group=_GROUP)[name].load()(rng)
    return plugin
