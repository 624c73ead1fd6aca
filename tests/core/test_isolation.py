from __future__ import annotations

from readylb.core.isolation import Isolation


def test_what_isolation_says_names_the_runtime_of_pods() -> None:
    assert Isolation().runtime == "process"
    assert Isolation("namespaces").runtime == "namespaces"
