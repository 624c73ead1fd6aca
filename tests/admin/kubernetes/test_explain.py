from __future__ import annotations

from aiohttp.test_utils import TestClient
from tests.admin.fakes import World

from readylb.core.drained import DRAINED, with_drained
from readylb.core.explanation import Evidence
from readylb.core.passive import PassiveReason, PassiveSignal
from readylb.model import Pod, Suspicion
from readylb.model.meta import ObjectMeta
from readylb.model.probe import ProbeKind, ProbeResult

PODS = "/api/v1/namespaces/default/pods"


async def test_a_pod_is_explained_as_json_and_as_text(api: TestClient, world: World) -> None:
    now = world.clock.now()
    world.insight.known = (
        Evidence(
            container="readiness",
            kind=ProbeKind.READINESS,
            result=ProbeResult.FAILURE,
            last=ProbeResult.FAILURE,
            streak=2,
            threshold=3,
            output="connection refused",
            asked_at=now - 1.5,
            next_at=now + 3.5,
            since=now - 60,
        ),
        Evidence(container="readiness", kind=ProbeKind.LIVENESS),
    )
    world.insight.waits = {"readiness": now + 8, "other": float("-inf")}
    document = await (await api.get(f"{PODS}/readiness-rc-89d89/explain")).json()
    assert (document["kind"], document["verdict"]) == ("PodExplanation", "Out")
    assert document["metadata"] == {"name": "readiness-rc-89d89", "namespace": "default"}
    readiness, liveness = document["probes"]
    assert (readiness["kind"], readiness["streak"], readiness["threshold"]) == ("Readiness", 2, 3)
    assert (readiness["askedSecondsAgo"], readiness["nextInSeconds"]) == (1.5, 3.5)
    assert (liveness["result"], liveness["nextInSeconds"]) == (None, None)
    assert document["backOffSecondsLeft"] == {"readiness": 8.0}
    assert len(document["lines"]) == 5
    assert document["decidedBy"] == "readiness probe of container readiness: 2 of 3 failures"


async def test_a_pod_in_a_service_is_in(api: TestClient) -> None:
    document = await (await api.get(f"{PODS}/readiness-rc-5v64f/explain")).json()
    assert document["verdict"] == "In"
    assert "gets traffic of service/readiness-svc" in document["lines"][0]


async def test_what_traffic_and_operators_say_is_told(api: TestClient, world: World) -> None:
    now = world.clock.now()
    name = "readiness-rc-5v64f"
    pod = world.store.get(Pod, "default", name)
    uid = pod.metadata.uid
    signal = PassiveSignal(
        reason=PassiveReason.EJECTED, since=now - 2, until=now + 28, service="readiness-svc", port=80
    )
    world.insight.ejections[uid] = (signal,)
    document = await (await api.get(f"{PODS}/{name}/explain")).json()
    assert (document["verdict"], document["passiveSignals"]) == ("In", []), "there is nobody else"
    world.store.create(Suspicion(metadata=ObjectMeta(name=uid, namespace="default"), suspected_at=now - 1))
    document = await (await api.get(f"{PODS}/{name}/explain")).json()
    assert (document["verdict"], document["drained"]) == ("Out", False)
    (found,) = document["passiveSignals"]
    assert (found["reason"], found["backInSeconds"]) == ("Refused", None)
    world.store.update(Pod, "default", name, lambda pod: with_drained(pod, {DRAINED: "true"}))
    document = await (await api.get(f"{PODS}/{name}/explain")).json()
    assert document["drained"] is True
    assert document["decidedBy"].startswith("the operator: ")


async def test_only_a_pod_that_is_there_can_be_explained(api: TestClient) -> None:
    assert (await api.get(f"{PODS}/nope/explain")).status == 404
    assert (await api.get("/api/v1/namespaces/default/services/readiness-svc/explain")).status == 404
