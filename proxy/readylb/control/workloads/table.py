"""Every workload controller, for the wiring. A new kind of workload is a line here."""

from __future__ import annotations

from readylb.control.clock import Clock
from readylb.control.controller import Reconciler
from readylb.control.store import Store
from readylb.control.workloads import replica_set, replication_controller
from readylb.control.workloads.deployment import Deployments
from readylb.control.workloads.replication import Recorder, Tools
from readylb.core.names import Rng


def reconcilers(store: Store, clock: Clock, recorder: Recorder, rng: Rng) -> tuple[Reconciler, ...]:
    """Return the reconcilers; each is to be run by `control.controller.run`."""
    tools = Tools(store, clock, recorder, rng)
    return Deployments(tools), replica_set.reconciler(tools), replication_controller.reconciler(tools)
