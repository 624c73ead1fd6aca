from __future__ import annotations

from dataclasses import replace

import pytest
from tests.control.runtimes.conftest import make_pod

from readylb.control.runtimes.external import ExternalRuntime
from readylb.control.runtimes.process import ProcessRuntime
from readylb.control.runtimes.table import RuntimeTable
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.pod import PodSpec


def of(name: str) -> Pod:
    return Pod(spec=PodSpec(runtime_class_name=name))


async def test_runtimes_are_found_by_name_and_made_once(table: RuntimeTable) -> None:
    assert isinstance(table.for_pod(of("")), ProcessRuntime)
    assert table.for_pod(of("")) is table.for_pod(of("process"))
    assert isinstance(table.for_pod(of("external")), ExternalRuntime)


async def test_an_unknown_runtime_is_an_error_that_names_the_known_ones(table: RuntimeTable) -> None:
    with pytest.raises(
        RuntimeFailureError, match=r"no runtime is called 'moon' \(known: external, namespaces, process\)"
    ):
        table.for_pod(of("moon"))


async def test_images_can_be_mapped_anew_while_runtimes_run(table: RuntimeTable) -> None:
    pod = make_pod("")
    pod = replace(pod, spec=replace(pod.spec, containers=(Container(name="main", image="later"),)))
    runtime = table.for_pod(pod)
    await runtime.prepare(pod)
    with pytest.raises(RuntimeFailureError, match="image 'later' does not say"):
        await runtime.start(pod, pod.spec.containers[0], 0)
    table.map_images({"later": ("/bin/echo", "mapped")})
    container = await runtime.start(pod, pod.spec.containers[0], 1)
    assert (await container.wait()).exit_code == 0
