from __future__ import annotations

from readylb.core.api_resources import API_RESOURCES, DEPLOYMENTS, NAMESPACES, PODS


def test_paths_are_those_of_kubernetes() -> None:
    assert PODS.path("default", "web") == "/api/v1/namespaces/default/pods/web"
    assert PODS.path(None) == "/api/v1/pods"
    assert DEPLOYMENTS.path("default") == "/apis/apps/v1/namespaces/default/deployments"
    assert NAMESPACES.path("default", "x") == "/api/v1/namespaces/x"


def test_qualified_names_have_the_group() -> None:
    assert (DEPLOYMENTS.qualified, DEPLOYMENTS.qualified_singular) == ("deployments.apps", "deployment.apps")
    assert (PODS.qualified, PODS.qualified_singular) == ("pods", "pod")
    assert (PODS.group_version, DEPLOYMENTS.group_version) == ("v1", "apps/v1")


def test_no_name_means_two_resources() -> None:
    names = [name for resource in API_RESOURCES for name in set(resource.names)]
    assert len(names) == len(set(names))
