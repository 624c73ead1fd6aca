from __future__ import annotations

from readylb.core.pod_identity import hostname, hosts_file
from readylb.model import Pod
from readylb.model.meta import ObjectMeta
from readylb.model.pod import PodSpec


def test_a_pod_is_called_by_its_hostname_or_else_by_its_name() -> None:
    meta = ObjectMeta(name="web-0")
    assert hostname(Pod(metadata=meta)) == "web-0"
    assert hostname(Pod(metadata=meta, spec=PodSpec(hostname="db"))) == "db"


def test_a_long_name_is_cut_as_kubelet_cuts_it() -> None:
    assert hostname(Pod(metadata=ObjectMeta(name="a" * 62 + "-.bcd"))) == "a" * 62


def test_the_hosts_file_knows_localhost_and_the_pod() -> None:
    lines = hosts_file("web-0", "10.213.0.2").splitlines()
    assert lines[0] == "# Kubernetes-managed hosts file."
    assert lines[1] == "127.0.0.1\tlocalhost"
    assert lines[-1] == "10.213.0.2\tweb-0"
