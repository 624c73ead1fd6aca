"""A folder of plain files stands for the kernel's: what is written where, and what is told when it cannot be.

That the kernel then does what it says is not tested here.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.control.runtimes.conftest import make_pod, read_pid, until, written

from readylb.control.runtimes import cgroups as module
from readylb.control.runtimes.cgroups import Cgroups, ContainerCgroup, cgroup_root
from readylb.control.runtimes.owner import Owner
from readylb.control.runtimes.process import ProcessRuntime
from readylb.control.runtimes.runtime import Warn
from readylb.core.resources import Limits
from readylb.errors import RuntimeFailureError
from readylb.model import Pod
from readylb.model.container import ResourceRequirements

FILES = ("memory.max", "memory.swap.max", "memory.oom.group", "memory.events", "cpu.max", "cgroup.procs")
BOTH = Limits(64 * 2**20, 50_000)


def limited(**limits: str) -> Pod:
    return make_pod("exit 0", resources=ResourceRequirements(limits=limits))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the root of a hierarchy in which folders get files, and lose them, as in the kernel's."""
    root = tmp_path / "cgroup"
    root.mkdir()
    (root / "cgroup.controllers").write_text("cpu io memory pids\n")
    (root / "cgroup.subtree_control").touch()
    mkdir, rmdir = Path.mkdir, Path.rmdir

    def populate(self: Path, *args: object, **kwargs: object) -> None:
        mkdir(self, *args, **kwargs)  # type: ignore[arg-type]
        if root in self.parents:
            for name in ("cgroup.subtree_control", *FILES):
                (self / name).touch()

    def remove(self: Path) -> None:
        for file in self.iterdir() if root in self.parents else ():
            if file.is_file():
                file.unlink()
        rmdir(self)

    monkeypatch.setattr(Path, "mkdir", populate)
    monkeypatch.setattr(Path, "rmdir", remove)
    return root


def test_limits_are_written_where_the_kernel_reads_them(root: Path) -> None:
    groups = Cgroups(root)
    assert groups.warnings(limited(memory="64Mi", cpu="500m")) == ()
    made = groups.make("one", BOTH)
    assert made is not None
    folder = root / Owner.this().slug / "one"
    assert [(folder / name).read_text() for name in ("memory.max", "memory.swap.max", "cpu.max")] == [
        "67108864",
        "0",
        "50000 100000",
    ]
    assert (folder / "memory.oom.group").read_text() == "1"
    for parent in (root, folder.parent):
        assert (parent / "cgroup.subtree_control").read_text() == "+cpu +memory"
    made.remove()
    assert not folder.exists()
    groups.close()
    assert not folder.parent.exists()


def test_a_pod_without_limits_makes_nothing(root: Path) -> None:
    groups = Cgroups(root)
    assert groups.warnings(limited()) == ()
    assert groups.make("one", Limits()) is None
    groups.close()
    assert [path.name for path in root.iterdir() if path.is_dir()] == []


def test_without_cgroup_v2_one_warning_says_so() -> None:
    groups = Cgroups(None)
    text = "resources.limits are not enforced: cpu and memory: cgroup v2 is not mounted here"
    assert groups.warnings(limited(memory="64Mi", cpu="1")) == (Warn("LimitsNotEnforced", text),)
    assert groups.make("one", BOTH) is None


def test_a_controller_that_v1_has_taken_is_named_and_the_other_is_used(root: Path) -> None:
    (root / "cgroup.controllers").write_text("cpu hugetlb\n")
    groups = Cgroups(root)
    (warning,) = groups.warnings(limited(memory="64Mi", cpu="1"))
    assert warning.message == (
        f"resources.limits are not enforced: memory: cgroup v2 in {root} has no such controller "
        "(cgroup v1 may have it)"
    )
    made = groups.make("one", BOTH)
    assert made is not None
    folder = root / Owner.this().slug / "one"
    assert (folder / "cpu.max").read_text() == "50000 100000"
    assert (folder / "memory.max").read_text() == ""


def test_what_may_not_be_written_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, text: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(module, "_write", refuse)
    (warning,) = Cgroups(root).warnings(limited(memory="64Mi"))
    assert f"memory: {root}/cgroup.subtree_control: Permission denied (cgroup v2 must be" in warning.message


def test_where_the_root_cannot_be_shared_out_nothing_is_left_in_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(path: Path, text: str) -> None:
        raise OSError(16, "Device or resource busy", str(path))

    monkeypatch.setattr(module, "_write", busy)
    groups = Cgroups(root)
    assert "Device or resource busy" in groups.warnings(limited(memory="64Mi"))[0].message
    assert groups.make("one", BOTH) is None
    groups.close()
    assert [path for path in root.iterdir() if path.is_dir()] == []


def test_resources_that_nobody_here_can_limit_are_named(root: Path) -> None:
    (warning,) = Cgroups(root).warnings(limited(**{"ephemeral-storage": "1Gi", "cpu": "1"}))
    assert warning.message.endswith("ephemeral-storage: readylb limits cpu and memory only")


