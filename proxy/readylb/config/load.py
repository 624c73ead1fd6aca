"""Text to model: everything that a `-f` names, read, checked as a whole, and handed over or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, BinaryIO, cast

from readylb.config.hints import misspelt
from readylb.config.json_nodes import looks_like_json, read_json
from readylb.config.lint.report import lint
from readylb.config.manifests import ManifestReader, Placed, missing_commands
from readylb.config.native import NATIVE_KEYS, NativeReader
from readylb.config.nodes import Node, NodeError, Scalar, Table, plain_data
from readylb.config.problems import AccessLogTarget, Loaded, Report, plain, quote
from readylb.config.sources import Source, read_sources
from readylb.config.yaml_nodes import read_yaml
from readylb.core.capacity import first_beyond
from readylb.core.isolation import Isolation
from readylb.core.last_applied import authored, signed
from readylb.model import Object

#: Where objects are that say nothing of it.
DEFAULT_NAMESPACE = "default"

_NO_IMAGES: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def load(
    paths: Sequence[str],
    *,
    strict: bool = True,
    images: Mapping[str, tuple[str, ...]] | None = _NO_IMAGES,
    stdin: BinaryIO | None = None,
    namespace: str = DEFAULT_NAMESPACE,
) -> Loaded:
    """Return what the files, folders and standard input (`-`) describe.

    `images` maps images to local commands and wins over the files' own `images`; with None, nobody asks
    whether there is a command. With `strict` false, unknown fields are warnings. Objects that name no
    namespace are in `namespace`. Each object carries the note of what its file says (`core.last_applied`).
    ConfigError lists every problem, one a line: `FILE:LINE: PATH: message`.
    """
    report = Report(strict=strict)
    placed: list[Placed] = []
    mapped: dict[str, tuple[str, ...]] = {}
    said = _Said()
    for source in read_sources(paths, stdin, report):
        placed.extend(_read(source, report, mapped, said))
        if len(said.logs) > 1:
            report.error(source.file, 0, "accessLog", "another file says another; there is one access log")
        if len(said.isolations) > 1:
            report.error(source.file, 0, "isolation", "another file says another; it holds for all pods")
    placed = [_in_namespace(item, namespace, report) for item in placed]
    mapped.update(images or {})
    _check_whole(placed, None if images is None else mapped, report)
    if not placed and not report.errors:
        report.error(", ".join(dict.fromkeys(paths)) or "nothing", 0, "", "no objects in it")
    report.raise_errors()
    lint(placed, report)
    return Loaded(
        tuple(_signed(item) for item in placed),
        report.warnings,
        mapped,
        next(iter(said.logs), None),
        next(iter(said.isolations), None),
    )


@dataclass(slots=True)
class _Said:
    """What the files say that is said once, each way in which it is said (dicts keep their order)."""

    logs: dict[AccessLogTarget, None] = field(default_factory=dict)
    isolations: dict[Isolation, None] = field(default_factory=dict)


def _read(
    source: Source, report: Report, images: dict[str, tuple[str, ...]], said: _Said
) -> Iterator[Placed]:
    """Yield the objects of one text, and add the images that it maps and the access log that it names."""
    manifests = ManifestReader(source.file, report)
    native = NativeReader(source.file, report)
    try:
        for root in _documents(source):
            if isinstance(root, Scalar) and root.value is None:
                continue
            if not isinstance(root, Table):
                report.error(source.file, root.line, "", f"expected an object, found {_found(root)}")
            elif _is_kubernetes(root):
                yield from manifests.read(root)
            elif any(key in root.entries for key in NATIVE_KEYS):
                yield from native.read(root, images)
            else:
                hint = misspelt("services", root.entries)
                report.error(source.file, root.line, "", f"{_NEITHER}{hint}")
    except NodeError as error:
        report.error(source.file, error.line, "", error.message)
    if native.access_log is not None:
        said.logs[native.access_log] = None
    if native.isolation is not None:
        said.isolations[native.isolation] = None


_NEITHER = "neither a Kubernetes manifest (no apiVersion and kind) nor a readylb.yaml (no services)"


def _is_kubernetes(root: Table) -> bool:
    return "apiVersion" in root.entries or "kind" in root.entries


def _documents(source: Source) -> Iterator[Node]:
    """JSON that is malformed may still be YAML in flow style; a .json file may not."""
    if not looks_like_json(source.text):
        return read_yaml(source.text)
    try:
        return iter(list(read_json(source.text)))
    except NodeError:
        if source.file.endswith(".json"):
            raise
    return read_yaml(source.text)


def _found(root: Node) -> str:
    return quote(root.value) if isinstance(root, Scalar) else "a list"


def _in_namespace(placed: Placed, namespace: str, report: Report) -> Placed:
    """Put an object that names no namespace into this one; one that names another is refused."""
    if namespace == DEFAULT_NAMESPACE:
        return placed
    meta = placed.item.metadata
    named = None if placed.node is None else placed.node.get("metadata")
    if not (isinstance(named, Table) and "namespace" in named.entries):
        changed = replace(meta, namespace=namespace)
        return replace(placed, item=replace(cast("Any", placed.item), metadata=changed))
    if meta.namespace != namespace:
        path = "metadata.namespace"
        message = (
            f"the namespace {quote(meta.namespace)} is not the one that was asked for (-n {plain(namespace)})"
        )
        report.error(placed.file, placed.line(path), path, message)
    return placed


def _signed(placed: Placed) -> Object:
    said = authored(placed.item) if placed.node is None else plain_data(placed.node)
    return signed(placed.item, said)


def _check_whole(
    placed: Sequence[Placed], images: Mapping[str, tuple[str, ...]] | None, report: Report
) -> None:
    """Check what only the whole tells: names that are taken, images that nothing maps, too many pods."""
    seen: dict[tuple[str, str, str], Placed] = {}
    for item in placed:
        for path, message in () if images is None else missing_commands(item.item, images):
            report.error(item.file, item.line(path), path, message)
        meta = item.item.metadata
        if not meta.name:
            continue
        first = seen.setdefault((item.item.KIND, meta.namespace, meta.name), item)
        if first is not item:
            where = f"{first.file}:{first.line('metadata.name')}"
            message = f"{item.item.KIND} {quote(meta.name)} is already defined at {where}"
            report.error(item.file, item.line("metadata.name"), "metadata.name", message)
    found = first_beyond(item.item for item in placed)
    if found is not None:
        index, reason = found
        beyond = placed[index]
        # What stands for an object in a readylb.yaml has no spec.
        place = "replicas" if beyond.path.startswith("services.") else "spec.replicas"
        report.error(beyond.file, beyond.line(place), place, reason)
