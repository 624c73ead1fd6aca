from __future__ import annotations

from collections.abc import Mapping

from readylb.config.shapes import element, inner, is_list, is_map, options, shapes, zero
from readylb.model.container import Container
from readylb.model.meta import ObjectMeta
from readylb.model.probe import HTTPGetAction, Probe


def test_fields_go_by_their_kubernetes_names():
    assert "readinessProbe" in shapes(Container)
    assert shapes(Container)["readinessProbe"].name == "readiness_probe"


def test_fields_without_a_default_are_required():
    assert shapes(Container)["name"].required
    assert not shapes(Container)["image"].required


def test_types_are_split_into_their_options():
    assert shapes(HTTPGetAction)["port"].options == (int, str)
    assert shapes(Probe)["terminationGracePeriodSeconds"].options == (int,)
    assert options(str | None) == (str,)


def test_collections_know_their_elements():
    assert is_list(tuple[str, ...])
    assert is_map(Mapping[str, int])
    assert element(tuple[str, ...]) is str
    assert element(Mapping[str, int]) is int


def test_the_dataclass_inside_a_field_is_found():
    assert inner(shapes(Container)["livenessProbe"]) is Probe
    assert inner(shapes(Container)["name"]) is None


def test_moments_are_marked():
    assert shapes(ObjectMeta)["creationTimestamp"].is_time


def test_zero_values_are_gos():
    assert [zero(kind) for kind in (str, int, bool, tuple[str, ...], Mapping[str, str], Probe)] == [
        "",
        0,
        False,
        (),
        {},
        None,
    ]
