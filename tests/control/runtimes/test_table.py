from __future__ import annotations

import pytest

from readylb.control.runtimes.external import ExternalRuntime
from readylb.control.runtimes.process import ProcessRuntime
from readylb.control.runtimes.table import RuntimeTable
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.pod import PodSpec


def of(name: str) -> Pod:
    return Pod(spec=PodSpec(runtime_class_name=name))


async def test_runtimes_are_found_by_name_and_made_once(table: RuntimeTable) -> None:
    assert isinstance(table.for_pod(of("")), ProcessRuntime)
    assert table.for_pod(of("")) is table.for_pod(of("process"))
    assert isinstance(table.for_pod(of("external")), ExternalRuntime)


async def test_an_unknown_runtime_is_an_error_that_names_the_known_ones(table: RuntimeTable) -> None:
    with pytest.raises(
        RuntimeFailureError, match=r"no runtime is called 'moon' \(known: external, process\)"
    ):
        table.for_pod(of("moon"))
