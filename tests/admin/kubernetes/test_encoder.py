from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.admin.fakes import make_pod

from readylb.admin.kubernetes import encoder as module
from readylb.admin.kubernetes.encoder import Encoder
from readylb.admin.kubernetes.objects import ApiObject, encode


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[ApiObject]:
    """What was encoded, in order."""
    seen: list[ApiObject] = []
    monkeypatch.setattr(module, "encode", lambda item: seen.append(item) or encode(item))
    return seen


def test_the_same_object_is_encoded_once(encoded: list[ApiObject]) -> None:
    encoder, pod = Encoder(), make_pod("web", 0.0)
    assert json.loads(encoder.object(pod)) == encode(pod)
    assert encoder.object(pod) is encoder.object(pod)
    assert encoded == [pod]


def test_an_equal_object_is_another_one(encoded: list[ApiObject]) -> None:
    encoder, pod = Encoder(), make_pod("web", 0.0)
    assert encoder.object(pod) == encoder.object(replace(pod))
    assert len(encoded) == 2


def test_what_was_shown_long_ago_is_forgotten(encoded: list[ApiObject]) -> None:
    encoder = Encoder()
    pods = [make_pod(f"web-{number}", 0.0) for number in range(100)]
    for pod in pods:
        encoder.object(pod)
    encoder.object(pods[-1])
    assert len(encoded) == 100
    encoder.object(pods[0])
    assert len(encoded) == 101
