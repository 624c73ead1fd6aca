"""`readylb check`: say whether manifests or a readylb.yaml are valid, and start nothing."""

from __future__ import annotations

import argparse

from readylb.cli.arguments import add_filename, add_image, add_strict
from readylb.cli.output import complain, write
from readylb.config import quick
from readylb.config.load import load
from readylb.config.pod_specs import FoundPodSpec, pod_spec
from readylb.core.probe_period import period_seconds
from readylb.model import Object, Service
from readylb.model.probe import ProbeKind
from readylb.model.workload import Deployment, ReplicaSet, ReplicationController


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `check` takes."""
    add_filename(parser)
    add_image(parser)
    add_strict(parser)


def run(args: argparse.Namespace) -> int:
    """Print what is valid; warnings go to stderr. ConfigError says what is not."""
    images = dict(quick.parse_image(text) for text in args.image)
    loaded = load(args.filename, strict=args.strict, images=images)
    for problem in loaded.warnings:
        complain(f"{problem.place}: warning: {problem.text}")
    count = len(loaded.objects)
    lines = ["1 object is valid" if count == 1 else f"{count} objects are valid"]
    lines += [f"  {_describe(item)}" for item in loaded.objects]
    write("\n".join(lines))
    return 0


def _describe(item: Object) -> str:
    group = item.API_VERSION.rpartition("/")[0]
    kind = f"{item.KIND}.{group}" if group else item.KIND
    name = f"{kind.lower()}/{item.metadata.name}"
    if item.metadata.namespace != "default":
        name += f" (namespace {item.metadata.namespace})"
    found = pod_spec(item)
    period = "" if found is None else _period(found)
    if isinstance(item, Deployment | ReplicaSet | ReplicationController):
        replicas = f"{item.spec.replicas} replica{'' if item.spec.replicas == 1 else 's'}"
        return f"{name}: {', '.join(filter(None, (replicas, period)))}"
    if isinstance(item, Service):
        ports = ", ".join(f"{port.port} -> {port.target_port}" for port in item.spec.ports)
        return f"{name}: {ports}"
    return f"{name}: {period}" if period else name


def _period(found: FoundPodSpec) -> str:
    """Return how often readiness is asked, where that is not what a cluster would do."""
    for container in found.spec.long_running:
        probe = container.readiness_probe
        if probe is not None:
            seconds = period_seconds(ProbeKind.READINESS, probe, found.metadata.annotations)
            if seconds != probe.period_seconds:
                return f"readiness each {seconds * 1000:.0f} ms (in a cluster each {probe.period_seconds} s)"
    return ""
