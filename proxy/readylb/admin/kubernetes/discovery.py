"""Discovery: which groups, versions and resources there are, so that `kubectl` knows their names.

Source: apimachinery/pkg/apis/meta/v1 (APIVersions, APIGroupList, APIResourceList).
"""

from __future__ import annotations

import platform
from typing import Any

from aiohttp import web

import readylb
from readylb.admin.kubernetes.resources import RESOURCES, Resource
from readylb.errors import NotFoundError

#: The Kubernetes release whose API this is a subset of; clients compare it with their own.
_KUBERNETES = ("1", "32", "0")


async def version(_request: web.Request) -> web.Response:
    """Answer GET /version."""
    major, minor, patch = _KUBERNETES
    document = {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{major}.{minor}.{patch}+readylb-{readylb.__version__}",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "",
        "goVersion": "",
        "compiler": platform.python_implementation(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    return web.json_response(document)


async def api_versions(request: web.Request) -> web.Response:
    """Answer GET /api: the core group's versions."""
    address = {"clientCIDR": "0.0.0.0/0", "serverAddress": request.host}
    document = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]}
    return web.json_response(document)


async def api_groups(_request: web.Request) -> web.Response:
    """Answer GET /apis: the other groups."""
    groups = [_group(name) for name in _group_names()]
    return web.json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})


async def api_group(request: web.Request) -> web.Response:
    """Answer GET /apis/GROUP."""
    name = request.match_info["group"]
    if name not in _group_names():
        msg = "the server could not find the requested resource"
        raise NotFoundError(msg)
    return web.json_response({"kind": "APIGroup", "apiVersion": "v1", **_group(name)})


async def api_resources(request: web.Request) -> web.Response:
    """Answer GET /api/v1 and /apis/GROUP/VERSION."""
    group, asked = request.match_info.get("group", ""), request.match_info["version"]
    found = [item for item in RESOURCES if (item.api.group, item.api.version) == (group, asked)]
    if not found:
        msg = "the server could not find the requested resource"
        raise NotFoundError(msg)
    document = {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": found[0].api.group_version,
        "resources": [entry for item in found for entry in _entries(item)],
    }
    return web.json_response(document)


def _group_names() -> list[str]:
    return list(dict.fromkeys(item.api.group for item in RESOURCES if item.api.group))


def _group(name: str) -> dict[str, Any]:
    versions = list(dict.fromkeys(item.api.version for item in RESOURCES if item.api.group == name))
    shown = [{"groupVersion": f"{name}/{item}", "version": item} for item in versions]
    return {"name": name, "versions": shown, "preferredVersion": shown[0]}


def _entries(item: Resource) -> list[dict[str, Any]]:
    api = item.api
    entry: dict[str, Any] = {
        "name": api.plural,
        "singularName": api.singular,
        "namespaced": api.namespaced,
        "kind": api.kind,
        "verbs": list(item.verbs),
    }
    if api.short_names:
        entry["shortNames"] = list(api.short_names)
    if api.in_all:
        entry["categories"] = ["all"]
    below = [
        {
            "name": f"{api.plural}/{part.name}",
            "singularName": "",
            "namespaced": api.namespaced,
            "kind": part.kind,
            **({"group": part.group, "version": part.version} if part.group else {}),
            "verbs": list(part.verbs),
        }
        for part in item.subresources
    ]
    return [entry, *below]
