from __future__ import annotations

import pytest

from readylb.config.validation.lifecycle import validate_lifecycle
from readylb.model.lifecycle import Lifecycle, LifecycleHandler, SleepAction
from readylb.model.probe import ExecAction, HTTPGetAction, TCPSocketAction

TOO_LONG = "must be non-negative and less than terminationGracePeriodSeconds (30)"
LIST = LifecycleHandler(exec=ExecAction(command=("ls",)))


def errors(handler: LifecycleHandler) -> list[str]:
    return [str(error) for error in validate_lifecycle("l", Lifecycle(pre_stop=handler), 30)]


def test_a_hook_is_valid_with_one_handler() -> None:
    assert errors(LIST) == []
    assert list(validate_lifecycle("l", None, 30)) == []
    assert errors(LifecycleHandler(http_get=HTTPGetAction(port="http"))) == []


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (LifecycleHandler(), "l.preStop: Required value: must specify a handler type"),
        (LifecycleHandler(exec=ExecAction()), "l.preStop.exec.command: Required value"),
        (
            LifecycleHandler(exec=LIST.exec, tcp_socket=TCPSocketAction(port=1)),
            "l.preStop.tcpSocket: Forbidden: may not specify more than 1 handler type",
        ),
        (
            LifecycleHandler(http_get=HTTPGetAction(port=0)),
            "l.preStop.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            LifecycleHandler(sleep=SleepAction(seconds=31)),
            f"l.preStop.sleep: Invalid value: 31: {TOO_LONG}",
        ),
    ],
)
def test_a_hook_that_cannot_be_run_is_refused(handler: LifecycleHandler, expected: str) -> None:
    assert errors(handler) == [expected]


def test_both_hooks_are_looked_at() -> None:
    broken = LifecycleHandler()
    found = list(validate_lifecycle("l", Lifecycle(post_start=broken, pre_stop=broken), 30))
    assert [str(error).partition(":")[0] for error in found] == ["l.postStart", "l.preStop"]
