"""Everything that is odd in a configuration, with its place in the files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from readylb.config.knobs import EXTERNAL
from readylb.config.lint.finding import Findings
from readylb.config.lint.hooks import lint_hooks
from readylb.config.lint.probes import lint_probes
from readylb.config.lint.restarts import lint_restarts
from readylb.config.lint.services import lint_traffic
from readylb.config.manifests import Placed
from readylb.config.nodes import locate
from readylb.config.pod_specs import FoundPodSpec, pod_spec
from readylb.config.problems import Report
from readylb.model import Object, Service

#: What a readylb.yaml has no words for: its probes are the service's own.
_CONTAINER = re.compile(r"^spec\.(?:template\.spec\.)?containers\[0\]\.?")


def lint(placed: Sequence[Placed], report: Report) -> None:
    """Warn of what is odd; nothing is refused for it."""
    services = _by_label(item.item for item in placed if isinstance(item.item, Service))
    for item in placed:
        found = pod_spec(item.item)
        if found is None:
            continue
        namespace, labels = item.item.metadata.namespace, found.metadata.labels
        near = [one for label in labels.items() for one in services.get((namespace, *label), ())]
        native = item.path.startswith("services.")
        for finding in _findings(found, near):
            path = _in_short(item, finding.path) if native else finding.path
            line = locate(item.root, path) if native else item.line(path)
            report.warn(item.file, line, path, finding.message)


def lint_object(item: Object, services: Sequence[Service]) -> Findings:
    """Yield what is odd about one object, beside the Services of its namespace."""
    found = pod_spec(item)
    if found is not None:
        yield from _findings(found, services)


def _by_label(services: Iterable[Service]) -> dict[tuple[str, str, str], list[Service]]:
    """Return the Services by namespace and one label that they select by."""
    found: dict[tuple[str, str, str], list[Service]] = {}
    for item in services:
        for label in sorted(item.spec.selector.items())[:1]:
            found.setdefault((item.metadata.namespace, *label), []).append(item)
    return found


def _findings(found: FoundPodSpec, services: Sequence[Service]) -> Findings:
    grace = found.spec.termination_grace_period_seconds
    for path, container in found.containers:
        if container in found.spec.long_running:
            external = found.spec.runtime_class_name == EXTERNAL
            yield from lint_probes(path, container, external=external)
            yield from lint_hooks(path, container, grace)
    yield from lint_restarts(found)
    yield from lint_traffic(found, services)


def _in_short(item: Placed, path: str) -> str:
    """Return the path as a readylb.yaml has it."""
    return f"{item.path}.{_CONTAINER.sub('', path)}".rstrip(".")
