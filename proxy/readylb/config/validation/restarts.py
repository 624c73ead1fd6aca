"""Rules of restart hooks, the same for the annotation and for readylb.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from readylb.config.validation.errors import Errors, forbidden, invalid, required
from readylb.model.restart import ExecRestart, RestartHooks

EXAMPLE = '{"exec": {"command": ["systemctl", "restart", "web"]}}'

#: Longest time a hook may take: an endpoint that is not back after an hour needs a person.
_MOST_SECONDS = 3600


def validate_restart(path: str, hooks: RestartHooks) -> Errors:
    """Yield what is wrong with the hooks at `path` ("" where they are the whole)."""
    found = {field.name: getattr(hooks, field.name) for field in fields(RestartHooks)}
    given = {name: settings for name, settings in found.items() if settings is not None}
    if not given:
        yield required(path, f"one of {', '.join(found)}")
    elif len(given) > 1:
        yield forbidden(path, f"one hook, not {' and '.join(given)}")
    for name, settings in given.items():
        below = f"{path}.{name}".lstrip(".")
        yield from _RULES[name](below, settings)
        if not 0 < settings.timeout_seconds <= _MOST_SECONDS:
            detail = f"must be above 0 and at most {_MOST_SECONDS}"
            yield invalid(f"{below}.timeoutSeconds", settings.timeout_seconds, detail)


def _exec(path: str, hook: ExecRestart) -> Errors:
    if not hook.command:
        yield required(f"{path}.command", "the words of a command")


_RULES: Mapping[str, Callable[[str, Any], Errors]] = {"exec": _exec}
