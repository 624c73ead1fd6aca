"""Prints objects as JSON, as YAML or by name, as kubectl does."""

from __future__ import annotations

import json
from typing import Any

from readylb.cli.output import write
from readylb.core.api_resources import API_RESOURCES

FORMATS = ("json", "yaml", "name")

Document = dict[str, Any]

_NAMES = {(item.group_version, item.kind): item.qualified_singular for item in API_RESOURCES}


def print_document(document: Document, form: str) -> None:
    """Print one object."""
    write(render(document, form))


def print_list(items: list[Document], form: str) -> None:
    """Print several objects: names a line each, else one List."""
    if form == "name":
        for item in items:
            write(render(item, form))
        return
    write(
        render(
            {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}, form
        )
    )


def render(document: Document, form: str) -> str:
    """Return the object as text, keys sorted, without a newline at the end."""
    if form == "name":
        name = _NAMES.get((document["apiVersion"], document["kind"]), document["kind"].lower())
        return f"{name}/{document['metadata']['name']}"
    if form == "json":
        return json.dumps(document, indent=4, sort_keys=True, ensure_ascii=False)
    return _as_yaml(document)


def _as_yaml(document: Document) -> str:
    # Imported here: it is slow to import, and only `-o yaml` needs it.
    import yaml  # noqa: PLC0415

    class Dumper(yaml.SafeDumper):
        """Quotes with double quotes, as Go's YAML does."""

        def choose_scalar_style(self) -> str:
            style: str = super().choose_scalar_style()
            return '"' if style == "'" else style

    text: str = yaml.dump(document, Dumper=Dumper, sort_keys=True, allow_unicode=True, width=10**6)
    return text.rstrip("\n")
