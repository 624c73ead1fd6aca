"""One broken rule, printed as the API server prints it (`apimachinery/pkg/util/validation/field`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from readylb.config.problems import quote
from readylb.model import Object
from readylb.model.serialization import to_json


@dataclass(frozen=True, slots=True)
class FieldError:
    """`PATH: MESSAGE`; the message is `KIND: VALUE: DETAIL`."""

    path: str
    message: str

    def __str__(self) -> str:
        """`PATH: MESSAGE`."""
        return f"{self.path}: {self.message}"


Errors = Iterator[FieldError]


def required(path: str, detail: str = "") -> FieldError:
    """Say that something must be there."""
    return FieldError(path, _joined("Required value", detail))


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """Say that the value breaks a rule."""
    return FieldError(path, _joined("Invalid value", quote(to_json(value)), detail))


def forbidden(path: str, detail: str) -> FieldError:
    """Say that the field may not be set here."""
    return FieldError(path, _joined("Forbidden", detail))


def duplicate(path: str, value: Any) -> FieldError:
    """Say that the value must be unique, and is not."""
    return FieldError(path, _joined("Duplicate value", quote(to_json(value))))


def unsupported(path: str, value: Any, supported: Iterable[str]) -> FieldError:
    """Say that the value is none of the possible ones."""
    known = ", ".join(quote(word) for word in sorted(supported))
    return FieldError(path, _joined("Unsupported value", quote(value), f"supported values: {known}"))


def choice(path: str, value: str, supported: Iterable[str]) -> Errors:
    """Yield an error unless the value is one of the possible ones."""
    if value not in supported:
        yield unsupported(path, value, supported)


def not_negative(path: str, value: int) -> Errors:
    """Yield an error when the number is below zero."""
    if value < 0:
        yield invalid(path, value, "must be greater than or equal to 0")


def sentence(item: Object, errors: Sequence[FieldError]) -> str:
    """Return the API's whole answer: `Deployment.apps "x" is invalid: [..., ...]`."""
    texts = list(dict.fromkeys(str(error) for error in errors))
    group = item.API_VERSION.rpartition("/")[0]
    kind = f"{item.KIND}.{group}" if group else item.KIND
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return f"{kind} {quote(item.metadata.name)} is invalid: {listed}"


def _joined(*parts: str) -> str:
    return ": ".join(part for part in parts if part)
