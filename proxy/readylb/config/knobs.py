"""The `readylb.io/` annotations: how an object carries what Kubernetes has no field for."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.metadata import entry_points

from readylb.config.addresses import parse_address
from readylb.config.hints import did_you_mean
from readylb.config.problems import quote
from readylb.config.restart_hooks import read_hook
from readylb.core import traffic
from readylb.core.balancing.table import POLICIES
from readylb.core.container_command import COMMAND_ANNOTATION, split
from readylb.core.disruption import BUDGETS, DISRUPTION_BUDGET
from readylb.core.drained import DRAINED, read_drained
from readylb.core.limits import LIMIT_PREFIX, check_limit
from readylb.core.ownership import ENDPOINT_ANNOTATION
from readylb.core.probe_period import PROBE_PERIOD, period_conflict, read_probe_period
from readylb.model.meta import ANNOTATION_PREFIX
from readylb.model.pod import PodSpec

#: The runtime class of pods whose process somebody else runs.
EXTERNAL = "external"

#: Pods: where an endpoint that readylb did not start is reached, `HOST:PORT`.
ENDPOINT = ENDPOINT_ANNOTATION
#: Pods: how to have such an endpoint restarted, JSON `{"exec": {"command": [...]}}`.
RESTART = ANNOTATION_PREFIX + "restart"
#: Services: the address to listen on.
BIND = ANNOTATION_PREFIX + "bind"
#: Services: how an endpoint is picked.
BALANCER = ANNOTATION_PREFIX + "balancer"
#: Services: addresses or networks whose X-Forwarded-* headers are believed, comma-separated.
TRUSTED_PROXIES = ANNOTATION_PREFIX + "trusted-proxies"

#: Entry points by which others add balancing policies.
_BALANCERS = "readylb.balancers"


def check_annotations(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (annotation, what is wrong with it) for those that are readylb's own."""
    for name, value in annotations.items():
        if not name.startswith(ANNOTATION_PREFIX):
            continue
        check = _command if name.startswith(f"{COMMAND_ANNOTATION}.") else _CHECKS.get(name)
        if name.startswith(LIMIT_PREFIX):
            check = partial(check_limits, name)
        if name in traffic.READERS:
            check = partial(check_traffic, name)
        if check is None:
            known = (*_CHECKS, *traffic.READERS)
            yield name, f'unknown annotation "{name}"{did_you_mean(name, known)}'
        elif wrong := check(value):
            shown = "" if name == RESTART else f"{quote(value)}: "
            yield name, f"Invalid value: {shown}{wrong}"


def is_followed(name: str) -> bool:
    """Say whether a change of the annotation on a pod that runs is followed; others are read at its start."""
    return not name.startswith(ANNOTATION_PREFIX) or name in _FOLLOWED


def check_period(annotations: Mapping[str, str], spec: PodSpec) -> Iterator[tuple[str, str]]:
    """Yield (annotation, what is wrong with it) where it does not go with the probes of the pods."""
    text = annotations.get(PROBE_PERIOD, "")
    if not text or _CHECKS[PROBE_PERIOD](text):
        return
    probes = [item.readiness_probe for item in spec.long_running if item.readiness_probe]
    conflicts = (period_conflict(read_probe_period(text), probe) for probe in probes or (None,))
    if why := next(filter(None, conflicts), ""):
        yield PROBE_PERIOD, f"Invalid value: {quote(text)}: {why}"


def check_networks(text: str) -> str:
    """Return what is wrong with a comma-separated list of addresses and networks, or nothing."""
    for item in text.split(","):
        try:
            ipaddress.ip_network(item.strip(), strict=False)
        except ValueError:
            return f"{quote(item.strip())} is neither an IP address nor a network such as 10.0.0.0/8"
    return ""


def check_balancer(text: str) -> str:
    """Return what is wrong with the name of a balancing policy, or nothing."""
    known = {*POLICIES, *entry_points(group=_BALANCERS).names}
    return "" if text in known else f"there is no such policy: supported values: {_listed(known)}"


def check_limits(name: str, text: str) -> str:
    """Return what is wrong with the value of a limit's annotation, or nothing."""
    try:
        check_limit(name, text)
    except ValueError as error:
        return str(error)
    return ""


def check_traffic(name: str, text: str) -> str:
    """Return what is wrong with the value of an annotation of `core.traffic`, or nothing."""
    try:
        traffic.READERS[name](text)
    except ValueError as error:
        return str(error)
    return ""


def check_bind(text: str) -> str:
    """Return what is wrong with an address to listen on, or nothing."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "must be an IP address of this machine, such as 127.0.0.1 or 0.0.0.0"
    return ""


def _endpoint(text: str) -> str:
    try:
        parse_address(text)
    except ValueError as error:
        return str(error)
    return ""


def _restart(text: str) -> str:
    """Return what is wrong with it. Its own words are not repeated: there may be a secret among them."""
    try:
        read_hook(text)
    except ValueError as error:
        return str(error)
    return ""


def _read(reader: Callable[[str], object], text: str) -> str:
    """Return why it cannot be read, or nothing."""
    try:
        reader(text)
    except ValueError as error:
        return str(error)
    return ""


def _budget(text: str) -> str:
    return "" if text in BUDGETS else f"supported values: {_listed(BUDGETS)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(quote(word) for word in sorted(words))


def _command(text: str) -> str:
    try:
        return "" if split(text) else "must name a command"
    except (ValueError, RecursionError) as error:
        return f"must be a command as for a shell: {error}"


_FOLLOWED = frozenset({DRAINED, DISRUPTION_BUDGET, traffic.WEIGHT})

_CHECKS: Mapping[str, Callable[[str], str]] = {
    COMMAND_ANNOTATION: _command,
    ENDPOINT: _endpoint,
    RESTART: _restart,
    BIND: check_bind,
    BALANCER: check_balancer,
    TRUSTED_PROXIES: check_networks,
    DISRUPTION_BUDGET: _budget,
    DRAINED: partial(_read, read_drained),
    PROBE_PERIOD: partial(_read, read_probe_period),
}
