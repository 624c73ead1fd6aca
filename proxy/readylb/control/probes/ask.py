"""What a probe is asked of: the container it speaks of, and the means to reach it."""

from __future__ import annotations

from dataclasses import dataclass

from readylb.control.runtimes.runtime import Runtime
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.probe import Probe


@dataclass(frozen=True, slots=True)
class Ask:
    """One attempt of one probe. The pod's status is that of this moment."""

    pod: Pod
    container: Container
    probe: Probe
    runtime: Runtime
