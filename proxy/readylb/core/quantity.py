"""Quantities: `500m` CPUs, `64Mi` of memory (`apimachinery/pkg/api/resource/quantity.go`)."""

from __future__ import annotations

import math
import re
from fractions import Fraction

#: What the API says about a text that is no quantity.
RULE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

_TEXT = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i)?)")

_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

#: What is larger counts as this, as in Kubernetes.
_LARGEST = 2**63 - 1
#: Nobody writes a number with more characters; a longer one only costs time.
_LONGEST = 64


def parse_quantity(text: str) -> Fraction:
    """Return the number that a quantity stands for. ValueError with the API's words when it is none."""
    match = _TEXT.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(RULE)
    number, exponent, suffix = match.groups()
    if suffix in _BINARY:
        scale = Fraction(2) ** _BINARY[suffix]
    else:
        scale = Fraction(10) ** (int(exponent) if exponent else _DECIMAL.get(suffix or "", 0))
    return min(Fraction(number) * scale, Fraction(_LARGEST))


def milli(text: str) -> int:
    """Return a quantity in thousandths, rounded up."""
    return math.ceil(parse_quantity(text) * 1000)


def whole(text: str) -> int:
    """Return a quantity in units, rounded up."""
    return math.ceil(parse_quantity(text))
