"""What the verbs that change something share: the body, dry runs, and the Status of a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from aiohttp import web

from readylb.admin.kubernetes.query import Query
from readylb.admin.kubernetes.status import BadRequestError, UnsupportedMediaTypeError, failure
from readylb.admin.kubernetes.status import answer as answer_status
from readylb.config.documents import parse_yaml
from readylb.errors import AlreadyExistsError, ConflictError, InvalidError, NotFoundError

#: How a problem's message begins -> the reason of its cause (field.ErrorType, metav1.CauseType).
_CAUSES = {
    "Required value": "FieldValueRequired",
    "Duplicate value": "FieldValueDuplicate",
    "Unsupported value": "FieldValueNotSupported",
    "Forbidden": "FieldValueForbidden",
    "Too long": "FieldValueTooLong",
    "Too many": "FieldValueTooMany",
}

_YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml"})
#: Clients print each; nobody reads more.
_MOST_WARNINGS = 20


async def read_json_body(request: web.Request) -> Any:
    """Return the body as JSON. BadRequestError."""
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        msg = f"couldn't get version/kind; json parse error: {error}"
        raise BadRequestError(msg) from error


async def read_body(request: web.Request) -> Any:
    """Return the body, JSON or (by its Content-Type) YAML, as plain data. BadRequestError.

    UnsupportedMediaTypeError for protobuf, in which some of kubectl's generators send.
    """
    if request.content_type not in _YAML:
        if request.content_type == "application/vnd.kubernetes.protobuf":
            msg = (
                "the body of the request was in an unknown format - accepted media types include: "
                "application/json, application/yaml (kubectl create ... --dry-run=client -o yaml | "
                "kubectl create -f -)"
            )
            raise UnsupportedMediaTypeError(msg)
        return await read_json_body(request)
    try:
        return parse_yaml((await request.read()).decode())
    except ValueError as error:
        msg = f"couldn't get version/kind; yaml parse error: {error}"
        raise BadRequestError(msg) from error


def is_dry_run(request: web.Request) -> bool:
    """Say whether nothing is to be written. BadRequestError for anything but `All`."""
    wanted = [value for value in request.query.getall("dryRun", []) if value]
    if any(value != "All" for value in wanted):
        msg = f'dryRun: Unsupported value: "{wanted[0]}": supported values: "All"'
        raise BadRequestError(msg)
    return bool(wanted)


def check_version(query: Query, asked: Any, current: str) -> None:
    """Raise ConflictError when the object has changed since the version that the sender speaks of."""
    if asked not in (None, "", current):
        msg = (
            f'Operation cannot be fulfilled on {query.resource.api.qualified} "{query.name}": the object '
            "has been modified; please apply your changes to the latest version and try again"
        )
        raise ConflictError(msg)


def details_of(query: Query) -> dict[str, Any]:
    """Return the `details` of a Status about the object."""
    resource = query.resource.api
    details = {"name": query.name, "kind": resource.plural}
    return {**details, "group": resource.group} if resource.group else details


def not_found(query: Query) -> web.Response:
    """Answer that there is no such object."""
    missing = NotFoundError(f'{query.resource.api.qualified} "{query.name}" not found')
    return answer_status(failure(missing, details_of(query)))


def already_exists(query: Query) -> web.Response:
    """Answer that there is an object of that name."""
    taken = AlreadyExistsError(f'{query.resource.api.qualified} "{query.name}" already exists')
    return answer_status(failure(taken, details_of(query)))


def warned(response: web.Response, warnings: Iterable[str]) -> web.Response:
    """Return the response with warnings as clients expect them (RFC 7234, 5.5; metav1's code 299)."""
    for text in islice(dict.fromkeys(warnings), _MOST_WARNINGS):
        quoted = text.encode("ascii", "replace").decode().replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    return response


def invalid(query: Query, kind: str, problems: Sequence[tuple[str, str]]) -> web.Response:
    """Answer 422 with every problem (field, message) as a cause. `kind` is qualified by its group."""
    texts = [f"{field}: {message}" if field else message for field, message in problems]
    said = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = [{"reason": _reason(message), "message": message, "field": field} for field, message in problems]
    details = {**details_of(query), "kind": kind.partition(".")[0], "causes": causes}
    error = InvalidError(f'{kind} "{query.name}" is invalid: {said}')
    return answer_status(failure(error, details))


def _reason(message: str) -> str:
    return next(
        (reason for start, reason in _CAUSES.items() if message.startswith(start)), "FieldValueInvalid"
    )
