from __future__ import annotations

from pathlib import Path

import pytest

from readylb.cli.files import load_files, resource_of
from readylb.core.api_resources import DEPLOYMENTS, SERVICES
from readylb.errors import ConfigError


def test_each_object_of_a_file_has_its_resource_and_images_need_no_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "readylb.yaml"
    file.write_text("images: {a: b}\nservices:\n  app: {port: 81, command: run it}\n")
    objects = load_files([str(file)], "default")
    assert [resource_of(item) for item in objects] == [SERVICES, DEPLOYMENTS]
    assert "settings of `readylb up`: left out" in capsys.readouterr().err


def test_unknown_fields_are_warnings_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "svc.yaml"
    file.write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}], b: 2}}\n"
    )
    with pytest.raises(ConfigError, match=r"svc.yaml:1: unknown field"):
        load_files([str(file)], "default")
    load_files([str(file)], "default", strict=False)
    assert f"{file}:1: warning: unknown field" in capsys.readouterr().err
