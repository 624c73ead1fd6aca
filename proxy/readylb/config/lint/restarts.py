"""Restart hooks that can be run, and never will."""

from __future__ import annotations

from itertools import islice

from readylb.config.knobs import RESTART
from readylb.config.lint.finding import Finding, Findings
from readylb.config.pod_specs import FoundPodSpec


def lint_restarts(found: FoundPodSpec) -> Findings:
    """Yield what is odd about a pod's restart hook."""
    asked = any(item.liveness_probe or item.startup_probe for item in found.spec.long_running)
    if RESTART not in found.metadata.annotations or asked:
        return
    for path, container in islice(found.containers, 1):
        yield Finding(
            f"{path}.livenessProbe",
            f"container {container.name} has neither this nor a startup probe: nothing ever asks for the "
            "restart hook (a liveness probe says who must be restarted)",
        )
