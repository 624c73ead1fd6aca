from __future__ import annotations

import json
import threading

import pytest
import yaml
from tests.admin.fakes import make_pod
from tests.admin.live import Live

from readylb.cli.main import main
from readylb.model import Pod

Output = pytest.CaptureFixture[str]


def test_pods_are_printed_in_kubectl_s_columns(live: Live, capsys: Output) -> None:
    assert main(["get", "pods"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head == "NAME                 READY   STATUS    RESTARTS      AGE"
    assert first.split()[:4] == ["readiness-rc-5v64f", "1/1", "Running", "0"]
    assert second.split()[:4] == ["readiness-rc-89d89", "0/1", "Running", "6"]


def test_wide_adds_columns(live: Live, capsys: Output) -> None:
    main(["get", "pods", "-o", "wide"])
    assert (
        capsys.readouterr()
        .out.splitlines()[0]
        .endswith("IP          NODE   NOMINATED NODE   READINESS GATES")
    )


def test_several_types_are_printed_with_their_kind_and_a_line_between(live: Live, capsys: Output) -> None:
    assert main(["get", "svc,rs"]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert [block.splitlines()[1].split()[0] for block in blocks] == [
        "service/readiness-svc",
        "replicaset.apps/nodeapp-5cc89fd495",
    ]


def test_all_leaves_out_what_is_empty(live: Live, capsys: Output) -> None:
    main(["get", "all"])
    assert capsys.readouterr().out.count("NAME ") == 5
    main(["delete", "deploy", "nodeapp"])
    capsys.readouterr()
    main(["get", "all"])
    assert "deployment" not in capsys.readouterr().out


def test_json_and_yaml_are_the_object_or_a_list(live: Live, capsys: Output) -> None:
    main(["get", "pod/readiness-rc-5v64f", "-o", "json"])
    assert json.loads(capsys.readouterr().out)["kind"] == "Pod"
    main(["get", "pods", "-o", "json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], len(document["items"])) == ("List", 2)
    main(["get", "svc", "readiness-svc", "-o", "yaml"])
    text = capsys.readouterr().out
    assert yaml.safe_load(text)["spec"]["ports"][0]["nodePort"] == 31619
    assert '"' in text
    assert "'" not in text


def test_names_are_one_a_line(live: Live, capsys: Output) -> None:
    main(["get", "pods,deploy", "-o", "name"])
    assert capsys.readouterr().out.splitlines() == [
        "pod/readiness-rc-5v64f",
        "pod/readiness-rc-89d89",
        "deployment.apps/nodeapp",
    ]


def test_nothing_found_is_said_on_stderr_and_is_no_error(live: Live, capsys: Output) -> None:
    assert main(["get", "pods", "-l", "app=other"]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "No resources found in default namespace.\n")
    main(["get", "pods", "-A", "-l", "app=other"])
    assert capsys.readouterr().err == "No resources found.\n"


def test_a_name_that_is_not_there_does_not_hide_the_others(live: Live, capsys: Output) -> None:
    assert main(["get", "pods", "readiness-rc-5v64f", "nope"]) == 1
    printed = capsys.readouterr()
    assert "readiness-rc-5v64f" in printed.out
    assert printed.err == 'readylb: cannot get pod nope: pods "nope" not found\n'


def test_all_namespaces_have_a_column(live: Live, capsys: Output) -> None:
    pod = make_pod("elsewhere", 0.0, namespace="other")
    live.call(lambda: live.world.store.create(pod))
    main(["get", "pods", "-A"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("NAMESPACE   NAME")
    assert lines[-1].startswith("other       elsewhere")


@pytest.mark.parametrize("form", [(), ("-o", "json")])
def test_watch_goes_on_with_what_changes(live: Live, capsys: Output, form: tuple[str, ...]) -> None:
    """The watch ends when the server does, which is an error: there is nothing more to see."""
    store = live.world.store

    def change_and_stop() -> None:
        live.call(lambda: store.create(make_pod("late", live.world.clock.now())))
        live.call(lambda: live.world.store.remove(Pod, "default", "late"))

    timer = threading.Thread(target=lambda: (_wait_for_watch(live), change_and_stop(), live.stop()))
    timer.start()
    assert main(["get", "pods", "-w", *form]) == 1
    timer.join()
    printed = capsys.readouterr()
    assert printed.out.count("late") >= 2
    assert "cannot " in printed.err


def _wait_for_watch(live: Live) -> None:
    while not live.call(lambda: len(live.world.store._watches) > 1):
        pass


@pytest.mark.parametrize(
    "argv", [["get", "pods,svc", "-w"], ["get", "pod", "x", "-l", "a=b"], ["get", "pod", "x", "-A"], ["get"]]
)
def test_what_makes_no_sense_is_a_usage_error(argv: list[str], capsys: Output) -> None:
    assert main(argv) == 2
    assert capsys.readouterr().err.startswith("readylb: cannot ")


def test_no_server_is_exit_1_with_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setenv("READYLB_ADMIN", "127.0.0.1:1")
    assert main(["get", "pods"]) == 1
    assert capsys.readouterr().err == (
        "readylb: cannot reach the admin API at 127.0.0.1:1: connection refused "
        "(is 'readylb up' running? another address: --admin ADDR)\n"
    )
