"""Label and field selectors, in the query's text form.

Rules: apimachinery/pkg/labels/selector.go and apimachinery/pkg/fields; which fields a resource may
be selected by: pkg/apis/core/v1/conversion.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from readylb.admin.kubernetes.objects import ApiObject
from readylb.admin.kubernetes.status import BadRequestError
from readylb.model.workload import LabelSelector, LabelSelectorRequirement

Matches = Callable[[ApiObject], bool]

_NAME = r"[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?"
_EQUALITY = re.compile(rf"^(?P<key>{_NAME})\s*(?P<operator>==|=|!=)\s*(?P<value>[A-Za-z0-9._-]*)$")
_SET = re.compile(rf"^(?P<key>{_NAME})\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)$")
_EXISTS = re.compile(rf"^(?P<absent>!?)\s*(?P<key>{_NAME})$")
#: Commas part requirements, except inside the brackets of a set.
_PARTS = re.compile(r",(?![^()]*\))")
_FIELD = re.compile(r"^(?P<key>[A-Za-z.]+)(?P<operator>==|=|!=)(?P<value>.*)$")

Field = Callable[[Any], str]

_COMMON_FIELDS: dict[str, Field] = {
    "metadata.name": attrgetter("metadata.name"),
    "metadata.namespace": attrgetter("metadata.namespace"),
}
_FIELDS: dict[str, dict[str, Field]] = {
    "Pod": {
        "status.phase": attrgetter("status.phase"),
        "status.podIP": attrgetter("status.pod_ip"),
        "spec.nodeName": attrgetter("spec.node_name"),
        "spec.restartPolicy": attrgetter("spec.restart_policy"),
    },
    "Event": {
        "involvedObject.kind": attrgetter("involved_object.kind"),
        "involvedObject.namespace": attrgetter("involved_object.namespace"),
        "involvedObject.name": attrgetter("involved_object.name"),
        "involvedObject.uid": attrgetter("involved_object.uid"),
        "involvedObject.apiVersion": attrgetter("involved_object.api_version"),
        "involvedObject.resourceVersion": attrgetter("involved_object.resource_version"),
        "involvedObject.fieldPath": attrgetter("involved_object.field_path"),
        "reason": attrgetter("reason"),
        "source": attrgetter("source.component"),
        "type": attrgetter("type"),
    },
}


def parse_label_selector(text: str) -> LabelSelector:
    """Return the selector; BadRequestError quotes the part that cannot be read."""
    parts = [part.strip() for part in _PARTS.split(text)] if text.strip() else []
    return LabelSelector(match_expressions=tuple(_requirement(part) for part in parts))


def parse_field_selector(text: str, kind: str) -> Matches:
    """Return a test for objects of a kind; BadRequestError for a field it cannot be selected by."""
    fields = _COMMON_FIELDS | _FIELDS.get(kind, {})
    terms = [_field_term(part.strip(), fields) for part in text.split(",")] if text.strip() else []
    return lambda item: all(term(item) for term in terms)


def _requirement(part: str) -> LabelSelectorRequirement:
    if found := _EQUALITY.match(part):
        operator = "NotIn" if found["operator"] == "!=" else "In"
        return LabelSelectorRequirement(key=found["key"], operator=operator, values=(found["value"],))
    if found := _SET.match(part):
        values = tuple(value.strip() for value in found["values"].split(","))
        operator = "In" if found["operator"] == "in" else "NotIn"
        return LabelSelectorRequirement(key=found["key"], operator=operator, values=values)
    if found := _EXISTS.match(part):
        operator = "DoesNotExist" if found["absent"] else "Exists"
        return LabelSelectorRequirement(key=found["key"], operator=operator)
    msg = f"unable to parse requirement: {part!r}"
    raise BadRequestError(msg)


def _field_term(part: str, fields: Mapping[str, Field]) -> Matches:
    found = _FIELD.match(part)
    if found is None:
        msg = f"invalid field selector: {part!r}; can't understand it"
        raise BadRequestError(msg)
    field = fields.get(found["key"])
    if field is None:
        msg = f"field label not supported: {found['key']}"
        raise BadRequestError(msg)
    value, wanted = found["value"], found["operator"] != "!="
    return lambda item: (field(item) == value) is wanted