def test_a_limit_that_the_kernel_refuses_is_an_error_and_leaves_no_group(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = Cgroups(root)
    groups.warnings(limited(cpu="1"))
    write = module._write

    def refuse(path: Path, text: str) -> None:
        if path.name == "cpu.max":
            raise OSError(22, "Invalid argument", str(path))
        write(path, text)

    monkeypatch.setattr(module, "_write", refuse)
    with pytest.raises(RuntimeFailureError, match=r"cannot limit the container's resources: .*cpu.max"):
        groups.make("one", BOTH)
    assert not (root / Owner.this().slug / "one").exists()


def test_the_kernels_count_tells_who_was_killed_for_want_of_memory(tmp_path: Path) -> None:
    group = ContainerCgroup(tmp_path)
    assert not group.oom_killed()
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 12\noom 1\noom_kill 0\n")
    assert not group.oom_killed()
    (tmp_path / "memory.events").write_text("low 0\noom 1\noom_kill 1\noom_group_kill 1\n")
    assert group.oom_killed()


def test_groups_of_dead_readylbs_are_removed_and_nobody_elses(root: Path) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    dead = replace(Owner.this(), pid=child.pid)
    for name in (dead.slug, Owner.this().slug, "readylb-else", "system.slice"):
        (root / name).mkdir()
    (root / dead.slug / "one").mkdir()
    Cgroups(root).clean()
    left = {path.name for path in root.iterdir() if path.is_dir()}
    assert left == {Owner.this().slug, "readylb-else", "system.slice"}


def test_the_root_is_where_cgroup2_is_mounted(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "25 1 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
        "26 25 0:23 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
        "27 25 0:24 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw\n"
    )
    assert cgroup_root(mounts) == Path("/sys/fs/cgroup/unified")
    mounts.write_text("25 1 0:22 / /proc rw - proc proc rw\n")
    assert cgroup_root(mounts) is None
    assert cgroup_root(tmp_path / "none") is None


async def test_a_limited_container_runs_in_its_group_and_is_told_when_memory_ended_it(
    root: Path, runtime: ProcessRuntime, tmp_path: Path
) -> None:
    runtime._cgroups = Cgroups(root)
    pod = limited(memory="64Mi")
    script = f"echo $$$$ > {tmp_path}/pid; exec sleep 600"
    main = replace(pod.spec.containers[0], command=("/bin/sh", "-c", script))
    pod = replace(pod, spec=replace(pod.spec, containers=(main,)))
    await runtime.prepare(pod)
    container = await runtime.start(pod, main, 0)
    await until(written(tmp_path / "pid"))
    (folder,) = (path for path in (root / Owner.this().slug).iterdir() if path.is_dir())
    assert (folder / "cgroup.procs").read_text() == "0\n"
    assert (await runtime.exec_sync(pod, "main", ("echo", "inside"), 10.0)).output == b"inside\n"
    (folder / "memory.events").write_text("oom 1\noom_kill 1\n")
    os.kill(read_pid(tmp_path / "pid"), signal.SIGKILL)
    ended = await container.wait()
    assert (ended.exit_code, ended.signal, ended.reason) == (137, 9, "OOMKilled")
    await container.wait_gone()
    assert not folder.exists()


async def test_a_command_that_is_not_there_is_told_as_without_limits(
    root: Path, runtime: ProcessRuntime
) -> None:
    runtime._cgroups = Cgroups(root)
    pod = limited(memory="64Mi")
    main = replace(pod.spec.containers[0], command=("no-such-command",))
    pod = replace(pod, spec=replace(pod.spec, containers=(main,)))
    await runtime.prepare(pod)
    with pytest.raises(
        RuntimeFailureError, match=r'exec: "no-such-command": executable file not found in \$PATH'
    ):
        await runtime.start(pod, main, 0)
    assert [path.name for path in (root / Owner.this().slug).iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    ("module_path", "name"),
    [
        ("readylb.control.runtimes.process.LogRing", "disk"),
        ("readylb.control.runtimes.process.os.pipe", "files"),
    ],
)
async def test_a_start_for_which_there_is_no_room_leaves_no_group_and_no_log(
    root: Path, runtime: ProcessRuntime, monkeypatch: pytest.MonkeyPatch, module_path: str, name: str
) -> None:
    runtime._cgroups = Cgroups(root)
    pod = limited(memory="64Mi")
    await runtime.prepare(pod)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, f"no more {name}")

    with monkeypatch.context() as full:
        full.setattr(module_path, refuse)
        with pytest.raises((OSError, RuntimeFailureError), match=f"no more {name}"):
            await runtime.start(pod, pod.spec.containers[0], 0)
    assert [path.name for path in (root / Owner.this().slug).iterdir() if path.is_dir()] == []
    assert list(runtime._pods[pod.metadata.uid].folder.glob("main.*")) == []
    assert (await (await runtime.start(pod, pod.spec.containers[0], 1)).wait()).exit_code == 0
