from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient

from readylb.admin.kubernetes.resources import RESOURCES
from readylb.core.api_resources import API_RESOURCES


async def test_version_is_one_that_clients_can_compare(api: TestClient) -> None:
    document = await (await api.get("/version")).json()
    assert document["major"] == "1"
    assert document["gitVersion"].startswith("v1.32.0+readylb-")


async def test_core_and_groups_are_listed(api: TestClient) -> None:
    assert (await (await api.get("/api")).json())["versions"] == ["v1"]
    groups = (await (await api.get("/apis")).json())["groups"]
    assert [group["name"] for group in groups] == ["apps", "discovery.k8s.io"]
    assert groups[0]["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert (await (await api.get("/apis/apps")).json())["kind"] == "APIGroup"


async def test_resources_have_verbs_short_names_and_subresources(api: TestClient) -> None:
    document = await (await api.get("/api/v1")).json()
    entries = {entry["name"]: entry for entry in document["resources"]}
    assert entries["pods"]["shortNames"] == ["po"]
    assert entries["pods"]["categories"] == ["all"]
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    assert entries["pods"]["verbs"] == entries["services"]["verbs"] == verbs
    assert entries["endpoints"]["verbs"] == ["get", "list", "watch"]
    assert entries["replicationcontrollers"]["verbs"] == verbs
    assert entries["pods/status"]["verbs"] == ["get", "patch", "update"]
    scale = entries["replicationcontrollers/scale"]
    assert (scale["group"], scale["version"], scale["kind"]) == ("autoscaling", "v1", "Scale")
    assert scale["verbs"] == ["get", "patch", "update"]
    assert {"pods/log", "pods/exec"} <= entries.keys()
    assert entries["namespaces"]["namespaced"] is False
    assert (await (await api.get("/apis/apps/v1")).json())["groupVersion"] == "apps/v1"


@pytest.mark.parametrize("path", ["/api/v2", "/apis/batch", "/apis/batch/v1", "/openapi/v2"])
async def test_what_is_not_there_is_404(api: TestClient, path: str) -> None:
    assert (await api.get(path)).status == 404


def test_every_resource_that_has_a_name_is_served() -> None:
    assert {row.api for row in RESOURCES} == set(API_RESOURCES)
