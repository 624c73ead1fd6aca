from __future__ import annotations

import pytest

from readylb.core import traffic


def test_what_is_written_is_read() -> None:
    assert traffic.read_weight("256") == 256
    assert traffic.read_proxy_mode("require") == "require"
    assert traffic.read_proxy_version("v2") == 2
    assert traffic.read_detect_seconds("250") == 0.25
    assert traffic.read_ports("25, 3306") == {25, 3306}
    assert traffic.read_ports("") == frozenset()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (traffic.WEIGHT, "0"),
        (traffic.WEIGHT, "257"),
        (traffic.WEIGHT, "1.5"),
        (traffic.WEIGHT, "9" * 5000),
        (traffic.WEIGHT, "٣"),
        (traffic.HASH_ON, "referer"),
        (traffic.PROXY_PROTOCOL, "yes"),
        (traffic.SEND_PROXY, "v3"),
        (traffic.DETECT_TIMEOUT, "0"),
        (traffic.DETECT_TIMEOUT, "-1"),
        (traffic.SLOW_START, "-1"),
        (traffic.SLOW_START, "3601"),
        (traffic.SERVER_FIRST_PORTS, "25,"),
        (traffic.SERVER_FIRST_PORTS, "smtp"),
    ],
)
def test_what_cannot_be_meant_is_refused(name, text) -> None:
    with pytest.raises(ValueError, match="must be"):
        traffic.READERS[name](text)
