from __future__ import annotations

import math

import pytest

from readylb.config.scalars import resolve


@pytest.mark.parametrize("text", ["on", "On", "ON", "yes", "y", "true", "TRUE"])
def test_words_of_yaml_1_1_are_true(text):
    assert resolve(text) is True


@pytest.mark.parametrize("text", ["off", "no", "N", "false", "False"])
def test_words_of_yaml_1_1_are_false(text):
    assert resolve(text) is False


@pytest.mark.parametrize("text", ["", "~", "null", "NULL"])
def test_null_has_four_spellings(text):
    assert resolve(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("010", 8),
        ("0o10", 8),
        ("0x1F", 31),
        ("0b101", 5),
        ("-7", -7),
        ("+7", 7),
        ("1_000", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("08", 8.0),
    ],
)
def test_numbers_are_read_as_go_reads_them(text, number):
    value = resolve(text)
    assert value == number
    assert type(value) is type(number)


@pytest.mark.parametrize(
    "text", ["12:30", "2026-01-01", "1.2.3", "127.0.0.1:80", "tRUE", "-", "--port", "1" * 65, "1e", "."]
)
def test_everything_else_stays_a_string(text):
    assert resolve(text) == text


def test_special_floats_are_known():
    assert math.isnan(resolve(".nan"))
    assert resolve("-.inf") == -math.inf
