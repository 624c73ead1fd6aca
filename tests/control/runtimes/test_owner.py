from __future__ import annotations

import os
import subprocess
from dataclasses import replace

from readylb.control.runtimes.owner import Owner


def test_an_owner_is_found_again_in_its_alias() -> None:
    this = Owner.this()
    assert this.pid == os.getpid()
    assert Owner.named_in(str(this)) == this


def test_an_alias_of_somebody_else_names_nobody() -> None:
    assert Owner.named_in("") is None
    assert Owner.named_in("uplink to the office") is None
    assert Owner.named_in("readylb:pid=1") is None


def test_who_runs_is_alive_and_who_has_ended_is_dead() -> None:
    assert not Owner.this().is_dead()
    child = subprocess.Popen(["true"])
    owner = replace(Owner.this(), pid=child.pid)
    child.wait()
    assert owner.is_dead()


def test_another_process_with_the_same_id_is_not_the_owner() -> None:
    assert replace(Owner.this(), start=1).is_dead()


def test_a_process_that_nobody_has_reaped_yet_is_dead() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert replace(Owner.this(), pid=child.pid).is_dead()
    child.wait()


def test_an_owner_of_another_pid_namespace_is_never_taken_for_dead() -> None:
    assert not replace(Owner.this(), start=1, pidns=1).is_dead()
