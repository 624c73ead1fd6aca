"""Readiness gates are opened by conditions that others set through pods/NAME/status."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World

from readylb.admin.kubernetes.objects import encode
from readylb.model import Pod

POD = "/api/v1/namespaces/default/pods/readiness-rc-5v64f/status"
STRATEGIC = "application/strategic-merge-patch+json"
GATE = {"type": "example.com/gate", "status": "True"}


def stored(world: World) -> Pod:
    return world.store.get(Pod, "default", "readiness-rc-5v64f")


async def send(api: TestClient, status: Any, kind: str = STRATEGIC, **metadata: str) -> tuple[int, Any]:
    body = json.dumps({"metadata": metadata, "status": status})
    answer = await api.patch(POD, data=body, headers={"Content-Type": kind})
    return answer.status, await answer.json()


async def test_a_condition_is_added_beside_those_that_are_concluded_here(
    api: TestClient, world: World
) -> None:
    before = stored(world).status.conditions
    status, document = await send(api, {"conditions": [GATE]})
    assert status == 200
    assert document["status"]["conditions"][-1]["type"] == "example.com/gate"
    assert document["status"]["conditions"][-1]["lastTransitionTime"]
    assert stored(world).status.conditions[:-1] == before


@pytest.mark.parametrize("kind", [STRATEGIC, "application/merge-patch+json"])
async def test_either_kind_of_patch_sets_it(api: TestClient, world: World, kind: str) -> None:
    await send(api, {"conditions": [GATE]}, kind)
    assert (await send(api, {"conditions": [{**GATE, "status": "False", "reason": "Why"}]}, kind))[0] == 200
    found = stored(world).condition("example.com/gate")
    assert found is not None
    assert (found.status, found.reason) == ("False", "Why")
    assert stored(world).condition("Ready") is not None


async def test_a_whole_pod_is_put(api: TestClient, world: World) -> None:
    document = encode(stored(world))
    document["status"]["conditions"].append(GATE)
    assert (await api.put(POD, json=document)).status == 200
    assert (await (await api.get(POD)).json())["status"]["conditions"][-1]["type"] == GATE["type"]
    assert (await api.put(POD, json=document)).status == 409
    assert (await api.put(POD, json=[])).status == 400


@pytest.mark.parametrize(
    ("status", "field", "part"),
    [
        (
            {"conditions": [{"type": "Ready", "status": "Unknown"}]},
            "status.conditions[",
            "Ready is concluded from",
        ),
        ({"conditions": [{"type": "a b", "status": "True"}]}, "status.conditions[", 'Invalid value: "a b"'),
        ({"conditions": [{**GATE, "status": "yes"}]}, "status.conditions[", "supported values"),
        ({"conditions": [{**GATE, "reason": 3}]}, "status.conditions[", "must be a condition"),
        ({"phase": "Failed"}, "status.phase", "Forbidden: is observed"),
    ],
)
async def test_what_is_not_others_to_say_is_refused(
    api: TestClient, world: World, status: dict[str, Any], field: str, part: str
) -> None:
    before = stored(world)
    code, document = await send(api, status)
    assert code == 422
    (cause,) = document["details"]["causes"]
    assert cause["field"].startswith(field)
    assert part in cause["message"]
    assert stored(world) == before


async def test_other_versions_pods_and_dry_runs(api: TestClient, world: World) -> None:
    assert (await send(api, {"conditions": [GATE]}, resourceVersion="1"))[0] == 409
    missing = await api.patch(POD.replace("5v64f", "x"), data="{}", headers={"Content-Type": STRATEGIC})
    assert missing.status == 404
    body = json.dumps({"status": {"conditions": [GATE]}})
    answer = await api.patch(f"{POD}?dryRun=All", data=body, headers={"Content-Type": STRATEGIC})
    assert answer.status == 200
    assert stored(world).condition("example.com/gate") is None
