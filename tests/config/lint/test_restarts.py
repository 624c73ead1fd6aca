from __future__ import annotations

from typing import Any

import pytest

from readylb.config.lint.restarts import lint_restarts
from readylb.config.pod_specs import pod_spec
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec
from readylb.model.probe import Probe


def told(notes: dict[str, str], **probes: Any) -> list[str]:
    spec = PodSpec(containers=(Container(name="web", **probes),), runtime_class_name="external")
    found = pod_spec(Pod(metadata=ObjectMeta(name="web-0", annotations=notes), spec=spec))
    assert found is not None
    return [f"{item.path}: {item.message}" for item in lint_restarts(found)]


HOOK = {"readylb.io/restart": '{"exec": {"command": ["x"]}}'}


def test_a_hook_that_no_probe_asks_for_is_told() -> None:
    assert told(HOOK, readiness_probe=Probe()) == [
        (
            "spec.containers[0].livenessProbe: container web has neither this nor a startup probe: nothing "
            "ever asks for the restart hook (a liveness probe says who must be restarted)"
        )
    ]


@pytest.mark.parametrize("kind", ["liveness_probe", "startup_probe"])
def test_one_probe_that_may_ask_is_enough(kind: str) -> None:
    assert told(HOOK, **{kind: Probe()}) == []


def test_without_a_hook_nothing_is_missed() -> None:
    assert told({}) == []
