from __future__ import annotations

from dataclasses import dataclass

import pytest

from readylb.core.selection import select


@dataclass(frozen=True)
class Endpoint:
    name: str
    ready: bool
    serving: bool
    terminating: bool


READY = Endpoint("ready", True, True, False)
UNREADY = Endpoint("unready", False, False, False)
LEAVING = Endpoint("leaving", False, True, True)
GONE = Endpoint("gone", False, False, True)


@pytest.mark.parametrize(
    ("endpoints", "chosen"),
    [
        ([READY, UNREADY, LEAVING, GONE], [READY]),
        ([UNREADY, LEAVING, GONE], [LEAVING]),
        ([UNREADY, GONE], []),
        ([UNREADY], []),
        ([], []),
        ([READY, READY], [READY, READY]),
    ],
)
def test_kube_proxy_topology_cluster_policy(endpoints, chosen):
    assert select(endpoints) == tuple(chosen)
