"""What the store holds, as metrics: read at scrape time, so nothing is kept and nothing goes stale."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.registry import Collector

from readylb.model import EndpointSlice, Pod, Service
from readylb.model.endpoint_slice import SERVICE_NAME_LABEL, EndpointConditions
from readylb.telemetry import metric_table as table
from readylb.telemetry.families import Family, Sample, numbers
from readylb.telemetry.traffic import labels_of

STATES = ("ready", "unready", "terminating", "drained")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to read the objects; each is called at every scrape."""

    pods: Callable[[], Iterable[Pod]] = tuple
    services: Callable[[], Iterable[Service]] = tuple
    slices: Callable[[], Iterable[EndpointSlice]] = tuple
    #: Service ports as `NAMESPACE/SERVICE:PORT`, and whether every worker follows their newest endpoints.
    in_force: Callable[[], Iterable[tuple[str, bool]]] = tuple


class State(Collector):
    """Endpoints per Service, whether they are in force, and restarts per container."""

    def __init__(self) -> None:
        """See nothing until `sources` is set."""
        self.sources = Sources()

    def collect(self) -> Iterator[Family]:
        """Yield the families."""
        yield numbers(table.ENDPOINTS, self._endpoints())
        in_force = ((labels_of(key), float(followed)) for key, followed in self.sources.in_force())
        yield numbers(table.ENDPOINTS_IN_FORCE, in_force)
        yield numbers(table.CONTAINER_RESTARTS, self._restarts())

    def services(self) -> Iterable[tuple[str, str]]:
        """Return (namespace, name) of each Service."""
        return [(item.metadata.namespace, item.metadata.name) for item in self.sources.services()]

    def _endpoints(self) -> Iterator[Sample]:
        counts = {(*service, state): 0 for service in self.services() for state in STATES}
        for item in self.sources.slices():
            service = item.metadata.namespace, item.metadata.labels.get(SERVICE_NAME_LABEL, "")
            for endpoint in item.endpoints:
                key = (*service, _state(endpoint.conditions))
                counts[key] = counts.get(key, 0) + 1
        yield from counts.items()

    def _restarts(self) -> Iterator[Sample]:
        for pod in self.sources.pods():
            for status in pod.status.container_statuses:
                yield (pod.metadata.namespace, pod.metadata.name, status.name), status.restart_count


def _state(conditions: EndpointConditions) -> str:
    if conditions.terminating:
        return "terminating"
    if conditions.ready:
        return "ready"
    return "drained" if conditions.serving else "unready"
