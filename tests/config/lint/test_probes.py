from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from readylb.config.lint.probes import lint_probes
from readylb.model.container import Container, ContainerPort
from readylb.model.probe import ExecAction, GRPCAction, HTTPGetAction, Probe, TCPSocketAction

HTTP = HTTPGetAction(path="/healthz", port=8080)
PORTS = (ContainerPort(container_port=8080, name="http"),)


def asking(action: HTTPGetAction | None = HTTP, **times: Any) -> Probe:
    return Probe(http_get=action, **times)


def told(*, external: bool = False, **probes: Probe) -> dict[str, str]:
    container = Container(name="c", ports=PORTS, **{f"{kind}_probe": probe for kind, probe in probes.items()})
    return {item.path: item.message for item in lint_probes("c", container, external=external)}


def test_kubernetes_defaults_are_fine() -> None:
    assert told(readiness=asking(), startup=asking()) == {}
    assert told(liveness=asking(), readiness=asking(replace(HTTP, path="/readyz"))) == {}
    assert told(liveness=asking(failure_threshold=6), readiness=asking()) == {}
    assert (
        told(readiness=Probe(grpc=GRPCAction(port=9)), liveness=Probe(exec=ExecAction(command=("x",)))) == {}
    )


def test_a_timeout_that_is_no_shorter_than_the_period_is_told() -> None:
    found = told(readiness=asking(timeout_seconds=5, period_seconds=5))
    assert found == {
        "c.readinessProbe.timeoutSeconds": (
            "5 s is not less than periodSeconds (5): an attempt that hangs delays the next, so failures are "
            "noticed later than the period says (a shorter timeout, or a longer period)"
        )
    }
    assert told(readiness=asking(timeout_seconds=1, period_seconds=1)) == {}, "there is no shorter one"


@pytest.mark.parametrize(
    ("threshold", "words"), [(3, "after 30 s, as readiness"), (2, "after 20 s, readiness")]
)
def test_liveness_as_strict_as_readiness_is_told_where_both_ask_the_same(threshold: int, words: str) -> None:
    found = told(liveness=asking(failure_threshold=threshold), readiness=asking())
    assert list(found) == ["c.livenessProbe.failureThreshold"]
    assert words in found["c.livenessProbe.failureThreshold"]


def test_a_long_delay_is_told_where_a_startup_probe_would_know() -> None:
    slow = asking(initial_delay_seconds=60)
    assert "looks away for 60 s" in told(liveness=slow)["c.livenessProbe.initialDelaySeconds"]
    assert told(liveness=slow, startup=asking()) == {}
    assert told(liveness=asking(initial_delay_seconds=29)) == {}


def test_a_restart_that_comes_before_readiness_asks_is_told() -> None:
    early = asking(initial_delay_seconds=3, period_seconds=3, failure_threshold=4)
    late = asking(initial_delay_seconds=60, period_seconds=1)
    (message,) = told(liveness=early, readiness=late).values()
    assert message.startswith("it may be restarted 12 s after its start, before readiness asks at all (60 s)")
    assert told(liveness=early, readiness=late, startup=asking()) == {}


def test_an_exclusion_that_takes_long_is_told() -> None:
    (message,) = told(readiness=asking(period_seconds=30)).values()
    assert message.startswith("a replica that hangs goes on getting requests for 90 s: periodSeconds (30) x ")
    assert told(readiness=asking(period_seconds=20)) == {}
    assert told(liveness=asking(period_seconds=60)) == {}


def test_a_port_that_nobody_called_so_is_told_with_what_follows() -> None:
    found = told(
        readiness=asking(replace(HTTP, port="htp")),
        liveness=Probe(tcp_socket=TCPSocketAction(port="metrics")),
        startup=asking(replace(HTTP, port="http")),
    )
    assert found["c.readinessProbe.httpGet.port"].startswith(
        'no port of this container is called "htp" (did you mean "http"?): every attempt is an error'
    )
    assert "so it is never Ready" in found["c.readinessProbe.httpGet.port"]
    assert "so it never restarts anything" in found["c.livenessProbe.tcpSocket.port"]
    assert len(found) == 2


def test_localhost_is_the_node_but_for_endpoints_that_run_already() -> None:
    local = asking(replace(HTTP, host="localhost"))
    (message,) = told(readiness=local).values()
    assert message.startswith('in a cluster "localhost" is the node, not the pod')
    assert told(readiness=local, external=True) == {}
    assert told(readiness=asking(replace(HTTP, host="example.org"))) == {}
