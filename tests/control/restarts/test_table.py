from __future__ import annotations

import pytest

from readylb.control.restarts.exec_hook import ExecHook
from readylb.control.restarts.table import named_hook
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.meta import ObjectMeta


def pod(restart: str) -> Pod:
    return Pod(metadata=ObjectMeta(name="web-0", annotations={"readylb.io/restart": restart}))


def test_a_pod_names_its_hook() -> None:
    name, hook = named_hook(pod('{"exec": {"command": ["true"]}}'))
    assert name == "exec"
    assert isinstance(hook, ExecHook)


def test_a_wrong_hook_is_an_error_that_names_the_annotation() -> None:
    with pytest.raises(
        RuntimeFailureError,
        match=r'restart pod "web-0": annotation readylb.io/restart: exec.command: Required',
    ):
        named_hook(pod('{"exec": {"command": []}}'))
