"""Paths to text: files, folders and standard input, within bounds."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from readylb.config.problems import Report, plain

#: Largest file, in bytes: what the API server takes in one request (3 MiB).
MAX_BYTES = 3 * 1024 * 1024
SUFFIXES = (".yaml", ".yml", ".json")
STANDARD_INPUT = "-"

_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and what to call it in messages."""

    file: str
    text: str


def read_sources(paths: Sequence[str], stdin: BinaryIO | None, report: Report) -> Iterator[Source]:
    """Yield the texts in the order of `paths`; in folders, by name. What cannot be read is reported.

    A file that is named twice, by itself and by its folder, is read once.
    """
    seen: set[Path] = set()
    for path in dict.fromkeys(paths):
        if path == STANDARD_INPUT:
            yield from _text("stdin", (stdin or sys.stdin.buffer).read(MAX_BYTES + 1), report)
            continue
        for found in _files(path, report):
            if found.absolute() not in seen:
                seen.add(found.absolute())
                yield from _file(found, report)


def _files(path: str, report: Report) -> Iterator[Path]:
    root = Path(path)
    try:
        if not root.is_dir():
            yield root
            return
        entries = [entry for entry in sorted(root.iterdir()) if _is_manifest(entry)]
    except (OSError, ValueError) as error:
        report.error(_shown(path), 0, "", f"cannot read: {_cause(error)}")
        return
    if not entries:
        report.error(_shown(path), 0, "", f"the folder has no manifests ({', '.join(SUFFIXES)})")
    yield from entries


def _is_manifest(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _file(path: Path, report: Report) -> Iterator[Source]:
    file = _shown(str(path))
    try:
        with path.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        report.error(file, 0, "", f"cannot read: {_cause(error)}")
        return
    yield from _text(file, data, report)


def _text(file: str, data: bytes, report: Report) -> Iterator[Source]:
    if len(data) > MAX_BYTES:
        message = f"larger than {MAX_BYTES // 1024**2} MiB (split it into several files)"
        report.error(file, 0, "", message)
        return
    if data.startswith(_WIDE_MARKS):
        report.error(file, 1, "", "the text is UTF-16 or UTF-32 (save it as UTF-8)")
        return
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = (
            f"not UTF-8: byte 0x{data[error.start]:02x} (is this a binary file, or in another encoding?)"
        )
        report.error(file, line, "", message)
        return
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        report.error(file, line, "", "the text contains a NUL byte (is this a binary file?)")
        return
    yield Source(file, text)


def _cause(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _shown(path: str) -> str:
    return plain(os.fsencode(path).decode(errors="replace")) or '""'
