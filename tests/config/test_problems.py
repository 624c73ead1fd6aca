from __future__ import annotations

import pytest

from readylb.config.problems import SHOWN_PROBLEMS, Problem, Report, plain, quote
from readylb.errors import ConfigError


def test_a_problem_names_file_line_and_path():
    assert str(Problem("f.yaml", 3, "spec.x", "is wrong")) == "f.yaml:3: spec.x: is wrong"
    assert str(Problem("f.yaml", 0, "", "is wrong")) == "f.yaml: is wrong"


def test_errors_are_raised_together_and_once_each():
    report = Report()
    report.error("f", 1, "", "a")
    report.error("f", 2, "", "b")
    report.error("f", 1, "", "a")
    with pytest.raises(ConfigError, match=r"^f:1: a\nf:2: b$"):
        report.raise_errors()
    assert repr(report) == "<Report 2 errors, 0 warnings>"


def test_warnings_are_not_raised():
    report = Report()
    report.warn("f", 1, "", "a")
    report.raise_errors()
    assert [str(problem) for problem in report.warnings] == ["f:1: a"]


@pytest.mark.parametrize(("strict", "errors"), [(True, 1), (False, 0)])
def test_strict_decides_about_lenient_problems(strict, errors):
    report = Report(strict=strict)
    report.lenient("f", 1, "", "a")
    assert (len(report.errors), len(report.warnings)) == (errors, 1 - errors)


def test_a_report_says_when_nobody_reads_on():
    report = Report()
    for line in range(SHOWN_PROBLEMS + 1):
        assert not report.crowded
        report.error("f", line, "", "a")
    assert report.crowded


def test_values_are_quoted_as_kubernetes_quotes_them():
    assert quote("a") == '"a"'
    assert quote(-1) == "-1"
    assert quote({"a": ["b"]}) == '{"a":["b"]}'


def test_quoted_text_is_printable_and_bounded():
    assert quote("\x1b[2J\u202e") == '"\\u001b[2J\\u202e"'
    assert len(quote("x" * 10_000)) < 200
    assert plain("a\nb") == "a\\nb"
