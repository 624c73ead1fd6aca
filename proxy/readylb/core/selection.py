"""Which endpoints get traffic: the rule of kube-proxy's `pkg/proxy/topology.go`, Cluster policy.

All that are ready. If there is none at all, those that are serving and terminating. Else nobody:
an endpoint that is not ready and does not terminate never gets traffic (no fail-open).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Conditioned(Protocol):
    """An endpoint's three conditions."""

    @property
    def ready(self) -> bool:
        """May have traffic."""

    @property
    def serving(self) -> bool:
        """Passes its readiness probe, whether it terminates or not."""

    @property
    def terminating(self) -> bool:
        """Is being stopped."""


E = TypeVar("E", bound=Conditioned)


def select(endpoints: Iterable[E]) -> tuple[E, ...]:
    """Return the endpoints that get traffic, in the order given."""
    known = tuple(endpoints)
    ready = tuple(endpoint for endpoint in known if endpoint.ready)
    return ready or tuple(endpoint for endpoint in known if endpoint.serving and endpoint.terminating)
