from __future__ import annotations

from dataclasses import replace

from readylb.config.pod_specs import pod_spec, with_pod_spec
from readylb.model import Deployment, Pod, ReplicaSet, ReplicationController, Service
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec, PodTemplateSpec
from readylb.model.workload import ReplicationControllerSpec

CONTROLLER = ReplicationController(spec=ReplicationControllerSpec(template=PodTemplateSpec()))


def hosted(spec):
    return replace(spec, hostname="h")


def test_a_pod_describes_itself():
    found = pod_spec(Pod(metadata=ObjectMeta(name="p")))
    assert (found.path, found.metadata.name) == ("spec", "p")


def test_workloads_describe_pods_in_their_template():
    for item in (Deployment(), ReplicaSet(), CONTROLLER):
        assert pod_spec(item).path == "spec.template.spec"
        assert pod_spec(with_pod_spec(item, hosted)).spec == PodSpec(hostname="h")


def test_what_makes_no_pods_is_left_alone():
    for item in (Service(), ReplicationController()):
        assert pod_spec(item) is None
        assert with_pod_spec(item, hosted) is item
