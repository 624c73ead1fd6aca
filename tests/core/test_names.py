from __future__ import annotations

import random
from dataclasses import replace

from readylb.core.names import ALPHABET, fnv32a, generate, safe_encode, template_hash
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PodTemplateSpec

TEMPLATE = PodTemplateSpec(
    metadata=ObjectMeta(labels={"app": "web", "tier": "front"}),
    spec=PodSpec(containers=(Container(name="app", image="app:1"),)),
)


def test_a_generated_name_ends_in_five_letters_of_the_alphabet() -> None:
    name = generate("web-", (), random.Random(1))
    assert name.startswith("web-")
    assert len(name) == 9
    assert set(name.removeprefix("web-")) <= set(ALPHABET)


def test_a_name_that_is_taken_is_not_generated_again() -> None:
    first = generate("web-", (), random.Random(1))
    assert generate("web-", {first}, random.Random(1)) != first


def test_a_long_base_is_cut_so_that_the_name_fits_a_dns_label() -> None:
    assert len(generate("x" * 80 + "-", (), random.Random(1))) == 63


def test_fnv32a_agrees_with_the_published_vectors() -> None:
    # http://www.isthe.com/chongo/tech/comp/fnv/: "", "a", "foobar"
    assert [fnv32a(text) for text in (b"", b"a", b"foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


def test_safe_encoding_maps_digits_as_kubernetes_does() -> None:
    # pkg/util/rand: alphanums[b % 27]; ord("0") = 48, 48 % 27 = 21 -> "4"
    assert safe_encode("0123456789") == "456789bcdf"


def test_equal_templates_have_equal_hashes_whatever_the_order_of_their_labels() -> None:
    other = replace(TEMPLATE, metadata=ObjectMeta(labels={"tier": "front", "app": "web"}))
    assert template_hash(other) == template_hash(TEMPLATE)


def test_another_template_or_a_collision_has_another_hash() -> None:
    other = replace(TEMPLATE, spec=PodSpec(containers=(Container(name="app", image="app:2"),)))
    hashes = {template_hash(TEMPLATE), template_hash(other), template_hash(TEMPLATE, 1)}
    assert len(hashes) == 3
    assert all(set(item) <= set(ALPHABET) and len(item) <= 10 for item in hashes)
