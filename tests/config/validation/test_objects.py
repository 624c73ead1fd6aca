from __future__ import annotations

from readylb.config.validation.objects import validate
from readylb.model import Deployment, Event, Pod, ReplicaSet, ReplicationController, Service


def test_every_kind_that_can_be_loaded_has_rules():
    for cls in (Pod, ReplicationController, ReplicaSet, Deployment, Service):
        paths = {error.path for error in validate(cls())}
        assert "metadata.name" in paths
        assert any(path.startswith("spec.") for path in paths)


def test_other_kinds_have_names():
    assert [error.path for error in validate(Event())] == ["metadata.name"]
