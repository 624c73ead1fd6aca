"""Kubernetes documents to objects: which kinds there are, and the steps each goes through."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from readylb.config.decode import Decoder
from readylb.config.defaults import defaulted
from readylb.config.hints import did_you_mean, misspelt
from readylb.config.knobs import EXTERNAL, RESTART, check_annotations, check_period
from readylb.config.known_fields import KNOWN
from readylb.config.nodes import Node, Scalar, Sequence, Table, locate
from readylb.config.pod_specs import pod_spec
from readylb.config.problems import Report, plain, quote
from readylb.config.unsupported import unsupported
from readylb.config.validation.objects import validate
from readylb.core import container_command
from readylb.model import Deployment, Object, Pod, ReplicaSet, ReplicationController, Service

#: The kinds that a manifest may hold, beside List.
KINDS: Mapping[str, Any] = {
    cls.KIND: cls for cls in (Deployment, Pod, ReplicaSet, ReplicationController, Service)
}
SUPPORTED = ", ".join(sorted([*(f"{name} ({cls.API_VERSION})" for name, cls in KINDS.items()), "List (v1)"]))

#: Kubernetes' alphabet for generated names (`apimachinery/pkg/util/rand`): no vowels, no look-alikes.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_LONGEST_BASE = 63 - _SUFFIX_LENGTH
_TYPE_META = frozenset({"apiVersion", "kind"})


@dataclass(frozen=True, slots=True)
class Placed:
    """An object, and where it was written; `node` is its document, where it has one of its own."""

    item: Object
    file: str
    root: Node
    path: str = ""
    node: Table | None = None

    def line(self, path: str) -> int:
        """Return the line of a field of the object."""
        below = f"{self.path}.{path}" if self.path and path else self.path or path
        return locate(self.root, below)


class ManifestReader:
    """Reads the Kubernetes documents of one file."""

    def __init__(self, file: str, report: Report) -> None:
        """Read what `file` holds."""
        self._file = file
        self._report = report
        self._decoder = Decoder(file, report, KNOWN)

    def read(self, root: Table) -> Iterator[Placed]:
        """Yield the objects of a document; problems are reported."""
        yield from self._document(root, root, "", {})

    def _document(
        self, root: Table, node: Table, path: str, inherited: Mapping[str, str]
    ) -> Iterator[Placed]:
        api_version = self._type_meta(node, path, "apiVersion", inherited)
        kind = self._type_meta(node, path, "kind", inherited)
        if api_version is None or kind is None:
            return
        if kind in KINDS and api_version == KINDS[kind].API_VERSION:
            yield self._object(root, node, path, KINDS[kind])
        elif kind == "List" and api_version == "v1":
            yield from self._items(root, node, path, {})
        elif (member := KINDS.get(kind.removesuffix("List"))) and api_version == member.API_VERSION:
            yield from self._items(root, node, path, {"apiVersion": api_version, "kind": member.KIND})
        else:
            line = node.entries["kind"].line if "kind" in node.entries else node.line
            self._report.error(self._file, line, path, _no_such_kind(kind, api_version))

    def _type_meta(self, node: Table, path: str, key: str, inherited: Mapping[str, str]) -> str | None:
        found = node.get(key)
        if isinstance(found, Scalar) and isinstance(found.value, str) and found.value:
            return found.value
        if found is None and key in inherited:
            return inherited[key]
        line = found.line if found is not None else node.line
        unset = f"{key} not set{misspelt(key, node.entries)}"
        message = unset if found is None else f"{key} must be a string"
        self._report.error(self._file, line, path, message)
        return None

    def _items(self, root: Table, node: Table, path: str, inherited: Mapping[str, str]) -> Iterator[Placed]:
        items = node.get("items")
        if items is None or (isinstance(items, Scalar) and items.value is None):
            return
        if not isinstance(items, Sequence):
            self._report.error(self._file, items.line, f"{path}.items".lstrip("."), "items must be a list")
            return
        for index, item in enumerate(items.items):
            below = f"{path}.items[{index}]".lstrip(".")
            if isinstance(item, Table):
                yield from self._document(root, item, below, inherited)
            else:
                self._report.error(self._file, item.line, below, "must be an object")

    def _object(self, root: Table, node: Table, path: str, cls: Any) -> Placed:
        before = len(self._report.errors)
        decoded: Object = self._decoder.decode(cls, node, skip=_TYPE_META)
        undecoded = [problem.path for problem in self._report.errors[before:] if problem.path]
        item = defaulted(decoded)
        placed = Placed(item, self._file, root, path, node)
        for error in validate(item):
            if not any(_related(error.path, other) for other in undecoded):
                line = placed.line(error.path)
                self._report.error(self._file, line, plain(error.path), error.message)
        self._honour(placed)
        return replace(placed, item=_named(item))

    def _honour(self, placed: Placed) -> None:
        for finding in unsupported(placed.item):
            add = self._report.error if finding.refused else self._report.warn
            add(self._file, placed.line(finding.path), finding.path, finding.message)
        found = pod_spec(placed.item)
        inner = "" if found is None else found.path.removesuffix("spec")
        for path, meta in {
            "metadata": placed.item.metadata,
            **({f"{inner}metadata": found.metadata} if found else {}),
        }.items():
            below = f"{path}.annotations"
            periods = check_period(meta.annotations, found.spec) if found and meta is found.metadata else ()
            for name, message in (*check_annotations(meta.annotations), *periods):
                line = self._annotation_line(placed, below, name)
                # A hook that is wrong is none, and would be missed only when it is needed.
                add = self._report.error if name == RESTART else self._report.lenient
                add(self._file, line, below, f"{plain(name)}: {message}")

    @staticmethod
    def _annotation_line(placed: Placed, path: str, name: str) -> int:
        """Look up an annotation by itself: its name holds dots, which part the steps of a path."""
        node: Node | None = placed.root
        for step in f"{placed.path}.{path}".lstrip(".").replace("[", ".[").split("."):
            if step.startswith("[") and isinstance(node, Sequence):
                node = node.items[int(step[1:-1])]
            else:
                node = node.get(step) if isinstance(node, Table) else None
        if isinstance(node, Table) and name in node.entries:
            return node.entries[name].line
        return placed.line(path)


def missing_commands(item: Object, images: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Yield (path, message) of containers that there is no local command for."""
    found = pod_spec(item)
    if found is None or found.spec.runtime_class_name == EXTERNAL:
        return
    for below, container in found.containers:
        try:
            known = container_command.resolve(container, images, found.metadata.annotations)
        except ValueError:
            continue  # the annotation is malformed, which has been reported
        if known is None and container.image:
            yield f"{below}.image", _unmapped(container.image)


