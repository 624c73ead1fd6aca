"""What a request asks for: resource, namespace, selectors, and whether as a Table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from readylb.admin.kubernetes.objects import ApiObject
from readylb.admin.kubernetes.resources import Resource, find_resource
from readylb.admin.kubernetes.selectors import Matches, parse_field_selector, parse_label_selector
from readylb.admin.kubernetes.status import BadRequestError

_TRUE = frozenset({"true", "1", "t", "T", "TRUE", "True"})


@dataclass(frozen=True, slots=True)
class Query:
    """One request, read. `namespace` is None for all; `table` is what rides on rows, None for JSON."""

    resource: Resource
    namespace: str | None
    name: str
    matches: Matches
    table: str | None
    parameters: Mapping[str, str]

    def flag(self, name: str) -> bool:
        """Return a boolean parameter."""
        return self.parameters.get(name, "") in _TRUE


def whole_number(parameters: Mapping[str, str], name: str) -> int | None:
    """Return a parameter that is a whole number, not negative; None if absent. BadRequestError."""
    text = parameters.get(name, "")
    if not text:
        return None
    if not text.isdecimal():
        msg = f'{name}: Invalid value: "{text}": must be a whole number that is not negative'
        raise BadRequestError(msg)
    return int(text)


def read_query(request: web.Request) -> Query:
    """Read a request for a resource. NotFoundError, BadRequestError."""
    place = request.match_info
    resource = find_resource(place.get("group", ""), place["version"], place["resource"])
    namespace = place.get("namespace") if resource.api.namespaced else ""
    labels = parse_label_selector(request.query.get("labelSelector", ""))
    fields = parse_field_selector(request.query.get("fieldSelector", ""), resource.api.kind)

    def matches(item: ApiObject) -> bool:
        meta = item.metadata
        inside = not resource.api.namespaced or namespace in {None, meta.namespace}
        return inside and labels.matches(meta.labels) and fields(item)

    return Query(
        resource=resource,
        namespace=namespace,
        name=place.get("name", ""),
        matches=matches,
        table=_wanted_table(request),
        parameters=request.query,
    )


def _wanted_table(request: web.Request) -> str | None:
    """Return None, or what is to ride on the rows of the Table that `Accept` asks for.

    Only the first media type counts that we can make; kubectl names the Table first.
    """
    for media_type in request.headers.get("Accept", "").split(","):
        parameters = {part.strip() for part in media_type.split(";")}
        if {"as=Table", "g=meta.k8s.io", "v=v1"} <= parameters:
            include = request.query.get("includeObject", "Metadata")
            if include not in {"None", "Metadata", "Object"}:
                msg = f'unrecognized includeObject value: "{include}"'
                raise BadRequestError(msg)
            return include
        if parameters & {"application/json", "*/*"} and not any(
            part.startswith("as=") for part in parameters
        ):
            return None
    return None
