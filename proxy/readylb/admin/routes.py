"""Every path of the admin API in one table, with who may use it in each row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from readylb.admin.health import livez, readyz
from readylb.admin.kubernetes import discovery, openapi, verbs, write
from readylb.admin.kubernetes.drain import drain
from readylb.admin.kubernetes.exec import exec_in_pod
from readylb.admin.kubernetes.explain import explain
from readylb.admin.kubernetes.log import log
from readylb.admin.kubernetes.patch import patch
from readylb.admin.kubernetes.pod_status import change_pod_status, get_pod_status
from readylb.admin.kubernetes.scale import change_scale, get_scale
from readylb.admin.metrics_page import metrics


class Access(StrEnum):
    """Who may use a path."""

    ANYONE = "anyone"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Route:
    """One row: what is asked, who may, and what answers."""

    method: str
    path: str
    access: Access
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]


_CORE = "/api/{version}"
_GROUP = "/apis/{group}/{version}"
_OBJECT = "namespaces/{namespace}/{resource}/{name}"
_POD = "/api/{version}/namespaces/{namespace}/{resource:pods}/{name}"

ROUTES = (
    Route("GET", "/livez", Access.ANYONE, livez),
    Route("HEAD", "/livez", Access.ANYONE, livez),
    Route("GET", "/readyz", Access.ANYONE, readyz),
    Route("HEAD", "/readyz", Access.ANYONE, readyz),
    Route("GET", "/metrics", Access.OPERATOR, metrics),
    Route("GET", "/version", Access.OPERATOR, discovery.version),
    Route("GET", "/openapi/v3", Access.OPERATOR, openapi.index),
    Route("GET", "/openapi/v3/api/{version}", Access.OPERATOR, openapi.group_version),
    Route("GET", "/openapi/v3/apis/{group}/{version}", Access.OPERATOR, openapi.group_version),
    Route("GET", "/api", Access.OPERATOR, discovery.api_versions),
    Route("GET", "/apis", Access.OPERATOR, discovery.api_groups),
    Route("GET", "/apis/{group}", Access.OPERATOR, discovery.api_group),
    Route("GET", _CORE, Access.OPERATOR, discovery.api_resources),
    Route("GET", _GROUP, Access.OPERATOR, discovery.api_resources),
    Route("GET", f"{_POD}/log", Access.OPERATOR, log),
    Route("GET", f"{_POD}/exec", Access.OPERATOR, exec_in_pod),
    Route("GET", f"{_POD}/explain", Access.OPERATOR, explain),
    Route("POST", f"{_POD}/drain", Access.OPERATOR, drain),
    Route("GET", f"{_POD}/status", Access.OPERATOR, get_pod_status),
    Route("PUT", f"{_POD}/status", Access.OPERATOR, change_pod_status),
    Route("PATCH", f"{_POD}/status", Access.OPERATOR, change_pod_status),
    *(
        route
        for root in (_CORE, _GROUP)
        for route in (
            Route("GET", f"{root}/{{resource}}", Access.OPERATOR, verbs.collection),
            Route("GET", f"{root}/{{resource:namespaces}}/{{name}}", Access.OPERATOR, verbs.single),
            Route("GET", f"{root}/namespaces/{{namespace}}/{{resource}}", Access.OPERATOR, verbs.collection),
            Route("GET", f"{root}/{_OBJECT}", Access.OPERATOR, verbs.single),
            Route("POST", f"{root}/namespaces/{{namespace}}/{{resource}}", Access.OPERATOR, write.create),
            Route("PUT", f"{root}/{_OBJECT}", Access.OPERATOR, write.update),
            Route("DELETE", f"{root}/{_OBJECT}", Access.OPERATOR, verbs.delete),
            Route("PATCH", f"{root}/{_OBJECT}", Access.OPERATOR, patch),
            Route("GET", f"{root}/{_OBJECT}/scale", Access.OPERATOR, get_scale),
            Route("PUT", f"{root}/{_OBJECT}/scale", Access.OPERATOR, change_scale),
            Route("PATCH", f"{root}/{_OBJECT}/scale", Access.OPERATOR, change_scale),
        )
    ),
)
