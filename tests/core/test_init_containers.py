from __future__ import annotations

from readylb.core.container_life import ContainerLife
from readylb.core.init_containers import Turn, is_over, succeeded, turn
from readylb.model import Pod
from readylb.model.container import Container
from readylb.model.pod import PodSpec

NEW = ContainerLife()
UP = NEW.start().started("id", 1.0)
SIDE = Container(name="side", restart_policy="Always")
POD = Pod(spec=PodSpec(init_containers=(Container(name="a"), SIDE), containers=(Container(name="main"),)))


def ended(code: int) -> ContainerLife:
    return UP.exited(code, 0, 2.0)


def whose(a: ContainerLife, side: ContainerLife, main: ContainerLife, *, started: bool = True) -> Turn:
    return turn(POD, {"a": a, "side": side, "main": main}, lambda _: started)


def test_turns_follow_the_order_of_the_spec() -> None:
    assert whose(NEW, NEW, NEW) == Turn(frozenset({"a"}), initialized=False)
    assert whose(ended(1), NEW, NEW) == Turn(frozenset({"a"}), initialized=False)
    assert whose(ended(0), UP, NEW, started=False) == Turn(frozenset({"side"}), initialized=False)
    assert whose(ended(0), UP, NEW) == Turn(frozenset({"side", "main"}), initialized=True)


def test_once_begun_a_pod_stays_initialized() -> None:
    assert whose(NEW, NEW, UP) == Turn(frozenset({"side", "main"}), initialized=True)


def test_a_pod_is_over_when_no_regular_container_will_run_again() -> None:
    never = Pod(spec=PodSpec(containers=POD.spec.containers, restart_policy="Never"))
    assert is_over(never, {"main": ended(1)})
    assert not is_over(never, {"main": UP})
    assert not is_over(POD, {"main": ended(0)})


def test_only_a_zero_is_a_success() -> None:
    assert succeeded(ended(0))
    assert not succeeded(ended(1))
    assert not succeeded(UP)
