"""What one container's probes probably do not mean. Defaults have been filled in.

Only what the file itself tells, and only where nearly every author would be glad to hear of it.
"""

from __future__ import annotations

from readylb.config.hints import did_you_mean
from readylb.config.lint.finding import Finding, Findings
from readylb.config.problems import quote
from readylb.model.container import Container, probes_of
from readylb.model.probe import Probe, ProbeKind

#: From here on a liveness probe's delay is a guess at how long a start takes.
LONG_DELAY_SECONDS = 30
#: Longer than this a replica that hangs should not get requests; Kubernetes' defaults make it 30 s.
LONG_EXCLUSION_SECONDS = 60

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_NEVER = {
    ProbeKind.READINESS: "it is never Ready",
    ProbeKind.LIVENESS: "it never restarts anything",
    ProbeKind.STARTUP: "the container never counts as started",
}


def lint_probes(path: str, container: Container, *, external: bool) -> Findings:
    """Yield what is odd about the probes of the container at `path`; `external`: somebody else runs it."""
    for kind, probe in probes_of(container).items():
        below = f"{path}.{kind.lower()}Probe"
        yield from _timeout(below, probe)
        yield from _port(below, container, kind, probe)
        if not external:
            yield from _host(below, probe)
    if container.readiness_probe is not None:
        yield from _exclusion(f"{path}.readinessProbe", container.readiness_probe)
    if container.liveness_probe is not None:
        yield from _liveness(f"{path}.livenessProbe", container, container.liveness_probe)


def handler(probe: Probe) -> object:
    """Return what a probe asks: equal for two that ask the same."""
    return probe.exec, probe.http_get, probe.tcp_socket, probe.grpc


def _timeout(path: str, probe: Probe) -> Findings:
    timeout, period = probe.timeout_seconds, probe.period_seconds
    if timeout >= period and timeout > 1:  # below 1 there is none
        yield Finding(
            f"{path}.timeoutSeconds",
            f"{timeout} s is not less than periodSeconds ({period}): an attempt that hangs delays the next, "
            "so failures are noticed later than the period says (a shorter timeout, or a longer period)",
        )


def _port(path: str, container: Container, kind: ProbeKind, probe: Probe) -> Findings:
    names = [port.name for port in container.ports if port.name]
    for word, action in (("httpGet", probe.http_get), ("tcpSocket", probe.tcp_socket)):
        port = action.port if action is not None else 0
        if isinstance(port, str) and port not in names:
            yield Finding(
                f"{path}.{word}.port",
                f"no port of this container is called {quote(port)}{did_you_mean(port, names)}: every "
                f"attempt is an error, which counts as nothing, so {_NEVER[kind]} (name one of its ports)",
            )


def _host(path: str, probe: Probe) -> Findings:
    for word, action in (("httpGet", probe.http_get), ("tcpSocket", probe.tcp_socket)):
        if action is not None and action.host in _HERE:
            yield Finding(
                f"{path}.{word}.host",
                f"in a cluster {quote(action.host)} is the node, not the pod (leave it out, and the pod is "
                "asked; a Host header goes into httpHeaders)",
            )


def _exclusion(path: str, probe: Probe) -> Findings:
    seconds = probe.period_seconds * probe.failure_threshold
    if seconds > LONG_EXCLUSION_SECONDS:
        yield Finding(
            f"{path}.periodSeconds",
            f"a replica that hangs goes on getting requests for {seconds} s: periodSeconds "
            f"({probe.period_seconds}) x failureThreshold ({probe.failure_threshold}) (ask more often)",
        )


def _liveness(path: str, container: Container, probe: Probe) -> Findings:
    readiness = container.readiness_probe
    if readiness is not None and handler(readiness) == handler(probe):
        yield from _as_strict(path, probe, readiness)
    if container.startup_probe is not None:
        return
    if probe.initial_delay_seconds >= LONG_DELAY_SECONDS:
        yield Finding(
            f"{path}.initialDelaySeconds",
            f"after each start liveness looks away for {probe.initial_delay_seconds} s, however soon it is "
            "up, and a start that takes longer is cut short (a startupProbe waits as long as a start takes)",
        )
    elif readiness is not None and handler(readiness) == handler(probe):
        first = probe.initial_delay_seconds + probe.period_seconds * (probe.failure_threshold - 1)
        if readiness.initial_delay_seconds > first:
            yield Finding(
                f"{path}.initialDelaySeconds",
                f"it may be restarted {first} s after its start, before readiness asks at all "
                f"({readiness.initial_delay_seconds} s) (a startupProbe holds liveness back until it is up)",
            )


def _as_strict(path: str, liveness: Probe, readiness: Probe) -> Findings:
    own, other = (item.period_seconds * item.failure_threshold for item in (liveness, readiness))
    if own <= other:
        when = f"after {own} s, readiness after {other} s" if own < other else f"after {own} s, as readiness"
        yield Finding(
            f"{path}.failureThreshold",
            f"liveness asks the same as readiness and fails {when}: who is only busy is restarted, where a "
            "while without traffic would do (a higher failureThreshold, or another question)",
        )
