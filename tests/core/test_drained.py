from __future__ import annotations

from dataclasses import replace

import pytest

from readylb.core.drained import (
    DRAINED,
    DRAINED_CONDITION,
    Flow,
    drained_conditions,
    drained_word,
    left_alone,
    read_drained,
    with_drained,
)
from readylb.core.leads_back import with_leads_back
from readylb.model import Pod, Service
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodCondition, PodStatus
from readylb.model.service import ServiceSpec

READY = PodCondition(type="Ready", status="True")


def pod(name: str = "a", *conditions: PodCondition, drained: bool = True, app: str = "web") -> Pod:
    notes = {DRAINED: "true"} if drained else {}
    meta = ObjectMeta(name=name, uid=name, labels={"app": app}, annotations=notes)
    return Pod(metadata=meta, status=PodStatus(conditions=(READY, *conditions)))


def service(name: str = "web", app: str = "web") -> Service:
    return Service(metadata=ObjectMeta(name=name), spec=ServiceSpec(selector={"app": app}))


def told(item: Pod, flow: Flow, now: float = 1.0) -> Pod:
    conditions = drained_conditions(item, item.status.conditions, flow, now)
    return replace(item, status=replace(item.status, conditions=conditions))


def test_the_condition_comes_when_nothing_new_is_sent_and_turns_when_the_last_request_ends() -> None:
    item = told(pod(), Flow.OPEN)
    assert item.condition(DRAINED_CONDITION) is None
    assert drained_word(item) == "Draining"
    item = told(item, Flow.ENDING, 2.0)
    found = item.condition(DRAINED_CONDITION)
    assert found is not None
    assert (found.status, found.reason, found.last_transition_time) == ("False", "Draining", 2.0)
    item = told(told(item, Flow.CLOSED, 5.0), Flow.CLOSED, 9.0)
    found = item.condition(DRAINED_CONDITION)
    assert found is not None
    assert (found.status, found.reason, found.last_transition_time) == ("True", "Drained", 5.0)
    assert drained_word(item) == "Drained"


def test_a_pod_that_is_not_drained_has_no_such_condition() -> None:
    item = told(pod(), Flow.CLOSED)
    back = told(replace(item, metadata=replace(item.metadata, annotations={DRAINED: "false"})), Flow.CLOSED)
    assert back.status.conditions == (READY,)
    assert drained_word(back) == ""


def test_another_word_forgets_what_was_true_of_the_last() -> None:
    item = told(pod(), Flow.CLOSED)
    assert with_drained(item, {**item.metadata.annotations, "other": "x"}).status == item.status
    again = with_drained(with_drained(item, {}), {DRAINED: "true"})
    assert again.condition(DRAINED_CONDITION) is None
    assert again.ready, "readiness stays what the probes make of it"


def test_a_service_is_left_alone_when_nobody_else_of_it_may_have_traffic() -> None:
    item = pod(drained=False)
    others = [
        pod("drained"),
        replace(pod("unready", drained=False), status=PodStatus()),
        replace(pod("leaving"), metadata=replace(pod().metadata, uid="leaving", deletion_timestamp=1.0)),
        pod("stranger", drained=False, app="db"),
    ]
    services = [service(), service("api"), service("db", "db")]
    assert left_alone(item, services, [item, *others]) == ("web", "api")
    assert left_alone(item, services, [item, *others, pod("b", drained=False)]) == ()
    assert left_alone(pod(), services, others) == (), "it is drained already"


def test_a_pod_that_leads_back_to_readylb_is_nobody_else_for_that_service() -> None:
    item = pod(drained=False)
    circle = with_leads_back(pod("circle", drained=False), ["web:80"], 1.0)
    services = [service(), service("api")]
    assert left_alone(item, services, [item, circle]) == ("web",)
    assert left_alone(circle, services, [circle]) == ("api",), "web has had nothing of it before"


def test_the_word_is_true_or_false() -> None:
    assert (read_drained("true"), read_drained("false")) == (True, False)
    with pytest.raises(ValueError, match="must be true or false"):
        read_drained("yes")
