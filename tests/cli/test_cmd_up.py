"""What `up` accepts, and what it refuses before anything starts."""

from __future__ import annotations

import argparse

import pytest

from readylb.cli import cmd_up
from readylb.config.problems import AccessLogTarget, Loaded
from readylb.core.isolation import Isolation
from readylb.core.pod_addresses import parse_range
from readylb.errors import ConfigError, UsageError

RANGE = parse_range("10.9.0.0/24")


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    cmd_up.add_arguments(parser)
    return parser.parse_args(words)


def read(*words: str):
    return cmd_up._reader(parse(*words))()


def titles(loaded) -> list[str]:
    return sorted(f"{item.KIND}/{item.metadata.name}" for item in loaded.objects)


def test_backends_become_a_service_and_external_pods():
    loaded = read("--backend", "127.0.0.1:8081", "--backend", "127.0.0.1:8082", "--port", "8000")
    assert titles(loaded) == ["Pod/app-0", "Pod/app-1", "Service/app"]


def test_replicas_take_the_command_after_two_dashes():
    loaded = read(
        "--replicas", "3", "--name", "web", "--readiness", "tcp", "--", "serve", "--port", "$(PORT)"
    )
    assert titles(loaded) == ["Deployment/web", "Service/web"]
    deployment = next(item for item in loaded.objects if item.KIND == "Deployment")
    assert deployment.spec.replicas == 3
    container = deployment.spec.template.spec.containers[0]
    assert (*container.command, *container.args) == ("serve", "--port", "$(PORT)")


@pytest.mark.parametrize(
    ("words", "in_file", "isolation"),
    [
        ((), None, Isolation()),
        (("--isolation", "namespaces"), None, Isolation("namespaces")),
        (("--isolation", "namespaces", "--pod-cidr", "10.9.0.0/24"), None, Isolation("namespaces", RANGE)),
        ((), Isolation("namespaces", RANGE), Isolation("namespaces", RANGE)),
        (("--isolation", "none"), Isolation("namespaces", RANGE), Isolation()),
        (("--pod-cidr", "10.9.0.0/24"), Isolation("namespaces"), Isolation("namespaces", RANGE)),
    ],
)
def test_pods_share_what_the_option_says_else_what_the_file_does(words, in_file, isolation):
    assert cmd_up._isolation(parse(*words), Loaded(isolation=in_file)) == isolation


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pod-cidr", "10.9.0.0/24"), "--pod-cidr goes with --isolation namespaces"),
        (("--isolation", "namespaces", "--pod-cidr", "ten"), "cannot read --pod-cidr 'ten': it reads"),
    ],
)
def test_a_range_for_pods_is_refused_where_it_means_nothing(words, said):
    with pytest.raises(UsageError, match=said):
        cmd_up._isolation(parse(*words), Loaded())


def test_files_are_read_anew_each_time(tmp_path):
    path = tmp_path / "svc.yaml"
    path.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n")
    again = cmd_up._reader(parse("-f", str(path)))
    assert titles(again()) == ["Service/a"]
    path.write_text(path.read_text().replace("name: a", "name: b"))
    assert titles(again()) == ["Service/b"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what to serve in one way"),
        (("--backend", "a:1", "--replicas", "2", "--", "x"), "say what to serve in one way"),
        (("--replicas", "2"), "--replicas needs a command"),
        (("-f", "x.yaml", "stray"), "'stray' is not an option"),
        (("-f", "x.yaml", "--readiness", "tcp"), "--readiness goes with --backend or --replicas"),
        (("-f", "x.yaml", "--image", "web"), "it reads IMAGE=COMMAND"),
        (("-f", "x.yaml", "--image", "web='unclosed"), "No closing quotation"),
        (("-f", "x.yaml", "--strict=maybe"), "it is true or false"),
    ],
)
def test_a_wrong_command_line_says_what_to_do(words, said):
    with pytest.raises(UsageError, match=said):
        read(*words)


def test_a_missing_file_is_a_configuration_error():
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        read("-f", "nowhere.yaml")


def test_publish_reads_service_port_and_local_port():
    assert cmd_up._parse_publish("web:80=8000") == (("web", 80), 8000)


@pytest.mark.parametrize("text", ["web", "web:80", "80=8000", "web:http=80", "web:80=70000"])
def test_publish_in_another_shape_is_refused(text):
    with pytest.raises(UsageError, match="SERVICE:PORT=LOCALPORT"):
        cmd_up._parse_publish(text)


def test_publishing_a_port_that_no_service_has_is_refused():
    loaded = read("--backend", "127.0.0.1:8081", "--port", "8000")
    with pytest.raises(UsageError, match=r"cannot publish app:80: .*app:8000"):
        cmd_up._refuse_unknown({("app", 80): 9000}, loaded)


def test_workers_are_a_number_or_one_per_cpu():
    assert cmd_up._parse_workers(parse("--backend", "127.0.0.1:1").workers) == 0
    assert cmd_up._parse_workers("3") == 3
    assert cmd_up._parse_workers("auto") >= 1


@pytest.mark.parametrize("text", ["-1", "257", "two", "", "1.5"])
def test_other_numbers_of_workers_are_refused(text):
    with pytest.raises(UsageError, match=r"a number from 0 to 256, or auto"):
        cmd_up._parse_workers(text)


@pytest.mark.parametrize(
    ("words", "in_file", "path", "line_format"),
    [
        ((), None, None, None),
        ((), AccessLogTarget("-", "json"), "-", "json"),
        (("--access-log", "off"), AccessLogTarget("-", "json"), None, None),
        (("--access-log", "/x.log"), AccessLogTarget("-", "json"), "/x.log", "json"),
        (
            ("--access-log", "-", "--access-log-format", "combined"),
            AccessLogTarget("/y", "json"),
            "-",
            "combined",
        ),
        (("--access-log", "/x.log"), None, "/x.log", "combined"),
    ],
)
def test_the_access_log_goes_where_the_option_says_else_where_the_file_does(
    words, in_file, path, line_format
):
    target = cmd_up._access_log(parse(*words), Loaded(access_log=in_file))
    assert (target and target.path, target and target.line_format) == (path, line_format)


def test_an_access_log_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"cannot write the access log .*: No such file or directory"):
        cmd_up._check_access_log(AccessLogTarget(str(tmp_path / "no" / "log"), "json"))