def _unmapped(image: str) -> str:
    return (
        f"cannot run image {quote(image)}: no local command is known for it"
        f" (map it: --image '{plain(image)}=COMMAND', `images` in readylb.yaml,"
        f" the annotation {container_command.COMMAND_ANNOTATION}, or the container's own `command`)"
    )


def _related(path: str, other: str) -> bool:
    """Say whether one of two paths contains the other: a value that was not read is not judged twice."""
    return (
        path == other
        or path.startswith((f"{other}.", f"{other}["))
        or other.startswith((f"{path}.", f"{path}["))
    )


def _no_such_kind(kind: str, api_version: str) -> str:
    member = KINDS.get(kind.removesuffix("List"))
    if kind == "List" or member is not None:
        wanted = "v1" if member is None else member.API_VERSION
        found = f'no matches for kind "{plain(kind)}" in version "{plain(api_version)}"'
        return f"{found} (use apiVersion: {wanted})"
    hint = did_you_mean(kind, [*KINDS, "List"])
    return f'kind "{plain(kind)}" is not supported{hint}; supported: {SUPPORTED}'


def _named(item: Object) -> Object:
    meta = item.metadata
    if meta.name or not meta.generate_name:
        return item
    suffix = "".join(secrets.choice(_ALPHABET) for _ in range(_SUFFIX_LENGTH))
    return replace(item, metadata=replace(meta, name=meta.generate_name[:_LONGEST_BASE] + suffix))
