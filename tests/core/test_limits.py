from __future__ import annotations

import msgspec
import pytest

from readylb.core.limits import LIMITS, check_limit
from readylb.wire.messages import Limits


def test_the_table_has_the_limits_that_workers_know_and_allows_their_defaults() -> None:
    defaults = {name.replace("_", "-"): value for name, value in msgspec.structs.asdict(Limits()).items()}
    assert {name: limit.default for name, limit in LIMITS.items()} == defaults
    for name, value in defaults.items():
        assert check_limit(f"readylb.io/limit-{name}", str(value)) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("no-such", "1", "there is no limit 'no-such'"),
        ("tries", "1.5", "must be a whole number"),
        ("tries", "0", "must be between 1 and 100"),
        ("idle-seconds", "soon", "must be a number of seconds"),
        ("idle-seconds", "nan", "must be between"),
        ("idle-seconds", "inf", "must be between"),
        ("head-bytes", "10", "must be between 256 and"),
    ],
)
def test_what_cannot_work_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_limit(f"readylb.io/limit-{name}", text)
