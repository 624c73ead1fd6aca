from __future__ import annotations

import pytest

from readylb.config.hook_needs import read_secret, unmet
from readylb.model.restart import (
    DockerRestart,
    ExecRestart,
    PythonRestart,
    RestartHooks,
    SystemdRestart,
    WebhookRestart,
)


def needs(hooks, path="restart"):
    return [str(error) for error in unmet(path, hooks)]


def test_a_hook_that_has_what_it_needs_is_accepted(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOOK_KEY", "s3cret")
    for hooks in (
        RestartHooks(exec=ExecRestart(command=("/not/there/yet",))),
        RestartHooks(webhook=WebhookRestart(url="http://a/", secret_env="HOOK_KEY")),
        RestartHooks(docker=DockerRestart(container="a", socket="/not/there/yet")),
        RestartHooks(systemd=SystemdRestart(unit="a")),
        RestartHooks(python=PythonRestart(hook="asyncio:sleep", settings={})),
    ):
        assert needs(hooks) == []


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("HOOK_KEY", raising=False)
    (tmp_path / "empty").write_text(" \n")
    assert [
        *needs(RestartHooks(webhook=WebhookRestart(url="http://a/", secret_env="HOOK_KEY"))),
        *needs(RestartHooks(webhook=WebhookRestart(url="http://a/", secret_file=str(tmp_path / "key")))),
        *needs(RestartHooks(webhook=WebhookRestart(url="http://a/", secret_file=str(tmp_path / "empty")))),
        *needs(RestartHooks(webhook=WebhookRestart(url="http://a/", secret_file="a\0b"))),
        *needs(RestartHooks(webhook=WebhookRestart(url="http://a/", secret_env="HOOK_KEY")), ""),
        *needs(RestartHooks(python=PythonRestart(hook="json:restart"))),
    ] == [
        "restart.webhook.secretEnv: the environment variable HOOK_KEY is not set",
        "restart.webhook.secretFile: cannot read the secret: no such file or directory",
        "restart.webhook.secretFile: the file is empty",
        "restart.webhook.secretFile: cannot read the secret: embedded null byte",
        "webhook.secretEnv: the environment variable HOOK_KEY is not set",
        'restart.python.hook: module "json" has no "restart"',
    ]


@pytest.mark.parametrize(
    ("content", "secret"), [(b"key\n", b"key"), (b"\xff\0k", b"\xff\0k"), (b" a b ", b"a b")]
)
def test_a_secret_is_the_bytes_of_its_file_without_the_space_around_them(tmp_path, content, secret):
    (tmp_path / "key").write_bytes(content)
    assert read_secret(WebhookRestart(url="http://a/", secret_file=str(tmp_path / "key"))) == secret
