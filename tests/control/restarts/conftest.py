"""What the tests of hooks share: a request."""

from __future__ import annotations

import pytest

from readylb.control.restarts import RestartRequest


@pytest.fixture
def asked() -> RestartRequest:
    return RestartRequest(
        pod_name="web-2",
        namespace="default",
        container="web",
        endpoint="127.0.0.1:8083",
        index="2",
        reason="LivenessProbeFailed",
        message="HTTP probe failed with statuscode: 500",
        restart_count=3,
    )
