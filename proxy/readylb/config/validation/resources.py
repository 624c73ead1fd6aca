"""Rules of a container's resources (ValidateResourceRequirements)."""

from __future__ import annotations

from readylb.config.validation.errors import Errors, invalid
from readylb.config.validation.names import qualified_name
from readylb.core.quantity import parse_quantity
from readylb.model.container import Quantities, ResourceRequirements

#: The resources of containers that have names without a domain; `hugepages-SIZE` beside them.
_STANDARD = frozenset({"cpu", "memory", "ephemeral-storage"})
_HUGE_PAGES = "hugepages-"


def validate_resources(path: str, resources: ResourceRequirements) -> Errors:
    """Yield what is wrong with the resources at `path`."""
    for kind, quantities in (("limits", resources.limits), ("requests", resources.requests)):
        for name, value in quantities.items():
            yield from _name(f"{path}.{kind}[{name}]", name)
            yield from _amount(f"{path}.{kind}[{name}]", str(value))
    for name, value in resources.requests.items():
        yield from _within(f"{path}.requests", name, str(value), resources.limits)


def _name(path: str, name: str) -> Errors:
    details = list(qualified_name(name))
    yield from (invalid(path, name, detail) for detail in details)
    if not details and "/" not in name and name not in _STANDARD and not name.startswith(_HUGE_PAGES):
        yield invalid(path, name, "must be a standard resource for containers")


def _amount(path: str, text: str) -> Errors:
    try:
        number = parse_quantity(text)
    except ValueError as error:
        yield invalid(path, text, str(error))
        return
    if number < 0:
        yield invalid(path, text, "must be greater than or equal to 0")


def _within(path: str, name: str, text: str, limits: Quantities) -> Errors:
    if name not in limits:
        return
    limit = str(limits[name])
    try:
        too_much = parse_quantity(text) > parse_quantity(limit)
    except ValueError:  # which has been told
        return
    if too_much:
        yield invalid(path, text, f"must be less than or equal to {name} limit of {limit}")
