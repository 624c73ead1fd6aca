from __future__ import annotations

from pathlib import Path

import pytest

from readylb.control.restarts import RestartRequest
from readylb.control.restarts.exec_hook import ExecHook
from readylb.errors import RuntimeFailureError
from readylb.model.restart import ExecRestart


def shell(script: str) -> ExecHook:
    return ExecHook(ExecRestart(command=("/bin/sh", "-c", script)))


async def test_references_in_the_command_expand(asked: RestartRequest, tmp_path: Path) -> None:
    words = ("/usr/bin/touch", f"{tmp_path}/web@$(INDEX)-$(POD_NAME)-$$(INDEX)")
    await ExecHook(ExecRestart(command=words)).restart(asked)
    assert [path.name for path in tmp_path.iterdir()] == ["web@2-web-2-$(INDEX)"]


async def test_the_environment_tells_who_and_why(asked: RestartRequest, tmp_path: Path) -> None:
    facts = (
        "POD_NAME",
        "POD_NAMESPACE",
        "CONTAINER",
        "ENDPOINT",
        "INDEX",
        "REASON",
        "RESTART_COUNT",
        "MESSAGE",
    )
    await shell("; ".join(f'echo "${name}" >> {tmp_path}/facts' for name in facts)).restart(asked)
    assert (tmp_path / "facts").read_text().splitlines() == [
        "web-2",
        "default",
        "web",
        "127.0.0.1:8083",
        "2",
        "LivenessProbeFailed",
        "3",
        "HTTP probe failed with statuscode: 500",
    ]


async def test_what_an_endpoint_says_does_not_become_part_of_a_command(asked: RestartRequest) -> None:
    assert await shell("echo '$(MESSAGE)'").restart(asked) == "$(MESSAGE)"


async def test_the_end_of_its_output_is_told(asked: RestartRequest) -> None:
    assert await shell("echo restarted; echo in 2 s >&2").restart(asked) == "restarted in 2 s"


async def test_a_failure_names_the_program_and_quotes_the_output_but_no_arguments(
    asked: RestartRequest,
) -> None:
    with pytest.raises(RuntimeFailureError) as caught:
        await shell("echo 'Unit web@2.service not found.' >&2; : password; exit 4").restart(asked)
    assert str(caught.value) == "/bin/sh: exit status 4: Unit web@2.service not found."
