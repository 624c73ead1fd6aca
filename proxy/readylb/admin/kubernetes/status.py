"""`Status` objects: how the Kubernetes API says that something failed, or is done.

Source: apimachinery/pkg/apis/meta/v1 (Status) and pkg/api/errors (reasons, codes, messages).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from readylb.errors import ApiError, ReadylbError


class BadRequestError(ApiError):
    """The request itself cannot be understood."""

    status = 400
    reason = "BadRequest"


class UnauthorizedError(ApiError):
    """The token is missing or wrong."""

    status = 401
    reason = "Unauthorized"


class ForbiddenError(ApiError):
    """The request may not be made from there."""

    status = 403
    reason = "Forbidden"


class MethodNotAllowedError(ApiError):
    """The resource exists but does not know this verb."""

    status = 405
    reason = "MethodNotAllowed"


class TooManyRequestsError(ApiError):
    """Not now: it would take away what must stay."""

    status = 429
    reason = "TooManyRequests"


class UnsupportedMediaTypeError(ApiError):
    """The body is in a format that the verb does not take."""

    status = 415
    reason = "UnsupportedMediaType"


#: Reasons for statuses that the web server itself answers with.
_REASONS = {404: "NotFound", 405: "MethodNotAllowed", 413: "RequestEntityTooLarge", 400: "BadRequest"}


def failure(error: ReadylbError, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the Status of an error; one that is no ApiError is a fault of the server (500)."""
    code, reason = (error.status, error.reason) if isinstance(error, ApiError) else (500, "InternalError")
    return failure_of(code, reason, str(error), details)


def failure_of(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a Status with status Failure."""
    document: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    if details:
        document["details"] = details
    return document


def success(details: dict[str, Any]) -> dict[str, Any]:
    """Return a Status with status Success."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def http_failure(error: web.HTTPException) -> dict[str, Any]:
    """Return the Status for what the web server answers by itself: no such path, wrong method."""
    if error.status == web.HTTPMethodNotAllowed.status_code:
        message = (
            "the server does not allow this method on the requested resource "
            "(the API can get, list, watch, create, update, patch and delete)"
        )
    elif error.status == web.HTTPNotFound.status_code:
        message = "the server could not find the requested resource"
    else:
        message = error.reason
    return failure_of(error.status, _REASONS.get(error.status, "Unknown"), message)


def answer(status: dict[str, Any], **headers: str) -> web.Response:
    """Return the HTTP response that carries a Status."""
    return web.json_response(status, status=int(status.get("code", 200)), headers=headers)
