from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from tests.admin.fakes import World

from readylb.core.drained import DRAINED, is_drained
from readylb.model import Pod

POD = "/api/v1/namespaces/default/pods/readiness-rc-5v64f"


async def send(api: TestClient, body: dict[str, Any]) -> tuple[int, Any]:
    answer = await api.patch(POD, json=body, headers={"Content-Type": "application/merge-patch+json"})
    return answer.status, await answer.json()


def stored(world: World) -> Pod:
    return world.store.get(Pod, "default", "readiness-rc-5v64f")


async def test_labels_and_annotations_of_a_pod_change_and_nothing_else(api: TestClient, world: World) -> None:
    before = stored(world)
    body = {"metadata": {"labels": {"tier": "x"}, "annotations": {DRAINED: "true", "readylb.io/weight": "3"}}}
    status, document = await send(api, {**body, "status": {"phase": "Failed"}})
    assert status == 200
    assert document["metadata"]["annotations"]["readylb.io/weight"] == "3"
    after = stored(world)
    assert is_drained(after)
    assert after.metadata.labels == {**before.metadata.labels, "tier": "x"}
    assert (after.spec, after.status) == (before.spec, before.status)
    assert (await send(api, {"metadata": {"annotations": {DRAINED: None}}}))[0] == 200
    assert not is_drained(stored(world))


@pytest.mark.parametrize(
    ("body", "field", "part"),
    [
        ({"spec": {"restartPolicy": "Never"}}, "spec", "pod updates may not change fields other than"),
        ({"metadata": {"name": "other"}}, "metadata.name", "field is immutable"),
        ({"metadata": {"annotations": {DRAINED: "yes"}}}, "metadata.annotations", "must be true or false"),
        (
            {"metadata": {"annotations": {DRAINED: True}}},
            f"metadata.annotations.{DRAINED}",
            "cannot unmarshal bool into ObjectMeta.annotations",
        ),
        ({"metadata": {"annotations": {"readylb.io/drain": "true"}}}, "metadata.annotations", "did you mean"),
        (
            {"metadata": {"annotations": {"readylb.io/endpoint": "127.0.0.1:9"}}},
            "metadata.annotations",
            "Forbidden: readylb.io/endpoint is read only when the pod is made",
        ),
        ({"metadata": {"labels": {"a b": "c"}}}, "metadata.labels", "Invalid value"),
    ],
)
async def test_what_a_pod_cannot_follow_is_refused(
    api: TestClient, world: World, body: dict[str, Any], field: str, part: str
) -> None:
    before = stored(world)
    status, document = await send(api, body)
    assert status == 422
    assert document["message"].startswith('Pod "readiness-rc-5v64f" is invalid: ')
    assert any(
        cause["field"] == field and part in cause["message"] for cause in document["details"]["causes"]
    )
    assert stored(world) == before
