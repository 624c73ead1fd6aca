"""One object that came as a document through the API: read, defaulted and validated as a file's is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from readylb.config.json_nodes import read_json
from readylb.config.manifests import ManifestReader
from readylb.config.nodes import NodeError, Scalar, Table, plain_data
from readylb.config.problems import Problem, Report
from readylb.config.yaml_nodes import read_yaml
from readylb.model import Object

#: What of an object's metadata is its author's to say.
_AUTHORS_METADATA = ("name", "generateName", "namespace", "labels", "annotations")


class Reading(NamedTuple):
    """What a document says; `item` is None where it is wrong. Lines mean nothing here."""

    item: Object | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def read_document(document: Mapping[str, Any], *, strict: bool = True) -> Reading:
    """Return the object that `document` describes, or everything that is wrong with it.

    Only what an author may say is read (names, labels, annotations, spec). With `strict` false, unknown
    fields are warnings.
    """
    metadata = document.get("metadata")
    said: dict[str, Any] = {name: value for name, value in document.items() if name != "status"}
    if isinstance(metadata, Mapping):
        said["metadata"] = {name: metadata[name] for name in _AUTHORS_METADATA if name in metadata}
    report = Report(strict=strict)
    item: Object | None = None
    try:
        for root in read_json(json.dumps(said)):
            if isinstance(root, Table):
                item = next((placed.item for placed in ManifestReader("", report).read(root)), None)
    except NodeError as error:
        report.error("", 0, "", error.message)
    return Reading(None if report.errors else item, report.errors, report.warnings)


def parse_yaml(text: str) -> Any:
    """Return the only document of a YAML text as plain data. ValueError says what is wrong, and where."""
    try:
        roots = [node for node in read_yaml(text) if not (isinstance(node, Scalar) and node.value is None)]
    except NodeError as error:
        msg = f"line {error.line}: {error.message}"
        raise ValueError(msg) from error
    if len(roots) != 1:
        msg = f"there must be one document, and there are {len(roots)}"
        raise ValueError(msg)
    return plain_data(roots[0])
