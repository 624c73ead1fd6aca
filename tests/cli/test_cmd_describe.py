from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.admin.fakes import make_container, make_pod, running, waiting
from tests.admin.live import TOKEN, Live

from readylb.cli.describe_container import describe_pod_containers
from readylb.cli.main import main
from readylb.model import Deployment, Pod, ReplicaSet, Service
from readylb.model.container import (
    Container,
    ContainerPort,
    ContainerState,
    ContainerStateTerminated,
    EnvVar,
    EnvVarSource,
    ObjectFieldSelector,
)
from readylb.model.meta import OwnerReference
from readylb.model.pod import PodPhase
from readylb.model.workload import (
    DeploymentStrategy,
    LabelSelector,
    LabelSelectorRequirement,
    RollingUpdateDeployment,
    WorkloadCondition,
)

Output = pytest.CaptureFixture[str]


def enrich(live: Live) -> None:
    """Add what is rare: crash loops, deletion, several ports, owners, conditions, long annotations."""
    live.keep_deleted_pods()
    store, now = live.world.store, live.world.clock.now()
    crashed = replace(
        waiting("CrashLoopBackOff", restarts=3),
        last_state=ContainerState(
            terminated=ContainerStateTerminated(
                exit_code=1, reason="Error", started_at=now - 20, finished_at=now - 9
            )
        ),
    )
    store.create(make_pod("crashing", now, crashed, annotations={"b": "2", "a": "x" * 150, "c": "one\ntwo"}))
    store.create(make_pod("leaving", now, deletion_timestamp=now + 25, deletion_grace_period_seconds=30))
    done = replace(
        running(now),
        state=ContainerState(
            terminated=ContainerStateTerminated(exit_code=0, signal=9, reason="Completed", message="bye")
        ),
    )
    finished = make_pod("finished", now, done, labels={})
    status = replace(
        finished.status, phase=PodPhase.SUCCEEDED, reason="Why", message="Because", conditions=()
    )
    store.create(replace(finished, status=status))
    first = Container(
        name="first",
        image="one",
        args=("-c", "echo one\necho two"),
        ports=(
            ContainerPort(container_port=1, name="a"),
            ContainerPort(container_port=2, protocol="UDP", host_port=3),
        ),
        env=(
            EnvVar(
                name="NAME",
                value_from=EnvVarSource(field_ref=ObjectFieldSelector(field_path="metadata.name")),
            ),
            EnvVar(name="LONG_NAME_OF_A_VARIABLE", value="a\nb"),
            EnvVar(name="EMPTY"),
        ),
    )
    bare = make_pod("bare", now)
    spec = replace(bare.spec, containers=(first, replace(make_container(), name="second")), node_name="")
    store.create(
        replace(bare, spec=spec, status=replace(bare.status, pod_ip="", pod_ips=(), start_time=None))
    )
    store.update(
        Service,
        "default",
        "readiness-svc",
        lambda item: replace(
            item,
            spec=replace(
                item.spec,
                ports=(
                    replace(item.spec.ports[0], name=""),
                    replace(item.spec.ports[0], node_port=0, target_port="web"),
                ),
                external_ips=("9.9.9.9",),
                load_balancer_source_ranges=("10.0.0.0/8", "192.168.0.0/16"),
            ),
        ),
    )
    deployment = store.get(Deployment, "default", "nodeapp")
    owner = OwnerReference(
        api_version="apps/v1", kind="Deployment", name="nodeapp", uid=deployment.metadata.uid, controller=True
    )
    store.update(
        Deployment,
        "default",
        "nodeapp",
        lambda item: replace(
            item,
            spec=replace(
                item.spec,
                selector=LabelSelector(
                    match_labels={"app": "x"},
                    match_expressions=(LabelSelectorRequirement(key="k", operator="In", values=("b", "a")),),
                ),
                strategy=DeploymentStrategy(rolling_update=RollingUpdateDeployment()),
            ),
            status=replace(
                item.status,
                conditions=(
                    WorkloadCondition(type="Available", status="True", reason="MinimumReplicasAvailable"),
                ),
            ),
        ),
    )
    store.update(
        ReplicaSet,
        "default",
        "nodeapp-5cc89fd495",
        lambda item: replace(
            item,
            metadata=replace(item.metadata, owner_references=(owner,), labels={"app": "x", "k": "a"}),
            spec=replace(item.spec, selector=deployment.spec.selector, template=deployment.spec.template),
        ),
    )


SUBJECTS = (
    "pod/readiness-rc-5v64f",
    "pod/readiness-rc-89d89",
    "pod/crashing",
    "pod/leaving",
    "pod/finished",
    "pod/bare",
    "svc/readiness-svc",
    "rc/readiness-rc",
    "rs/nodeapp-5cc89fd495",
    "deploy/nodeapp",
)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.xdist_group("kubectl")
@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_text_is_kubectl_s_to_the_letter(
    live: Live, capsys: Output, tmp_path: Path, subject: str
) -> None:
    live.call(lambda: enrich(live))
    command = ["kubectl", f"--server=http://{live.address}/token/{TOKEN}", f"--cache-dir={tmp_path}/cache"]

    def theirs() -> str:
        done = subprocess.run(
            [*command, "describe", subject],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            env={"HOME": str(tmp_path)},
        )
        return done.stdout

    def ours() -> str:
        assert main(["describe", subject]) == 0
        return capsys.readouterr().out

    for _ in range(3):  # ages are in whole seconds: one may pass between the two
        if (wanted := theirs()) == (printed := ours()):
            break
    assert printed == wanted


