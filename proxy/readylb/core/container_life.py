"""The life of one container: stages as a table, and what each step leaves behind.

    stage      input    → stage       (`START_FAILED` counts as an incarnation that ended at once)

Never two incarnations at a time: `START` has no row while one is starting, running or stopping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from readylb.model.container import ContainerStateTerminated, ContainerStateWaiting


class Stage(StrEnum):
    """Where the current incarnation is."""

    NEW = "New"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    EXITED = "Exited"


class Step(StrEnum):
    """What can happen to a container."""

    START = "Start"
    STARTED = "Started"
    START_FAILED = "StartFailed"
    STOP = "Stop"
    EXIT = "Exit"


TABLE: Mapping[tuple[Stage, Step], Stage] = {
    (Stage.NEW, Step.START): Stage.STARTING,
    (Stage.EXITED, Step.START): Stage.STARTING,
    (Stage.STARTING, Step.STARTED): Stage.RUNNING,
    (Stage.STARTING, Step.START_FAILED): Stage.EXITED,
    (Stage.RUNNING, Step.STOP): Stage.STOPPING,
    (Stage.RUNNING, Step.EXIT): Stage.EXITED,
    (Stage.STOPPING, Step.STOP): Stage.STOPPING,
    (Stage.STOPPING, Step.EXIT): Stage.EXITED,
}

#: Exit status that container runtimes report for a process that could not be started.
START_ERROR_EXIT_CODE = 128


@dataclass(frozen=True, slots=True)
class ContainerLife:
    """One container through all its incarnations.

    `restart_count` rises when a new incarnation is created, not when the old one dies. `exit` is how
    the latest one ended that has ended, `previous_exit` the one before. `waiting` is what is shown
    while EXITED instead of the exit (CrashLoopBackOff, RunContainerError). `doomed_restart` says
    whether a container that is being stopped was condemned to be started again; `stop_reason` and
    `stop_message`, where they are said, why: they become its exit's.
    """

    stage: Stage = Stage.NEW
    restart_count: int = 0
    container_id: str = ""
    started_at: float = 0.0
    exit: ContainerStateTerminated | None = None
    previous_exit: ContainerStateTerminated | None = None
    waiting: ContainerStateWaiting | None = None
    doomed_restart: bool = False
    stop_reason: str = ""
    stop_message: str = ""

    def start(self) -> ContainerLife:
        """Begin a new incarnation."""
        count = self.restart_count + (self.stage is Stage.EXITED)
        return replace(self._step(Step.START), restart_count=count, doomed_restart=False)

    def started(self, container_id: str, started_at: float) -> ContainerLife:
        """Note that it runs."""
        life = self._step(Step.STARTED)
        return replace(
            life,
            container_id=container_id,
            started_at=started_at,
            waiting=None,
            stop_reason="",
            stop_message="",
        )

    def start_failed(self, message: str, now: float) -> ContainerLife:
        """Note that it could not be started: as an exit, so that back-off and policy apply."""
        ended = ContainerStateTerminated(
            exit_code=START_ERROR_EXIT_CODE,
            reason="StartError",
            message=message,
            started_at=now,
            finished_at=now,
        )
        waiting = ContainerStateWaiting(reason="RunContainerError", message=message)
        return replace(
            self._step(Step.START_FAILED),
            exit=ended,
            previous_exit=self.exit,
            waiting=waiting,
            container_id="",
        )

    def stop(self, *, restart: bool, reason: str = "", message: str = "") -> ContainerLife:
        """Note that it is being stopped, and whether the verdict was to start it again."""
        life = self._step(Step.STOP)
        return replace(life, doomed_restart=restart, stop_reason=reason, stop_message=message)

    def exited(self, exit_code: int, signal: int, finished_at: float, reason: str = "") -> ContainerLife:
        """Note that it has ended; `reason` is what its exit status does not tell."""
        ended = ContainerStateTerminated(
            exit_code=exit_code,
            signal=signal,
            reason=self.stop_reason or reason or ("Error" if exit_code else "Completed"),
            message=self.stop_message,
            started_at=self.started_at,
            finished_at=finished_at,
            container_id=self.container_id,
        )
        return replace(self._step(Step.EXIT), exit=ended, previous_exit=self.exit, waiting=None)

    def refused(self, reason: str, message: str) -> ContainerLife:
        """Note that a start was refused by back-off. ValueError unless it has ended."""
        if self.stage is not Stage.EXITED:
            msg = f"a start cannot be refused in stage {self.stage}"
            raise ValueError(msg)
        return replace(
            self, waiting=ContainerStateWaiting(reason=reason, message=message), doomed_restart=False
        )

    def settled(self) -> ContainerLife:
        """Note that it will not be started again: its exit is what is shown."""
        return replace(self, waiting=None)

    @property
    def judged_exit(self) -> ContainerStateTerminated | None:
        """The exit from which back-off counts.

        A kill for a probe and the restart are one step of kubelet's, decided on the status from before
        the kill: the exit that counts is then the one before.
        """
        return self.previous_exit if self.doomed_restart else self.exit

    @property
    def doomed(self) -> bool:
        """Say whether it is being stopped in order to be started again."""
        return self.stage is Stage.STOPPING and self.doomed_restart

    @property
    def up(self) -> bool:
        """Say whether a process may be there, or is about to be."""
        return self.stage in {Stage.STARTING, Stage.RUNNING, Stage.STOPPING}

    def _step(self, step: Step) -> ContainerLife:
        stage = TABLE.get((self.stage, step))
        if stage is None:
            msg = f"{step} has no row in stage {self.stage}"
            raise ValueError(msg)
        return replace(self, stage=stage)
