from __future__ import annotations

import pytest

from readylb.core.quantity import milli, parse_quantity, whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("64Mi", 64 * 2**20),
        ("1Gi", 2**30),
        ("1.5Gi", 3 * 2**29),
        ("128974848", 128974848),
        ("129e6", 129_000_000),
        ("129M", 129_000_000),
        ("1E", 10**18),
        ("1E3", 1000),
        (".5k", 500),
        ("5.", 5),
        ("-1", -1),
        ("100m", 0.1),
    ],
)
def test_suffixes_and_exponents_scale(text: str, number: float) -> None:
    assert float(parse_quantity(text)) == number


@pytest.mark.parametrize("text", ["", "much", "1 Gi", "1KiB", "0x10", "1e", "1e9999", "1.2.3", "٣", "1" * 65])
def test_what_is_no_quantity_is_refused_in_the_words_of_the_api(text: str) -> None:
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        parse_quantity(text)


def test_parts_of_a_unit_count_as_one() -> None:
    assert (milli("0.0001"), milli("250m"), milli("2")) == (1, 250, 2000)
    assert (whole("1m"), whole("1.5")) == (1, 2)


def test_more_than_64_bits_is_the_most_there_is() -> None:
    assert whole("1e30") == 2**63 - 1
