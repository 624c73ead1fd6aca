from __future__ import annotations

from readylb.model import Pod, ProbeStatus, Service
from readylb.model.container import (
    Container,
    ContainerPort,
    ContainerState,
    ContainerStateRunning,
    ContainerStatus,
)
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodIP, PodPhase, PodSpec, PodStatus, PortMapping
from readylb.model.probe import HTTPGetAction, Probe, ProbeResult
from readylb.model.serialization import format_time, to_json
from readylb.model.service import (
    LoadBalancerIngress,
    LoadBalancerStatus,
    ServicePort,
    ServiceSpec,
    ServiceStatus,
)


def test_an_object_begins_with_its_version_and_kind() -> None:
    assert list(to_json(Pod(metadata=ObjectMeta(name="a"))))[:2] == ["apiVersion", "kind"]
    assert to_json(ProbeStatus())["apiVersion"] == "readylb.io/v1"


def test_keys_are_kubernetes_own_also_where_they_are_irregular() -> None:
    status = PodStatus(
        phase=PodPhase.RUNNING,
        pod_ip="127.0.0.1",
        host_ip="127.0.0.1",
        pod_ips=(PodIP(ip="127.0.0.1"),),
        port_mappings=(PortMapping(container_port=8080, host_port=40001),),
    )
    assert to_json(status) == {
        "phase": "Running",
        "hostIP": "127.0.0.1",
        "podIP": "127.0.0.1",
        "podIPs": [{"ip": "127.0.0.1"}],
        "portMappings": [{"containerPort": 8080, "hostPort": 40001}],
    }


def test_empty_things_are_left_out_and_zero_and_false_are_kept() -> None:
    state = ContainerState(running=ContainerStateRunning(started_at=0.0))
    assert to_json(ContainerStatus(name="app", state=state)) == {
        "name": "app",
        "state": {"running": {"startedAt": "1970-01-01T00:00:00Z"}},
        "ready": False,
        "started": False,
        "restartCount": 0,
    }


def test_times_are_rfc_3339_in_whole_seconds() -> None:
    assert format_time(1_700_000_000.999) == "2023-11-14T22:13:20Z"
    meta = to_json(ObjectMeta(name="a", creation_timestamp=1_700_000_000.5))
    assert meta["creationTimestamp"] == "2023-11-14T22:13:20Z"


def test_enumerations_are_their_words() -> None:
    assert to_json(ProbeStatus(result=ProbeResult.FAILURE))["result"] == "failure"


def test_labels_keep_their_own_spelling() -> None:
    labels = {"app_name": "a", "kubernetes.io/service-name": "web"}
    assert to_json(ObjectMeta(name="a", labels=labels))["labels"] == labels


def test_a_probe_reads_as_in_a_manifest() -> None:
    probe = Probe(http_get=HTTPGetAction(path="/readyz", port="http"), period_seconds=5)
    container = Container(
        name="app", ports=(ContainerPort(container_port=8080, name="http"),), readiness_probe=probe
    )
    shown = to_json(PodSpec(containers=(container,)))["containers"][0]
    assert shown["ports"][0]["containerPort"] == 8080
    assert shown["readinessProbe"]["httpGet"]["port"] == "http"
    assert shown["readinessProbe"]["periodSeconds"] == 5


def test_a_service_shows_where_it_can_be_reached() -> None:
    ingress = LoadBalancerStatus(ingress=(LoadBalancerIngress(ip="127.0.0.1"),))
    shown = to_json(
        Service(
            spec=ServiceSpec(cluster_ip="None", ports=(ServicePort(port=80, target_port="http"),)),
            status=ServiceStatus(load_balancer=ingress),
        )
    )
    assert shown["spec"]["clusterIP"] == "None"
    assert shown["spec"]["ports"][0]["targetPort"] == "http"
    assert shown["status"] == {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}
