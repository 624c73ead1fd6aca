"""The annotation `readylb.io/restart`: JSON that names one restart hook and its settings."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from readylb.config.decode import Decoder, Known, KnownFields, Verdict
from readylb.config.hook_needs import unmet
from readylb.config.json_nodes import read_json
from readylb.config.nodes import NodeError, Table
from readylb.config.problems import Report
from readylb.config.shapes import shapes
from readylb.config.validation.errors import Errors
from readylb.config.validation.restarts import EXAMPLE, validate_restart
from readylb.model.restart import RestartHooks, WebhookRestart
from readylb.model.serialization import to_json

#: Fields that people look for and must not use.
HOOK_FIELDS: KnownFields = {
    WebhookRestart: {
        "secret": Known(
            Verdict.REFUSE,
            "Forbidden: `get -o yaml` would show it; name a file that holds it (secretFile) or a variable of "
            "readylb's environment (secretEnv)",
        )
    }
}


def read_hook(text: str) -> tuple[str, Any]:
    """Return the name of the hook and its settings. ValueError says all that is wrong, without values."""
    hooks = _decoded(text)
    wrong = [f"{error.path}: {error.message}".removeprefix(": ") for error in check_hooks("", hooks)]
    if wrong:
        raise ValueError("; ".join(wrong))
    ((name, settings),) = chosen(hooks).items()
    return name, settings


def check_hooks(path: str, hooks: RestartHooks) -> Errors:
    """Yield what is wrong with the hooks at `path`: their rules, and what they need here."""
    errors = [*validate_restart(path, hooks)]
    yield from errors or unmet(path, hooks)


def hook_text(hooks: RestartHooks) -> str:
    """Return the annotation of these hooks: what is as by default is left out."""
    return json.dumps({name: _told(settings) for name, settings in chosen(hooks).items()})


def chosen(hooks: RestartHooks) -> dict[str, Any]:
    """Return the settings that are given, by the hook's name."""
    found = {field.name: getattr(hooks, field.name) for field in fields(hooks)}
    return {name: settings for name, settings in found.items() if settings is not None}


def _told(settings: Any) -> dict[str, Any]:
    return {
        shape.key: to_json(value)
        for shape in shapes(type(settings)).values()
        if (value := getattr(settings, shape.name)) != shape.default
    }


def _decoded(text: str) -> RestartHooks:
    try:
        nodes = list(read_json(text))
    except NodeError as error:
        msg = f"must be JSON such as {EXAMPLE}: {error.message}"
        raise ValueError(msg) from error
    if len(nodes) != 1 or not isinstance(nodes[0], Table):
        msg = f"must be a JSON object such as {EXAMPLE}"
        raise ValueError(msg)
    report = Report()
    hooks = Decoder("", report, HOOK_FIELDS).decode(RestartHooks, nodes[0])
    if report.errors:
        raise ValueError("; ".join(problem.text for problem in report.errors))
    return hooks
