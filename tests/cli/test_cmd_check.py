from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from readylb.cli import cmd_check
from readylb.errors import ConfigError, UsageError

MANIFESTS = Path(__file__).parents[1] / "config" / "manifests"


def check(*arguments):
    parser = argparse.ArgumentParser()
    cmd_check.add_arguments(parser)
    return cmd_check.run(parser.parse_args([str(argument) for argument in arguments]))


def test_valid_files_are_counted_and_listed(capsys):
    image = "gcr.io/terrycho-sandbox/readiness:v1=python3 app.py"
    code = check("-f", MANIFESTS / "readiness-rc.yaml", MANIFESTS / "readiness-svc.yaml", "--image", image)
    assert code == 0
    assert capsys.readouterr().out == (
        "2 objects are valid\n  replicationcontroller/readiness-rc: 2 replicas\n"
        "  service/readiness-svc: 80 -> 8080\n"
    )


def test_options_may_repeat(capsys):
    assert check("-f", MANIFESTS / "liveness2.yaml", "-f", MANIFESTS / "liveness2.yaml") == 0
    assert capsys.readouterr().out == "1 object is valid\n  pod/liveness2\n"


def test_warnings_go_to_stderr_with_their_place(capsys):
    path = MANIFESTS / "liveness2-misplaced.yaml"
    assert check("-f", path, "--strict=false") == 0
    output = capsys.readouterr()
    assert output.out.startswith("1 object is valid\n")
    assert output.err.split("\n")[0] == (
        f'{path}:20: warning: unknown field "spec.containers[0].initialDelaySeconds"'
        " (belongs inside livenessProbe)"
    )


def test_invalid_files_are_refused():
    with pytest.raises(ConfigError) as caught:
        check("-f", MANIFESTS / "liveness2-misplaced.yaml")
    assert caught.value.exit_code == 2


def test_another_namespace_and_group_are_shown(tmp_path, capsys):
    (tmp_path / "a.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: other}\n"
        "spec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"
        "    spec: {containers: [{name: c, image: i, command: [x]}]}\n"
    )
    assert check("-f", tmp_path) == 0
    assert "deployment.apps/d (namespace other): 1 replica\n" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--strict=maybe", "--image=web"])
def test_wrong_options_are_refused(option):
    with pytest.raises(UsageError):
        check("-f", MANIFESTS, option)


def test_a_period_that_a_cluster_does_not_know_is_told_beside_its_own(tmp_path, capsys):
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: "
        '{readylb.io/probe-period-milliseconds: "250"}}\n'
        "spec: {containers: [{name: c, image: i, command: [x], "
        "readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 5}}]}\n"
    )
    assert check("-f", tmp_path) == 0
    assert "  pod/p: readiness each 250 ms (in a cluster each 5 s)\n" in capsys.readouterr().out


def test_a_period_that_goes_with_no_probe_is_refused_with_its_place(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n"
        '    readylb.io/probe-period-milliseconds: "250"\n'
        "spec: {containers: [{name: c, image: i, command: [x]}]}\n"
    )
    with pytest.raises(ConfigError, match=r"a.yaml:6: metadata.annotations: .*and there is none"):
        check("-f", tmp_path)
