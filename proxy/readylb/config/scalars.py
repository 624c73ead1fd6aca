"""What a plain YAML scalar means: YAML 1.1 as Kubernetes reads it.

The rules are those of yaml.v2, through which sigs.k8s.io/yaml turns manifests into JSON (`resolve.go`):
`on`, `yes` and `y` are true, `010` and `0x8` are 8, `12:30` and dates stay strings. They are neither
PyYAML's (12:30 would be 750) nor YAML 1.2's (`on` would be a string).
"""

from __future__ import annotations

import math
import re

Value = str | int | float | bool | None

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?|[-+]?[0-9]+\.([eE][-+]?[0-9]+)?")
_FIRST = frozenset("+-.0123456789")
#: A number is shorter than this; longer digits are a string (and would be slow to convert).
_LONGEST_NUMBER = 64
_BASES = {"x": 16, "b": 2, "o": 8}


def resolve(text: str) -> Value:
    """Return what an unquoted, untagged scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST or len(text) > _LONGEST_NUMBER:
        return text
    number = text.replace("_", "")
    matched = _INTEGER.fullmatch(number)
    if matched is not None:
        return _integer(matched[1], matched[2])
    return float(number) if _FLOAT.fullmatch(number) else text


def _integer(sign: str, digits: str) -> int:
    """Go's ParseInt with base 0: a leading 0 means octal."""
    lead = digits[1:2].lower()
    if digits[0] != "0" or len(digits) == 1:
        number = int(digits)
    elif lead in _BASES:
        number = int(digits[2:], _BASES[lead])
    else:
        number = int(digits, 8)
    return -number if sign == "-" else number
