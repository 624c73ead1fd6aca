from __future__ import annotations

import codecs
import io
import os
import time

import pytest

from readylb.config.problems import Report
from readylb.config.sources import MAX_BYTES, read_sources


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def sources(*paths, stdin=b""):
        report = Report()
        found = [(source.file, source.text) for source in read_sources(paths, io.BytesIO(stdin), report)]
        return found, [str(problem) for problem in report.errors]

    return sources


def test_a_folder_gives_its_manifests_by_name(tmp_path, read):
    for name in ("b.yml", "a.yaml", "c.json", "README.md", "d.yaml.bak"):
        (tmp_path / name).write_text(name)
    (tmp_path / "sub.yaml").mkdir()
    found, errors = read(str(tmp_path))
    assert [text for _, text in found] == ["a.yaml", "b.yml", "c.json"]
    assert errors == []


def test_a_folder_without_manifests_is_an_error(tmp_path, read):
    assert read(str(tmp_path)) == ([], [f"{tmp_path}: the folder has no manifests (.yaml, .yml, .json)"])


def test_a_dash_is_standard_input(read):
    assert read("-", stdin=b"a: 1") == ([("stdin", "a: 1")], [])


def test_a_path_that_is_named_twice_is_read_once(tmp_path, read):
    (tmp_path / "a.yaml").write_text("a")
    assert read("a.yaml", "a.yaml") == ([("a.yaml", "a")], [])


def test_a_file_that_its_folder_names_too_is_read_once(tmp_path, read):
    (tmp_path / "a.yaml").write_text("a")
    (tmp_path / "b.yaml").write_text("b")
    found, errors = read("./b.yaml", ".", str(tmp_path))
    assert [text for _, text in found] == ["b", "a"]
    assert errors == []


def test_a_missing_file_is_named(read):
    assert read("none.yaml") == ([], ["none.yaml: cannot read: no such file or folder"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path, read):
    (tmp_path / "a.yaml").touch(mode=0)
    assert read("a.yaml") == ([], ["a.yaml: cannot read: Permission denied"])


def test_a_path_with_a_nul_is_an_error(read):
    assert read("a\0b")[1]


def test_a_name_that_is_no_text_is_shown_without_harm(tmp_path, read):
    (tmp_path / os.fsdecode(b"\xff\x1b[2J.yaml")).write_text("a")
    ((file, _),), _ = read(str(tmp_path))
    assert file.isprintable()


def test_a_byte_order_mark_is_dropped(read):
    assert read("-", stdin=codecs.BOM_UTF8 + b"a: 1") == ([("stdin", "a: 1")], [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_encodings_are_named(read, encoding):
    assert read("-", stdin="a: 1".encode(encoding))[1] == [
        "stdin:1: the text is UTF-16 or UTF-32 (save it as UTF-8)"
    ]


def test_text_that_is_not_utf_8_is_refused_with_its_line(read):
    assert read("-", stdin=b"a: 1\nb: \xe9\n")[1] == [
        "stdin:2: not UTF-8: byte 0xe9 (is this a binary file, or in another encoding?)"
    ]


def test_binary_files_are_refused(read):
    assert read("-", stdin=b"ELF\n\0")[1] == [
        "stdin:2: the text contains a NUL byte (is this a binary file?)"
    ]


def test_large_files_are_refused_within_a_second(tmp_path, read):
    (tmp_path / "a.yaml").write_bytes(b"a: [1, 2, 3]\n" * (MAX_BYTES // 10))
    before = time.process_time()
    assert read("a.yaml")[1] == ["a.yaml: larger than 3 MiB (split it into several files)"]
    assert time.process_time() - before < 1


def test_an_endless_file_is_refused(read):
    assert read("/dev/zero")[1] == ["/dev/zero: larger than 3 MiB (split it into several files)"]