def test_a_pod_shows_probes_states_and_counted_events(live: Live, capsys: Output) -> None:
    assert main(["describe", "pod", "readiness-rc-5v64f"]) == 0
    text = capsys.readouterr().out
    assert (
        "    Liveness:       exec [cat /tmp/healthy] delay=0s timeout=1s period=5s #success=1 #failure=3\n"
        in text
    )
    assert "    Readiness:      http-get http://:8080/readiness delay=5s" in text
    assert (
        "    Startup:        tcp-socket :8080 delay=0s timeout=1s period=10s #success=1 #failure=30\n" in text
    )
    assert "Controlled By:  ReplicationController/readiness-rc\n" in text
    assert "  Type     Reason     Age                 From     Message\n" in text
    assert "(x9 over 4m" in text
    assert text.splitlines()[-1].endswith("Readiness probe failed: HTTP probe failed with statuscode: 500")


def test_a_pod_shows_the_host_ports_that_it_was_given() -> None:
    ports = [{"containerPort": 8080}, {"containerPort": 9090, "hostPort": 9090, "protocol": "TCP"}]
    pod = {
        "metadata": {"name": "web-0"},
        "spec": {"containers": [{"name": "web", "image": "web", "ports": ports}]},
        "status": {"portMappings": [{"containerPort": 8080, "hostPort": 25001}]},
    }
    assert "    Host Ports:\t25001/TCP, 9090/TCP" in describe_pod_containers(pod)


def test_a_crash_loop_shows_both_states(live: Live, capsys: Output) -> None:
    live.call(lambda: enrich(live))
    main(["describe", "pod", "crashing"])
    text = capsys.readouterr().out
    assert "    State:          Waiting\n      Reason:       CrashLoopBackOff\n" in text
    assert "    Last State:     Terminated\n      Reason:       Error\n      Exit Code:    1\n" in text
    assert "    Restart Count:  3\n" in text
    assert text.endswith("Events:                       <none>\n")


def test_a_service_shows_its_ready_endpoints(live: Live, capsys: Output) -> None:
    main(["describe", "svc", "readiness-svc"])
    text = capsys.readouterr().out
    assert "Endpoints:                10.0.0.1:8080\n" in text
    assert "NodePort:                 http  31619/TCP\n" in text


def test_a_workload_shows_the_phases_of_its_pods(live: Live, capsys: Output) -> None:
    live.call(lambda: live.world.store.remove(Pod, "default", "readiness-rc-89d89"))
    main(["describe", "rc/readiness-rc"])
    assert "Pods Status:  1 Running / 0 Waiting / 0 Succeeded / 0 Failed\n" in capsys.readouterr().out


def test_the_beginning_of_a_name_is_enough(live: Live, capsys: Output) -> None:
    assert main(["describe", "pod", "readiness-rc"]) == 0
    text = capsys.readouterr().out
    assert text.count("Name:         readiness-rc-") == 2
    assert "\n\n\nName:         readiness-rc-89d89" in text


def test_what_is_missing_is_named(live: Live, capsys: Output) -> None:
    assert main(["describe", "pod", "nope"]) == 1
    assert capsys.readouterr().err == 'readylb: cannot describe pod nope: pods "nope" not found\n'
    assert main(["describe", "pods", "-n", "other"]) == 0
    assert capsys.readouterr().err == "No resources found in other namespace.\n"


def test_a_type_without_a_description_says_which_have_one(capsys: Output) -> None:
    assert main(["describe", "ep"]) == 2
    assert "it describes: pods, services" in capsys.readouterr().err


def test_a_period_that_a_cluster_does_not_know_is_told_beside_its_own() -> None:
    probe = {"tcpSocket": {"port": 80}, "periodSeconds": 5}
    pod = {
        "metadata": {"annotations": {"readylb.io/probe-period-milliseconds": "250"}},
        "spec": {"containers": [{"name": "c", "readinessProbe": probe, "livenessProbe": probe}]},
    }
    lines = describe_pod_containers(pod)
    numbers = "#success=1 #failure=3"
    period = "period=250ms (5s in a cluster)"
    assert f"    Readiness:\ttcp-socket :80 delay=0s timeout=1s {period} {numbers}" in lines
    assert f"    Liveness:\ttcp-socket :80 delay=0s timeout=1s period=5s {numbers}" in lines


def test_limits_and_requests_are_listed_by_name():
    resources = {"limits": {"memory": "64Mi", "cpu": "500m"}, "requests": {"cpu": "1"}}
    container = {"name": "main", "resources": resources}
    lines = describe_pod_containers({"metadata": {"name": "web"}, "spec": {"containers": [container]}})
    first = lines.index("    Limits:")
    assert lines[first : first + 5] == [
        "    Limits:",
        "      cpu:\t500m",
        "      memory:\t64Mi",
        "    Requests:",
        "      cpu:\t1",
    ]
