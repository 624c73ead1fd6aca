from __future__ import annotations

import pytest

from readylb.config.validation.restarts import validate_restart
from readylb.model.restart import (
    DockerRestart,
    ExecRestart,
    PythonRestart,
    RestartHooks,
    SystemdRestart,
    WebhookRestart,
)


def wrong(hooks):
    return [str(error) for error in validate_restart("restart", hooks)]


@pytest.mark.parametrize(
    "hooks",
    [
        RestartHooks(exec=ExecRestart(command=("restart",), timeout_seconds=0.5)),
        RestartHooks(
            webhook=WebhookRestart(url="https://ops.example:8443/restart/$(POD_NAME)?why=$(REASON)")
        ),
        RestartHooks(webhook=WebhookRestart(url="http://$(POD_NAME).example/", secret_env="HOOK_KEY")),
        RestartHooks(webhook=WebhookRestart(url="http://[::1]:80/", secret_file="/etc/key", attempts=10)),
        RestartHooks(docker=DockerRestart(container="web-$(INDEX)", stop_seconds=0)),
        RestartHooks(docker=DockerRestart(container="$(POD_NAME)", socket="/run/podman/podman.sock")),
        RestartHooks(systemd=SystemdRestart(unit="web@$(INDEX).service", user=True)),
        RestartHooks(systemd=SystemdRestart(unit="dev-sda\\x2d1.swap")),
        RestartHooks(python=PythonRestart(hook="ops.restarts:Nested.restart", settings={"zone": "a"})),
        RestartHooks(python=PythonRestart(hook="a-package's")),
    ],
)
def test_hooks_that_obey_their_rules_are_accepted(hooks):
    assert wrong(hooks) == []


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        (RestartHooks(), "restart: Required value: one of exec, webhook, docker, systemd, python"),
        (
            RestartHooks(exec=ExecRestart(command=("x",)), docker=DockerRestart(container="y")),
            "restart: Forbidden: one hook, not exec and docker",
        ),
        (
            RestartHooks(exec=ExecRestart(command=())),
            "restart.exec.command: Required value: the words of a command",
        ),
        (
            RestartHooks(exec=ExecRestart(command=("x",), timeout_seconds=3601)),
            "restart.exec.timeoutSeconds: Invalid value: 3601: must be above 0 and at most 3600",
        ),
        (
            RestartHooks(webhook=WebhookRestart(url="http://a/", attempts=0)),
            "restart.webhook.attempts: Invalid value: 0: must be between 1 and 10",
        ),
        (
            RestartHooks(webhook=WebhookRestart(url="http://a/", secret_env="my secret")),
            "restart.webhook.secretEnv: Invalid value: must be the name of an environment variable",
        ),
        (
            RestartHooks(webhook=WebhookRestart(url="http://a/", secret_env="A", secret_file="/b")),
            "restart.webhook.secretEnv: Forbidden: the secret is in secretFile, not in both",
        ),
        (
            RestartHooks(docker=DockerRestart(container="")),
            "restart.docker.container: Required value: the name of a container",
        ),
        (
            RestartHooks(docker=DockerRestart(container="../images")),
            (
                'restart.docker.container: Invalid value: "../images": must be the name or id of a '
                "container: letters, digits, and _.- after the first"
            ),
        ),
        (
            RestartHooks(docker=DockerRestart(container="web", socket="docker.sock")),
            (
                'restart.docker.socket: Invalid value: "docker.sock": a Unix socket is named by its '
                "whole path, such as /run/web.sock"
            ),
        ),
        (
            RestartHooks(docker=DockerRestart(container="web", stop_seconds=60)),
            "restart.docker.stopSeconds: Invalid value: 60: must be at least 0, and below timeoutSeconds",
        ),
        (
            RestartHooks(systemd=SystemdRestart(unit="")),
            "restart.systemd.unit: Required value: the name of a unit",
        ),
        (
            RestartHooks(systemd=SystemdRestart(unit="web*")),
            (
                'restart.systemd.unit: Invalid value: "web*": must be the name of one unit, such as '
                "web@$(INDEX).service"
            ),
        ),
        (
            RestartHooks(python=PythonRestart(hook="")),
            "restart.python.hook: Required value: module:object or the name of an entry point",
        ),
        (
            RestartHooks(python=PythonRestart(hook="ops.py:restart()")),
            (
                'restart.python.hook: Invalid value: "ops.py:restart()": must read module:object, such as '
                "ops.restarts:restart"
            ),
        ),
        (
            RestartHooks(python=PythonRestart(hook="a:b", settings={"two words": 1})),
            (
                'restart.python.settings: Invalid value: "two words": must be a name that Python takes as a '
                "keyword argument"
            ),
        ),
    ],
)
def test_what_breaks_a_rule_is_said_with_its_path(hooks, message):
    assert wrong(hooks) == [message]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ops.example/hook",
        "ftp://a/",
        "http://",
        "http://a:0/",
        "http://a:99999/",
        "http://a b/",
        "http://[::1",
    ],
)
def test_what_is_no_url_is_refused(url):
    ((message),) = wrong(RestartHooks(webhook=WebhookRestart(url=url)))
    assert message.startswith("restart.webhook.url: Invalid value: must be a URL")


def test_a_password_in_a_url_is_refused_and_not_repeated():
    (message,) = wrong(RestartHooks(webhook=WebhookRestart(url="https://me:s3cret@ops.example/")))
    assert "must not hold a user or password" in message
    assert "s3cret" not in message


@pytest.mark.parametrize("unit", ["-web.service", "a b", "web.service,api", "web/x", "web[12]", "web?"])
def test_a_unit_is_one_unit_and_no_option(unit):
    assert len(wrong(RestartHooks(systemd=SystemdRestart(unit=unit)))) == 1
