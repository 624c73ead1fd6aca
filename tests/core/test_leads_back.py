from __future__ import annotations

from readylb.core.leads_back import LEADS_BACK_CONDITION, leads_back_to, leads_back_word, with_leads_back
from readylb.model import Pod
from readylb.model.pod import PodCondition, PodStatus

READY = PodCondition(type="Ready", status="True")
POD = Pod(status=PodStatus(conditions=(READY,)))


def test_the_condition_names_the_services_that_send_nothing() -> None:
    pod = with_leads_back(POD, ["web:80", "api:81"], 5.0)
    found = pod.condition(LEADS_BACK_CONDITION)
    assert found is not None
    assert (found.status, found.reason, found.last_transition_time) == ("True", "LeadsBack", 5.0)
    assert found.message == (
        "readylb itself listens at its address: no requests of service/api:81, service/web:80"
    )
    assert pod.condition("Ready") == READY
    assert leads_back_word(pod) == "LeadsBack"


def test_it_keeps_its_time_while_it_holds_and_goes_when_no_service_is_left() -> None:
    pod = with_leads_back(with_leads_back(POD, ["web:80", "api:81"], 5.0), ["web:80"], 9.0)
    found = pod.condition(LEADS_BACK_CONDITION)
    assert found is not None
    assert found.last_transition_time == 5.0
    assert found.message.endswith("no requests of service/web:80")
    assert with_leads_back(pod, ["web:80"], 12.0) is pod
    assert with_leads_back(pod, [], 12.0) == POD


def test_others_are_left_as_they_are() -> None:
    assert with_leads_back(POD, [], 5.0) is POD
    assert leads_back_word(POD) == ""


def test_it_is_no_help_to_the_services_that_it_leads_back_to_and_to_no_others() -> None:
    pod = with_leads_back(POD, ["web:80", "web:https", "api-2:81"], 5.0)
    assert [leads_back_to(pod, name) for name in ("web", "api-2")] == [True, True]
    assert [leads_back_to(pod, name) for name in ("api", "eb", "web-2", "")] == [False] * 4
    assert not leads_back_to(POD, "web")
