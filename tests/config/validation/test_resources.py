from __future__ import annotations

from readylb.config.validation.resources import validate_resources
from readylb.model.container import ResourceRequirements


def errors(limits=None, requests=None):
    resources = ResourceRequirements(limits=limits or {}, requests=requests or {})
    return [str(error) for error in validate_resources("resources", resources)]


def test_what_kubernetes_takes_is_valid():
    assert errors({"cpu": "1", "memory": 1048576, "example.com/gpu": 1}, {"cpu": 0.5}) == []
    assert errors({"ephemeral-storage": "1Gi", "hugepages-2Mi": "4Mi"}) == []


def test_amounts_are_quantities_and_not_negative():
    first, second = errors({"memory": "64MB", "cpu": -1})
    assert first.startswith('resources.limits[memory]: Invalid value: "64MB": quantities must match')
    assert second == 'resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'


def test_names_are_known_or_have_a_domain():
    assert errors({"memroy": "1Gi"}) == [
        'resources.limits[memroy]: Invalid value: "memroy": must be a standard resource for containers'
    ]
    (error,) = errors(requests={"a b": "1"})
    assert error.startswith('resources.requests[a b]: Invalid value: "a b": name part must consist of')


def test_a_request_is_within_its_limit():
    assert errors({"cpu": "500m"}, {"cpu": "1", "memory": "x"})[-1] == (
        'resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 500m'
    )
    assert len(errors({"cpu": "x"}, {"cpu": "1"})) == 1
