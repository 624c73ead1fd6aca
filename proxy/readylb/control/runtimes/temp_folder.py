"""A pod's folder for temporary files, between two runs of its container.

In a cluster a container that is started again has the files of its image and nothing of what the run
before has written: a lock file in `/tmp` is gone, and one that says "ready" too. Containers of a pod
share the folder here, so it is emptied only for the one that is alone in its pod: of others it may hold
what they still use, or what an init container has prepared.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from readylb.model import Pod


def is_renewed(pod: Pod) -> bool:
    """Say whether the pod's container finds the folder empty when it is started again."""
    return len(pod.spec.every_container) == 1


def working_folder_in_tmp() -> tuple[str, ...]:
    """Return where readylb was started, as names below `/tmp`; empty when that is elsewhere or gone.

    An isolated pod has that folder mounted at its place: to remove the place would take it away.
    """
    try:
        return Path.cwd().relative_to("/tmp").parts  # noqa: S108 - only a name
    except (FileNotFoundError, ValueError):
        return ()


def empty(folder: Path, spared: Sequence[str] = ()) -> None:
    """Remove what is in the folder, except what lies at the end of the names `spared`. Blocks.

    It was the container's to change: links in it are removed and never followed, nor is the folder
    itself when it is one now. What cannot be removed stays.
    """
    with contextlib.suppress(OSError):
        _empty(os.open(folder, _FOLDER), spared)


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _empty(descriptor: int, spared: Sequence[str]) -> None:
    try:
        with os.scandir(descriptor) as found:
            entries = [(item.name, item.is_dir(follow_symlinks=False)) for item in found]
        for name, is_folder in entries:
            with contextlib.suppress(OSError):
                if spared and name == spared[0]:
                    if len(spared) > 1:
                        _empty(os.open(name, _FOLDER, dir_fd=descriptor), spared[1:])
                elif is_folder:
                    shutil.rmtree(name, ignore_errors=True, dir_fd=descriptor)
                else:
                    os.unlink(name, dir_fd=descriptor)
    finally:
        os.close(descriptor)
