"""The acceptance test: kubectl itself, against a real server."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.admin.live import TOKEN, Live
from tests.admin.workloads import create_web

from readylb.cli.main import main
from readylb.model import Deployment
from readylb.model.workload import DeploymentStatus

pytestmark = [
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
    pytest.mark.xdist_group("kubectl"),
]


class Kubectl:
    def __init__(self, live: Live, home: Path) -> None:
        self._arguments = (
            "kubectl",
            f"--server=http://{live.address}/token/{TOKEN}",
            f"--cache-dir={home}/cache",
        )
        self._environment = {
            "HOME": str(home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "KUBECONFIG": "/dev/null",
        }

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._arguments, *words],
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def __call__(self, *words: str, stdin: str = "") -> str:
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def kubectl(live: Live, tmp_path: Path) -> Kubectl:
    return Kubectl(live, tmp_path)


def first_words(output: str) -> list[str]:
    return [line.split()[0] for line in output.splitlines() if line.strip()]


def test_get_prints_every_resource(kubectl: Kubectl) -> None:
    assert first_words(kubectl("get", "pods")) == ["NAME", "readiness-rc-5v64f", "readiness-rc-89d89"]
    assert "IP" in kubectl("get", "pods", "-o", "wide")
    for resource in ("svc", "ep", "endpointslices", "rc", "rs", "deploy", "ev", "ns"):
        assert kubectl("get", resource).count("\n") >= 2
    names = first_words(kubectl("get", "all", "--no-headers"))
    assert "deployment.apps/nodeapp" in names
    assert kubectl("get", "pods", "-l", "app=readiness", "-o", "name").splitlines() == [
        "pod/readiness-rc-5v64f",
        "pod/readiness-rc-89d89",
    ]


def test_describe_prints_probes_and_counted_events(kubectl: Kubectl) -> None:
    text = kubectl("describe", "pod", "readiness-rc-5v64f")
    assert "http-get http://:8080/readiness delay=5s timeout=1s period=5s #success=1 #failure=3" in text
    assert "(x9 over " in text
    assert "Endpoints:" in kubectl("describe", "svc", "readiness-svc")
    assert "2 Running" in kubectl("describe", "rc", "readiness-rc")


def test_logs_and_events(kubectl: Kubectl) -> None:
    assert kubectl("logs", "readiness-rc-5v64f", "--tail=1") == "line 4\n"
    assert kubectl("logs", "readiness-rc-89d89", "--previous") == "I was here\n"
    assert "Pod/readiness-rc-5v64f" in kubectl("events")


def test_exec_carries_streams_and_the_exit_status(kubectl: Kubectl) -> None:
    assert kubectl("exec", "readiness-rc-5v64f", "--", "echo") == "ran echo tty=False\n"
    assert kubectl("exec", "-i", "readiness-rc-5v64f", "--", "cat", stdin="hello\n") == "hello\n"
    done = kubectl.run("exec", "readiness-rc-5v64f", "--", "exit", "3")
    assert done.returncode == 3


def test_delete_waits_until_the_pod_is_gone(kubectl: Kubectl) -> None:
    assert kubectl("delete", "pod", "readiness-rc-5v64f") == 'pod "readiness-rc-5v64f" deleted\n'
    assert "readiness-rc-5v64f" not in kubectl("get", "pods")
    assert kubectl("delete", "svc", "readiness-svc") == 'service "readiness-svc" deleted\n'
    done = kubectl.run("get", "pods", "nope")
    assert done.stderr == 'Error from server (NotFound): pods "nope" not found\n'


def test_a_wait_is_a_watch(kubectl: Kubectl) -> None:
    assert "condition met" in kubectl(
        "wait", "--for=condition=Ready", "pod/readiness-rc-5v64f", "--timeout=5s"
    )


def test_scale_changes_the_number_of_replicas(kubectl: Kubectl, live: Live) -> None:
    live.call(lambda: create_web(live.world.store))
    assert kubectl("scale", "deployment/web", "--replicas=5") == "deployment.apps/web scaled\n"
    assert kubectl("scale", "deploy/web", "--current-replicas=5", "--replicas=2").endswith(" scaled\n")
    assert live.call(lambda: live.world.store.get(Deployment, "default", "web").spec.replicas) == 2
    done = kubectl.run("scale", "deploy/web", "--current-replicas=5", "--replicas=4")
    assert "Expected replicas to be 5, was 2" in done.stderr
    words = kubectl("scale", "rc/readiness-rc", "--replicas=4")
    assert words == "replicationcontroller/readiness-rc scaled\n"


def test_rollout_restarts_pauses_and_resumes(kubectl: Kubectl, live: Live) -> None:
    store = live.world.store
    live.call(lambda: create_web(store))
    assert kubectl("rollout", "restart", "deployment/web") == "deployment.apps/web restarted\n"
    web = live.call(lambda: store.get(Deployment, "default", "web"))
    assert list(web.spec.template.metadata.annotations) == ["kubectl.kubernetes.io/restartedAt"]
    assert kubectl("rollout", "pause", "deployment/web") == "deployment.apps/web paused\n"
    assert live.call(lambda: store.get(Deployment, "default", "web").spec.paused)
    assert "is already paused" in kubectl.run("rollout", "pause", "deployment/web").stderr
    assert "can't restart paused" in kubectl.run("rollout", "restart", "deployment/web").stderr
    assert kubectl("rollout", "resume", "deployment/web") == "deployment.apps/web resumed\n"
    assert live.call(lambda: store.get(Deployment, "default", "web")).spec == web.spec


def test_rollout_status_waits_until_every_replica_is_new(kubectl: Kubectl, live: Live) -> None:
    store = live.world.store
    live.call(lambda: create_web(store))
    done = kubectl.run("rollout", "status", "deployment/web", "--timeout=1s")
    assert "Waiting for deployment spec update to be observed" in done.stdout
    status = DeploymentStatus(
        replicas=3, updated_replicas=3, ready_replicas=3, available_replicas=3, observed_generation=9
    )
    live.call(lambda: store.update(Deployment, "default", "web", lambda item: replace(item, status=status)))
    assert kubectl("rollout", "status", "deployment/web") == 'deployment "web" successfully rolled out\n'


def test_set_env_and_patch_change_the_template(kubectl: Kubectl, live: Live) -> None:
    store = live.world.store
    live.call(lambda: create_web(store))
    kubectl("set", "env", "deployment/web", "B=2")
    kubectl("patch", "deployment", "web", "-p", '{"spec":{"minReadySeconds":4}}')
    kubectl("label", "deployment", "web", "tier=front")
    web = live.call(lambda: store.get(Deployment, "default", "web"))
    assert [item.name for item in web.spec.template.spec.containers[0].env] == ["A", "B"]
    assert (web.spec.min_ready_seconds, web.metadata.labels["tier"]) == (4, "front")
    done = kubectl.run("patch", "deployment", "web", "-p", '{"spec":{"replicas":-1}}')
    assert 'The Deployment "web" is invalid: spec.replicas: Invalid value: -1' in done.stderr


def test_the_kubeconfig_that_we_print_works(
    live: Live, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["kubeconfig"]) == 0
    file = tmp_path / "config"
    file.write_text(capfd.readouterr().out)
    done = subprocess.run(
        ["kubectl", f"--kubeconfig={file}", f"--cache-dir={tmp_path}/cache", "get", "pods", "-o", "name"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.splitlines() == ["pod/readiness-rc-5v64f", "pod/readiness-rc-89d89"]
