from __future__ import annotations

from aiohttp.test_utils import TestClient


async def test_the_index_names_a_document_for_each_group_and_version(api: TestClient) -> None:
    paths = (await (await api.get("/openapi/v3")).json())["paths"]
    assert set(paths) == {"api/v1", "apis/apps/v1", "apis/discovery.k8s.io/v1"}
    for place in paths.values():
        assert (await api.get(place["serverRelativeURL"])).status == 200
    assert (await api.get("/openapi/v3/apis/batch/v1")).status == 404


async def test_whoever_writes_is_told_that_we_validate_fields(api: TestClient) -> None:
    document = await (await api.get("/openapi/v3/apis/apps/v1")).json()
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert {"fieldValidation", "dryRun"} <= {item["name"] for item in patch["parameters"]}
    kind = {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert patch["x-kubernetes-group-version-kind"] == kind


async def test_that_there_are_no_schemas_is_said_where_clients_look_for_them(api: TestClient) -> None:
    document = await (await api.get("/openapi/v3/api/v1")).json()
    assert document["components"] == {"schemas": {}}
