"""The error tree. Every error says whose fault it is, what could not be done, and what to do.

    ReadylbError                 could not be done at run time            exit 1
    ├── UsageError               the command line is wrong                exit 2
    ├── ConfigError              a manifest or readylb.yaml is wrong      exit 2
    ├── ApiError                 the admin API refused a request          carries the HTTP status
    │   ├── NotFoundError        404  no such object
    │   ├── AlreadyExistsError   409  the name is taken
    │   ├── ConflictError        409  somebody else changed the object first
    │   ├── InvalidError         422  the object breaks a rule
    │   └── GoneError            410  the resourceVersion asked for is too old
    ├── RuntimeFailureError      a container could not be started or reached
    └── ListenError              a Service port could not be bound

Messages read "cannot DO THIS: CAUSE (REMEDY)"; `str(error)` is that whole sentence.
"""

from __future__ import annotations


class ReadylbError(Exception):
    """Something could not be done. `exit_code` is what the command ends with."""

    exit_code = 1


class UsageError(ReadylbError):
    """The command line is wrong: the caller's fault, nothing was started."""

    exit_code = 2


class ConfigError(ReadylbError):
    """A manifest or readylb.yaml is wrong: the author's fault, nothing was applied."""

    exit_code = 2


class ApiError(ReadylbError):
    """The admin API refuses a request, with Kubernetes' own status code and reason."""

    status = 500
    reason = "InternalError"


class NotFoundError(ApiError):
    """No object has that kind, namespace and name."""

    status = 404
    reason = "NotFound"


class AlreadyExistsError(ApiError):
    """An object of that kind, namespace and name exists."""

    status = 409
    reason = "AlreadyExists"


class ConflictError(ApiError):
    """The object has changed since it was read: read it again and repeat."""

    status = 409
    reason = "Conflict"


class InvalidError(ApiError):
    """The object breaks a validation rule."""

    status = 422
    reason = "Invalid"


class GoneError(ApiError):
    """A watch asks for a resourceVersion that is no longer remembered: list again."""

    status = 410
    reason = "Expired"


class RuntimeFailureError(ReadylbError):
    """A container could not be started, stopped or reached by its runtime."""


class ListenError(ReadylbError):
    """A Service port could not be bound; the message names the remedy."""
