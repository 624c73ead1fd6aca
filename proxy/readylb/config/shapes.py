"""What fields a model type has: the plan by which decoding, hints and the JSON schema go."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Union, cast

from readylb.model.serialization import json_key


@dataclass(frozen=True, slots=True)
class Shape:
    """One field: its Python name, its JSON key, the types it takes (None left out), the model's default."""

    name: str
    key: str
    options: tuple[Any, ...]
    required: bool
    default: Any
    is_time: bool


def shapes(cls: type[Any]) -> Mapping[str, Shape]:
    """Return the fields of a model dataclass that people may write, by JSON key."""
    return _remembered(cast("Hashable", cls))


@cache
def _remembered(cls: Hashable) -> Mapping[str, Shape]:
    known = cast("type[Any]", cls)
    return {shape.key: shape for shape in _shapes(known, typing.get_type_hints(known))}


def _shapes(cls: type[Any], hints: Mapping[str, Any]) -> Iterator[Shape]:
    for field in dataclasses.fields(cls):
        if field.metadata.get("internal"):
            continue
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        required = default is dataclasses.MISSING
        yield Shape(
            name=field.name,
            key=json_key(field),
            options=options(hints[field.name]),
            required=required,
            default=None if required else default,
            is_time=field.metadata.get("format") == "date-time",
        )


def options(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union without None; any other type alone."""
    if typing.get_origin(hint) in {Union, types.UnionType}:
        return tuple(item for item in typing.get_args(hint) if item is not type(None))
    return (hint,)


def element(hint: Any) -> Any:
    """Return T of `tuple[T, ...]` and of `Mapping[str, T]`."""
    args = typing.get_args(hint)
    return args[0] if is_list(hint) else args[1]


def is_list(hint: Any) -> bool:
    """Say whether the type is `tuple[T, ...]`."""
    return typing.get_origin(hint) is tuple


def is_map(hint: Any) -> bool:
    """Say whether the type is `Mapping[str, T]`."""
    origin = typing.get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def inner(shape: Shape) -> type[Any] | None:
    """Return the dataclass that the field holds, be it one, several or named ones; None for plain data."""
    for option in shape.options:
        kind = option
        while is_list(kind) or is_map(kind):
            kind = options(element(kind))[0]
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            return kind
    return None


def zero(option: Any) -> Any:
    """Return Go's zero value: what a field is when nothing was written and there is no default."""
    if option in {str, int, float, bool}:
        return option()
    if is_list(option):
        return ()
    return {} if is_map(option) else None
