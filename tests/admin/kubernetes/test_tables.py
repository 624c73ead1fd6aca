from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient

PODS = "/api/v1/namespaces/default/pods"
ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (ACCEPT, "Table"),
        ("application/json; as=Table; v=v1; g=meta.k8s.io", "Table"),
        ("application/json", "PodList"),
        ("*/*", "PodList"),
        ("application/json," + ACCEPT, "PodList"),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", "PodList"),
        ("application/vnd.kubernetes.protobuf,application/json", "PodList"),
    ],
)
async def test_a_table_is_made_when_it_is_what_the_client_likes_best(
    api: TestClient, accept: str, kind: str
) -> None:
    document = await (await api.get(PODS, headers={"Accept": accept})).json()
    assert document["kind"] == kind


async def test_rows_carry_metadata_unless_told_otherwise(api: TestClient) -> None:
    headers = {"Accept": ACCEPT}
    document = await (await api.get(PODS, headers=headers)).json()
    assert document["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert document["rows"][0]["object"]["metadata"]["name"] == "readiness-rc-5v64f"
    document = await (await api.get(f"{PODS}?includeObject=Object", headers=headers)).json()
    assert document["rows"][0]["object"]["spec"]["nodeName"] == "here"
    document = await (await api.get(f"{PODS}?includeObject=None", headers=headers)).json()
    assert "object" not in document["rows"][0]
    assert (await api.get(f"{PODS}?includeObject=Some", headers=headers)).status == 400


@pytest.mark.parametrize(
    "path",
    [
        PODS,
        f"{PODS}/readiness-rc-5v64f",
        "/api/v1/services",
        "/api/v1/endpoints",
        "/api/v1/events",
        "/api/v1/namespaces",
        "/api/v1/replicationcontrollers",
        "/apis/apps/v1/deployments",
        "/apis/apps/v1/replicasets",
        "/apis/discovery.k8s.io/v1/endpointslices",
    ],
)
async def test_every_resource_has_as_many_cells_as_columns(api: TestClient, path: str) -> None:
    document = await (await api.get(path, headers={"Accept": ACCEPT})).json()
    assert document["rows"]
    assert {len(row["cells"]) for row in document["rows"]} == {len(document["columnDefinitions"])}
    assert any(column["format"] == "name" for column in document["columnDefinitions"])
