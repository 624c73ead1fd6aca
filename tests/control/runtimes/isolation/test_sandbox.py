from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.isolation import needs_isolation

from readylb.control.runtimes.isolation import sandbox as module
from readylb.control.runtimes.isolation.sandbox import make_sandbox
from readylb.errors import RuntimeFailureError

ENVIRONMENT = {"PATH": os.environ["PATH"]}


OURS = ("/proc", "/tmp", "/etc/hosts")


def mounted(process: str) -> dict[str, int]:
    """Return how often something is mounted where a pod has its own, as a process sees it."""
    lines = Path(f"/proc/{process}/mountinfo").read_text().splitlines()
    points = [line.split()[4] for line in lines]
    return {point: points.count(point) for point in OURS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "hosts").touch()
    (tmp_path / "hostname").touch()
    return tmp_path


@needs_isolation
def test_nothing_that_is_mounted_inside_reaches_this_machine(folder: Path) -> None:
    before = mounted("self")
    made = make_sandbox(folder, "web-0", ENVIRONMENT)
    try:
        assert mounted("self") == before
        assert mounted(str(made.process.pid)) == {point: count + 1 for point, count in before.items()}
    finally:
        made.let_go()
        assert made.process.wait() == 0


@needs_isolation
def test_it_ends_when_the_pipe_ends_even_with_processes_inside(folder: Path) -> None:
    made = make_sandbox(folder, "web-0", ENVIRONMENT)
    assert made.entrance.is_open()
    pid = made.entrance.within(lambda: os.posix_spawn("/bin/sleep", ["sleep", "600"], ENVIRONMENT))
    made.let_go()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -9
    assert made.process.wait() == 0
    assert not made.entrance.is_open()
    with pytest.raises(ProcessLookupError):
        made.entrance.within(os.getpid)


@needs_isolation
def test_files_that_cannot_be_mounted_are_told_in_the_words_of_mount(folder: Path) -> None:
    (folder / "hosts").unlink()
    with pytest.raises(RuntimeFailureError, match=r"cannot set up the pod's files: mount: .*hosts"):
        make_sandbox(folder, "web-0", ENVIRONMENT)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (PermissionError(1, "unshare: Operation not permitted"), r"CAP_SYS_ADMIN.*--privileged"),
        (OSError(22, "unshare: Invalid argument"), "the kernel must have mnt, uts, ipc, pid and net"),
    ],
)
def test_what_the_kernel_refuses_is_told_with_what_it_takes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, remedy: str
) -> None:
    def refuse(flags: int) -> None:
        raise error

    monkeypatch.setattr(module.syscalls, "unshare", refuse)
    with pytest.raises(RuntimeFailureError, match=f"{error.strerror}.*{remedy}"):
        make_sandbox(folder, "web-0", ENVIRONMENT)
