from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from tests.admin.live import Live
from tests.admin.workloads import create_web

from readylb.cli.main import main
from readylb.control.workloads.replication import owner_reference
from readylb.model import Deployment, ReplicaSet
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodTemplateSpec
from readylb.model.workload import (
    REVISION_ANNOTATION,
    DeploymentStatus,
    ReplicaSetSpec,
    WorkloadCondition,
)

Output = pytest.CaptureFixture[str]
DONE = DeploymentStatus(
    replicas=3, updated_replicas=3, ready_replicas=3, available_replicas=3, observed_generation=9
)


@pytest.fixture(autouse=True)
def web(live: Live) -> Deployment:
    return live.call(lambda: create_web(live.world.store))


def stored(live: Live) -> Deployment:
    return live.call(lambda: live.world.store.get(Deployment, "default", "web"))


def tell(live: Live, status: DeploymentStatus) -> None:
    store = live.world.store
    live.call(lambda: store.update(Deployment, "default", "web", lambda item: replace(item, status=status)))


def test_a_restart_changes_the_template_and_nothing_else(live: Live, web: Deployment, capsys: Output) -> None:
    assert main(["rollout", "restart", "deployment/web"]) == 0
    assert capsys.readouterr().out == "deployment.apps/web restarted\n"
    spec = stored(live).spec
    assert list(spec.template.metadata.annotations) == ["kubectl.kubernetes.io/restartedAt"]
    assert spec.template.spec == web.spec.template.spec


def test_pause_and_resume_say_when_there_is_nothing_to_do(live: Live, capsys: Output) -> None:
    assert main(["rollout", "resume", "deploy", "web"]) == 1
    assert main(["rollout", "pause", "deploy", "web"]) == 0
    assert stored(live).spec.paused
    assert main(["rollout", "pause", "deploy", "web"]) == 1
    assert main(["rollout", "restart", "deploy", "web"]) == 1
    assert main(["rollout", "resume", "deploy", "web"]) == 0
    assert not stored(live).spec.paused
    printed = capsys.readouterr()
    assert printed.out == "deployment.apps/web paused\ndeployment.apps/web resumed\n"
    assert printed.err.splitlines() == [
        "readylb: cannot resume deployment web: it is not paused",
        "readylb: cannot pause deployment web: it is already paused",
        (
            "readylb: cannot restart deployment web: can't restart paused deployment "
            "(run readylb rollout resume deployment/web first)"
        ),
    ]


def test_status_of_a_finished_rollout_ends_at_once(live: Live, capsys: Output) -> None:
    tell(live, DONE)
    assert main(["rollout", "status", "deployment/web"]) == 0
    assert capsys.readouterr().out == 'deployment "web" successfully rolled out\n'


def test_status_follows_a_rollout_to_its_end(live: Live) -> None:
    tell(live, replace(DONE, updated_replicas=1))
    command = [sys.executable, "-m", "readylb", "rollout", "status", "deployment/web", "--timeout=20s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        waiting = 'Waiting for deployment "web" rollout to finish: '
        assert process.stdout.readline() == f"{waiting}1 out of 3 new replicas have been updated...\n"
        tell(live, replace(DONE, replicas=4))
        assert process.stdout.readline() == f"{waiting}1 old replicas are pending termination...\n"
        tell(live, DONE)
        assert process.stdout.read() == 'deployment "web" successfully rolled out\n'
    assert process.returncode == 0


def test_status_without_watch_tells_once(live: Live, capsys: Output) -> None:
    tell(live, replace(DONE, available_replicas=2))
    assert main(["rollout", "status", "deployment/web", "--watch=false"]) == 0
    assert capsys.readouterr().out.endswith("2 of 3 updated replicas are available...\n")


def test_status_fails_when_the_deadline_or_the_patience_is_exceeded(live: Live, capsys: Output) -> None:
    assert main(["rollout", "status", "deployment/web", "--timeout=1s"]) == 1
    overdue = WorkloadCondition(type="Progressing", reason="ProgressDeadlineExceeded")
    tell(live, replace(DONE, conditions=(overdue,)))
    assert main(["rollout", "status", "deployment/web"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("readylb: cannot wait for the rollout any longer: 1s have passed")
    assert 'deployment "web" exceeded its progress deadline' in second


def add_revision(live: Live, web: Deployment, number: int, image: str) -> None:
    """Let there be a ReplicaSet of the Deployment with that image."""
    (container,) = web.spec.template.spec.containers
    pod_spec = replace(web.spec.template.spec, containers=(replace(container, image=image),))
    labels = {"app": "web", "pod-template-hash": f"h{number}"}
    meta = ObjectMeta(
        name=f"web-h{number}",
        annotations={REVISION_ANNOTATION: str(number)},
        owner_references=(owner_reference(web),),
    )
    template = PodTemplateSpec(metadata=ObjectMeta(labels=labels), spec=pod_spec)
    live.call(
        lambda: live.world.store.create(ReplicaSet(metadata=meta, spec=ReplicaSetSpec(template=template)))
    )


def test_undo_brings_the_revision_before_back(live: Live, web: Deployment, capsys: Output) -> None:
    store = live.world.store
    notes = {REVISION_ANNOTATION: "2"}
    live.call(
        lambda: store.update(
            Deployment,
            "default",
            "web",
            lambda item: replace(item, metadata=replace(item.metadata, annotations=notes)),
        )
    )
    add_revision(live, web, 1, "web:0")
    assert main(["rollout", "undo", "deployment/web"]) == 1
    add_revision(live, web, 2, "web:1")
    assert main(["rollout", "history", "deployment/web"]) == 0
    assert main(["rollout", "undo", "deployment/web"]) == 0
    assert stored(live).spec.template.spec.containers[0].image == "web:0"
    assert stored(live).spec.template.metadata.labels == {"app": "web"}
    assert main(["rollout", "undo", "deployment/web", "--to-revision=1"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "deployment.apps/web ",
        "REVISION  CHANGE-CAUSE",
        "1         <none>",
        "2         <none>",
        "",
        "deployment.apps/web rolled back",
        "deployment.apps/web skipped rollback (current template already matches revision 1)",
    ]
    assert printed.err == (
        'readylb: cannot undo deployment web: no rollout history found for deployment "web"\n'
    )


def test_only_deployments_that_exist_roll_out(capsys: Output) -> None:
    assert main(["rollout", "restart", "rc/readiness-rc", "deploy/nope"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("readylb: cannot restart replicationcontroller readiness-rc: only Deployments")
    assert second == 'readylb: cannot restart deployment nope: deployments.apps "nope" not found'


@pytest.mark.parametrize(
    "argv",
    [
        ["redo", "deploy/web"],
        ["undo", "deploy/web", "--to-revision=-1"],
        ["status"],
        ["status", "deploy"],
        ["status", "deploy/web", "--timeout=x"],
    ],
)
def test_an_action_and_an_object_must_be_given(argv: list[str], capsys: Output) -> None:
    assert main(["rollout", *argv]) == 2
    assert capsys.readouterr().err.startswith("readylb: cannot ")
