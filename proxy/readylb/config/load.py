"""Text to model: everything that a `-f` names, read, checked as a whole, and handed over or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO

from readylb.config.hints import misspelt
from readylb.config.json_nodes import looks_like_json, read_json
from readylb.config.lint.report import lint
from readylb.config.manifests import ManifestReader, Placed, check_commands
from readylb.config.native import NATIVE_KEYS, NativeReader
from readylb.config.nodes import Node, NodeError, Scalar, Table
from readylb.config.problems import AccessLogTarget, Loaded, Report, quote
from readylb.config.sources import Source, read_sources
from readylb.config.yaml_nodes import read_yaml

_NO_IMAGES: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def load(
    paths: Sequence[str],
    *,
    strict: bool = True,
    images: Mapping[str, tuple[str, ...]] = _NO_IMAGES,
    stdin: BinaryIO | None = None,
) -> Loaded:
    """Return what the files, folders and standard input (`-`) describe.

    `images` maps images to local commands and wins over the files' own `images`. With `strict` false,
    unknown fields are warnings. ConfigError lists every problem, one a line: `FILE:LINE: PATH: message`.
    """
    report = Report(strict=strict)
    placed: list[Placed] = []
    mapped: dict[str, tuple[str, ...]] = {}
    logs: list[AccessLogTarget] = []
    for source in read_sources(paths, stdin, report):
        placed.extend(_read(source, report, mapped, logs))
        if len(set(logs)) > 1:
            report.error(source.file, 0, "accessLog", "another file says another; there is one access log")
    mapped.update(images)
    _check_whole(placed, mapped, report)
    if not placed and not report.errors:
        report.error(", ".join(dict.fromkeys(paths)) or "nothing", 0, "", "no objects in it")
    report.raise_errors()
    lint(placed, report)
    return Loaded(tuple(item.item for item in placed), report.warnings, mapped, logs[0] if logs else None)


def _read(
    source: Source, report: Report, images: dict[str, tuple[str, ...]], logs: list[AccessLogTarget]
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
        logs.append(native.access_log)


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


def _check_whole(placed: Sequence[Placed], images: Mapping[str, tuple[str, ...]], report: Report) -> None:
    """Check what only the whole tells: names that are taken, images that nothing maps."""
    seen: dict[tuple[str, str, str], Placed] = {}
    for item in placed:
        check_commands(item, images, report)
        meta = item.item.metadata
        if not meta.name:
            continue
        first = seen.setdefault((item.item.KIND, meta.namespace, meta.name), item)
        if first is not item:
            where = f"{first.file}:{first.line('metadata.name')}"
            message = f"{item.item.KIND} {quote(meta.name)} is already defined at {where}"
            report.error(item.file, item.line("metadata.name"), "metadata.name", message)
