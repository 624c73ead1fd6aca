from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.control.runtimes.conftest import make_pod

from readylb.control.runtimes.temp_folder import empty, is_renewed, working_folder_in_tmp


def test_what_the_run_before_has_left_is_removed_and_links_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "tmp"
    (outside / "deep").mkdir(parents=True)
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "file").write_text("x")
    (folder / "lock").write_text("x")
    (folder / "link").symlink_to(outside)
    (folder / "deep" / "link").symlink_to(outside / "deep")
    empty(folder)
    assert list(folder.iterdir()) == []
    assert (outside / "deep").is_dir()


def test_a_folder_that_has_become_a_link_or_is_gone_is_left_alone(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "tmp"
    outside.mkdir()
    (outside / "file").write_text("x")
    folder.symlink_to(outside)
    empty(folder)
    empty(tmp_path / "gone")
    assert (outside / "file").read_text() == "x"


def test_the_place_of_a_mount_is_spared_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c" / "file").write_text("x")
    (tmp_path / "a" / "b" / "file").write_text("x")
    (tmp_path / "b").mkdir()
    empty(tmp_path, ("a", "b", "c"))
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left == {"a", "a/b", "a/b/c", "a/b/c/file"}


def test_a_working_folder_below_tmp_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: Path("/tmp/x/y"))
    assert working_folder_in_tmp() == ("x", "y")
    monkeypatch.setattr(Path, "cwd", lambda: Path("/home/x"))
    assert working_folder_in_tmp() == ()
    monkeypatch.undo()
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert working_folder_in_tmp() == ()


def test_only_a_container_that_is_alone_in_its_pod_has_the_folder_for_itself() -> None:
    pod = make_pod("")
    main = pod.spec.containers[0]
    assert is_renewed(pod)
    assert not is_renewed(replace(pod, spec=replace(pod.spec, containers=(main, replace(main, name="b")))))
    assert not is_renewed(replace(pod, spec=replace(pod.spec, init_containers=(replace(main, name="i"),))))
