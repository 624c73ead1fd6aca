from __future__ import annotations

import pytest

from readylb.core.ownership import can_restart, is_external
from readylb.model import Pod
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec


@pytest.mark.parametrize(
    ("runtime", "annotations", "external", "restartable"),
    [
        ("", {}, False, True),
        ("external", {}, True, False),
        ("external", {"readylb.io/restart": "{}"}, True, True),
    ],
)
def test_an_endpoint_of_somebody_else_can_be_restarted_only_by_its_hook(
    runtime: str, annotations: dict[str, str], external: bool, restartable: bool
) -> None:
    pod = Pod(metadata=ObjectMeta(annotations=annotations), spec=PodSpec(runtime_class_name=runtime))
    assert (is_external(pod), can_restart(pod)) == (external, restartable)
