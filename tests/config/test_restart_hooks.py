from __future__ import annotations

import json

import pytest

from readylb.config.restart_hooks import hook_text, read_hook
from readylb.model.restart import DockerRestart, ExecRestart, PythonRestart, RestartHooks


@pytest.mark.parametrize(
    ("hooks", "text"),
    [
        (RestartHooks(exec=ExecRestart(command=("a", "b"))), {"exec": {"command": ["a", "b"]}}),
        (
            RestartHooks(exec=ExecRestart(command=("a",), timeout_seconds=0.5)),
            {"exec": {"command": ["a"], "timeoutSeconds": 0.5}},
        ),
        (
            RestartHooks(docker=DockerRestart(container="web", stop_seconds=0)),
            {"docker": {"container": "web", "stopSeconds": 0}},
        ),
        (
            RestartHooks(python=PythonRestart(hook="asyncio:sleep", settings={"result": "x"})),
            {"python": {"hook": "asyncio:sleep", "settings": {"result": "x"}}},
        ),
    ],
)
def test_an_annotation_holds_what_is_not_as_by_default_and_is_read_back(hooks, text):
    assert json.loads(hook_text(hooks)) == text
    (name,) = text
    assert read_hook(json.dumps(text)) == (name, getattr(hooks, name))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'must be a JSON object such as {"exec": {"command": ["systemctl", "restart", "web"]}}'),
        ("systemctl restart web", "must be JSON such as"),
        ("[]", "must be a JSON object such as"),
        ("{}{}", "must be a JSON object such as"),
        ("{}", "Required value: one of exec, webhook, docker, systemd, python"),
        ('{"webhok": {}}', 'unknown field "webhok" (did you mean "webhook"?)'),
        ('{"exec": {"comand": ["x"]}}', 'unknown field "exec.comand" (did you mean "command"?)'),
        ('{"exec": {"command": "x"}}', "exec.command: cannot unmarshal string into ExecRestart.command"),
        ('{"exec": {"command": []}}', "exec.command: Required value: the words of a command"),
        ('{"webhook": {"url": "http://a/", "secretEnv": "NOT_SET"}}', "webhook.secretEnv: the environment"),
        ('{"python": {"hook": "json:x"}}', 'python.hook: module "json" has no "x"'),
    ],
)
def test_what_is_wrong_with_an_annotation_is_said(text, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        read_hook(text)
    assert message in str(caught.value)


def test_a_secret_in_an_annotation_is_refused_and_not_repeated():
    text = '{"webhook": {"url": "http://a/", "secret": "s3cret"}}'
    with pytest.raises(ValueError, match=r"webhook\.secret: Forbidden: `get") as caught:
        read_hook(text)
    assert "s3cret" not in str(caught.value)
