from __future__ import annotations

from readylb.core.disruption import DISRUPTION_BUDGET, blocking_service
from readylb.core.leads_back import with_leads_back
from readylb.model import Pod, Service
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodCondition, PodPhase, PodStatus
from readylb.model.service import ServiceSpec


def pod(
    name: str, *, ready: bool, phase: PodPhase = PodPhase.RUNNING, budget: str = "", app: str = "web"
) -> Pod:
    return Pod(
        metadata=ObjectMeta(
            name=name,
            uid=name,
            labels={"app": app},
            annotations={DISRUPTION_BUDGET: budget} if budget else {},
        ),
        status=PodStatus(
            phase=phase, conditions=(PodCondition(type="Ready", status="True" if ready else "False"),)
        ),
    )


def service(budget: str = "") -> Service:
    notes = {DISRUPTION_BUDGET: budget} if budget else {}
    return Service(
        metadata=ObjectMeta(name="web", annotations=notes), spec=ServiceSpec(selector={"app": "web"})
    )


LAST = pod("last", ready=True)
FAILING = pod("failing", ready=False)


def test_the_last_ready_pod_waits_while_others_fail() -> None:
    assert blocking_service(LAST, [service()], [LAST, FAILING]) == "web"


def test_nobody_waits_while_another_is_ready() -> None:
    assert blocking_service(LAST, [service()], [LAST, FAILING, pod("other", ready=True)]) == ""


def test_the_only_pod_of_a_service_does_not_wait_for_nobody() -> None:
    others = [pod("done", ready=False, phase=PodPhase.SUCCEEDED), pod("elsewhere", ready=False, app="api")]
    assert blocking_service(LAST, [service()], [LAST, *others]) == ""


def test_a_pod_that_is_not_ready_serves_nobody_and_does_not_wait() -> None:
    assert blocking_service(FAILING, [service()], [FAILING, pod("b", ready=False)]) == ""


def test_kubelets_behaviour_can_be_had_per_service_or_pod() -> None:
    assert blocking_service(LAST, [service("none")], [LAST, FAILING]) == ""
    assert blocking_service(pod("last", ready=True, budget="none"), [service()], [FAILING]) == ""
    assert blocking_service(LAST, [service("last-ready")], [FAILING]) == "web"


def test_a_pod_that_leads_back_to_readylb_is_no_other_ready_pod() -> None:
    circle = pod("circle", ready=True)
    assert blocking_service(LAST, [service()], [LAST, FAILING, circle]) == ""
    circle = with_leads_back(circle, ["web:80"], 1.0)
    assert blocking_service(LAST, [service()], [LAST, FAILING, circle]) == "web"
    assert blocking_service(LAST, [service()], [LAST, circle]) == "", "it will never take over"


def test_a_pod_that_leads_back_to_readylb_serves_nobody_and_does_not_wait() -> None:
    assert blocking_service(with_leads_back(LAST, ["web:80"], 1.0), [service()], [FAILING]) == ""
