from __future__ import annotations

from typing import Any

import pytest

from readylb.cli.rollout_status import rollout_status
from readylb.errors import ReadylbError


def deployment(generation: int = 2, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "web", "generation": generation},
        "spec": {"replicas": 3},
        "status": {"observedGeneration": 2, **status},
    }


@pytest.mark.parametrize(
    ("item", "words", "done"),
    [
        (deployment(3), "spec update to be observed...", False),
        (deployment(), "0 out of 3 new replicas have been updated...", False),
        (deployment(updatedReplicas=3, replicas=5), "2 old replicas are pending termination...", False),
        (deployment(updatedReplicas=3, replicas=3), "0 of 3 updated replicas are available...", False),
        (deployment(updatedReplicas=3, replicas=3, availableReplicas=3), "successfully rolled out", True),
    ],
)
def test_each_stage_has_its_sentence(item: dict[str, Any], words: str, done: bool) -> None:
    text, is_done = rollout_status(item)
    assert text.endswith(words)
    assert is_done is done


def test_a_rollout_that_is_overdue_has_failed() -> None:
    condition = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    with pytest.raises(ReadylbError, match=r'"web" exceeded its progress deadline'):
        rollout_status(deployment(conditions=[condition]))
