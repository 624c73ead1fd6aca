"""Names as Kubernetes makes them.

Sources: apimachinery `pkg/util/rand/rand.go` (alphabet, SafeEncodeString), apiserver
`pkg/storage/names/generate.go` (suffix, cut), `pkg/controller/controller_utils.go` (ComputeHash).
"""

from __future__ import annotations

import json
from collections.abc import Container
from typing import Protocol

from readylb.model.pod import PodTemplateSpec
from readylb.model.serialization import to_json

#: No vowels and no digits that look like letters, so that no bad words come out.
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
SUFFIX_LENGTH = 5
#: A name has to fit a DNS label.
MAX_LENGTH = 63

_FNV_OFFSET = 2166136261
_FNV_PRIME = 16777619


class Rng(Protocol):
    """What names need of `random.Random`."""

    def randrange(self, stop: int, /) -> int:
        """Return a number from 0 up to, not including, `stop`."""


def generate(base: str, taken: Container[str], rng: Rng) -> str:
    """Return `base` (such as `web-`), cut to fit, and a random suffix that makes it new."""
    while True:
        suffix = "".join(ALPHABET[rng.randrange(len(ALPHABET))] for _ in range(SUFFIX_LENGTH))
        name = base[: MAX_LENGTH - SUFFIX_LENGTH] + suffix
        if name not in taken:
            return name


def template_hash(template: PodTemplateSpec, collisions: int = 0) -> str:
    """Return the `pod-template-hash` of a template: FNV-32a of its content, safe-encoded.

    The content is our JSON, not Go's dump of the struct: equal templates have equal hashes, but
    the letters are not those that a cluster would find. `collisions` makes another one when a
    different template has the same.
    """
    content = json.dumps(to_json(template), sort_keys=True, separators=(",", ":"))
    data = content.encode() + (collisions.to_bytes(8, "little") if collisions else b"")
    return safe_encode(str(fnv32a(data)))


def safe_encode(text: str) -> str:
    """Map each character into the alphabet."""
    return "".join(ALPHABET[ord(char) % len(ALPHABET)] for char in text)


def fnv32a(data: bytes) -> int:
    """Return the FNV-1a hash, 32 bits."""
    value = _FNV_OFFSET
    for byte in data:
        value = ((value ^ byte) * _FNV_PRIME) & 0xFFFFFFFF
    return value
