"""How often a probe is asked: each `periodSeconds`, or more often where an annotation says so.

Kubernetes counts in whole seconds. For readiness alone an annotation of the pod gives a shorter period
in milliseconds; a cluster does not know it and goes by `periodSeconds`.
"""

from __future__ import annotations

from collections.abc import Mapping

from readylb.model.meta import ANNOTATION_PREFIX
from readylb.model.probe import Probe, ProbeKind

#: On pods: the period of readiness probes.
PROBE_PERIOD = ANNOTATION_PREFIX + "probe-period-milliseconds"

#: Below it, probes would be a load of their own: 1,000 endpoints are 20,000 probes a second.
LEAST_MILLISECONDS = 50


def read_probe_period(text: str) -> int:
    """Return milliseconds. ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) < len("1000000")):
        msg = f"must be a whole number of milliseconds, {LEAST_MILLISECONDS} or more"
        raise ValueError(msg)
    if int(text) < LEAST_MILLISECONDS:
        msg = f"must be {LEAST_MILLISECONDS} or more"
        raise ValueError(msg)
    return int(text)


def period_conflict(milliseconds: int, readiness: Probe | None) -> str:
    """Return why such a period makes no sense for that readiness probe, or nothing."""
    if readiness is None:
        return "it is the period of a readinessProbe, and there is none"
    if milliseconds >= readiness.period_seconds * 1000:
        return f"must be less than periodSeconds ({readiness.period_seconds}) of the readinessProbe"
    return ""


def period_seconds(kind: ProbeKind, probe: Probe, annotations: Mapping[str, str]) -> float:
    """Return the seconds from one attempt to the next; what makes no sense is left out of account."""
    text = annotations.get(PROBE_PERIOD, "")
    if kind is not ProbeKind.READINESS or not text:
        return probe.period_seconds
    try:
        milliseconds = read_probe_period(text)
    except ValueError:
        return probe.period_seconds
    return probe.period_seconds if period_conflict(milliseconds, probe) else milliseconds / 1000
