from __future__ import annotations

import dataclasses

import pytest

from readylb.model.meta import ObjectMeta, OwnerReference


def owner(uid: str, controller: bool) -> OwnerReference:
    return OwnerReference(api_version="v1", kind="Service", name="web", uid=uid, controller=controller)


def test_the_managing_owner_is_the_one_marked_as_controller() -> None:
    owners = (owner("u1", controller=False), owner("u2", controller=True))
    assert ObjectMeta(owner_references=owners).controller is owners[1]
    assert ObjectMeta(owner_references=owners[:1]).controller is None


def test_an_object_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ObjectMeta(name="a").name = "b"
