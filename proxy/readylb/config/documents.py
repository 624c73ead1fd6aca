"""One object that came as a JSON document through the API: read, defaulted and validated as a file's is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from readylb.config.json_nodes import read_json
from readylb.config.manifests import ManifestReader
from readylb.config.nodes import NodeError, Table
from readylb.config.problems import Problem, Report
from readylb.model import Object


def read_document(document: Mapping[str, Any]) -> tuple[Object | None, tuple[Problem, ...]]:
    """Return the object that `document` describes, or None and everything that is wrong with it.

    Only what an author may say is read (names, labels, annotations, spec); `line` means nothing here.
    """
    metadata = document.get("metadata")
    said: dict[str, Any] = {name: value for name, value in document.items() if name != "status"}
    if isinstance(metadata, Mapping):
        said["metadata"] = {name: metadata[name] for name in _AUTHORS_METADATA if name in metadata}
    report = Report()
    item: Object | None = None
    try:
        for root in read_json(json.dumps(said)):
            if isinstance(root, Table):
                item = next((placed.item for placed in ManifestReader("", report).read(root)), None)
    except NodeError as error:
        report.error("", 0, "", error.message)
    return (None, report.errors) if report.errors else (item, ())


_AUTHORS_METADATA = ("name", "namespace", "labels", "annotations")
