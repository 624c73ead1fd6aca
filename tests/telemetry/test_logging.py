from __future__ import annotations

import io
import json
import logging

import pytest

from readylb.telemetry.logging import setup


@pytest.fixture(autouse=True)
def _put_back():
    logger = logging.getLogger("readylb")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_json_line_carries_level_message_and_extra() -> None:
    out = io.StringIO()
    setup("json", stream=out)
    logging.getLogger("readylb.control").warning("pod %s left", "web-1", extra={"service": "web"})
    line = json.loads(out.getvalue())
    assert (line["level"], line["logger"], line["message"], line["service"]) == (
        "warning",
        "readylb.control",
        "pod web-1 left",
        "web",
    )
    assert line["time"].endswith("Z")


def test_a_json_line_carries_the_traceback() -> None:
    out = io.StringIO()
    setup("json", stream=out)
    try:
        raise ValueError("broken")  # noqa: EM101, TRY301 -- a fault to log
    except ValueError:
        logging.getLogger("readylb").exception("task died")
    assert "ValueError: broken" in json.loads(out.getvalue())["error"]


def test_a_plain_stream_gets_one_line_without_colour() -> None:
    out = io.StringIO()
    setup(stream=out)
    logging.getLogger("readylb").info("listening on %s", "127.0.0.1:80")
    assert out.getvalue().endswith("INFO listening on 127.0.0.1:80\n")
    assert "\x1b" not in out.getvalue()


def test_a_terminal_gets_the_message_with_its_brackets_untouched() -> None:
    out = Terminal()
    setup(stream=out)
    logging.getLogger("readylb").info("exec [cat /tmp/x]")
    assert "exec [cat /tmp/x]" in out.getvalue()


def test_a_second_call_replaces_the_first_and_levels_hold() -> None:
    first, second = io.StringIO(), io.StringIO()
    setup(stream=first)
    setup(stream=second, level=logging.WARNING)
    logging.getLogger("readylb").info("quiet")
    logging.getLogger("readylb").error("loud")
    assert first.getvalue() == ""
    assert "loud" in second.getvalue()
    assert "quiet" not in second.getvalue()


def test_a_plain_terminal_gets_no_colour() -> None:
    out = Terminal()
    setup(stream=out, plain=True)
    logging.getLogger("readylb").warning("channel lost")
    assert out.getvalue().endswith("WARNING channel lost\n")
