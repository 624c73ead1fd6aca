from __future__ import annotations

import pytest

from readylb.control.restarts.exec_hook import ExecHook
from readylb.control.restarts.table import hook_for
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.meta import ObjectMeta


def pod(restart: str) -> Pod:
    return Pod(metadata=ObjectMeta(name="web-0", annotations={"readylb.io/restart": restart}))


def test_a_pod_names_its_hook() -> None:
    assert isinstance(hook_for(pod('{"exec": {"command": ["true"]}}')), ExecHook)


def test_a_pod_may_have_none() -> None:
    assert hook_for(Pod()) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "annotation readylb.io/restart: Expecting value"),
        ("[]", "must be one hook"),
        ('{"exec": {"command": ["x"]}, "other": {}}', "must be one hook"),
        ('{"exec": []}', "exec must be an object"),
        ('{"moon": {}}', "no restart hook is called 'moon'"),
        ('{"exec": {}}', "must be a list of strings"),
    ],
)
def test_a_wrong_hook_is_an_error_that_names_the_annotation(text: str, message: str) -> None:
    with pytest.raises(RuntimeFailureError, match=message):
        hook_for(pod(text))
