from __future__ import annotations

import pytest

from readylb.cli.parser import Parser
from readylb.errors import UsageError


def make() -> Parser:
    parser = Parser("readylb exec", "run")
    parser.add_argument("pod")
    parser.add_argument("command", nargs="*")
    parser.add_argument("-i", action="store_true")
    parser.add_argument("-t", action="store_true")
    parser.add_argument("-c", "--container", default="")
    return parser


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["web", "--", "ls", "-l"], ["ls", "-l"]),
        (["web", "-c", "x", "--", "ls", "--", "y"], ["ls", "--", "y"]),
        (["-it", "web", "--", "sh"], ["sh"]),
        (["web", "ls"], ["ls"]),
        (["web", "-i", "ls", "x"], ["ls", "x"]),
        (["web"], []),
        (["web", "--"], []),
    ],
)
def test_what_follows_two_dashes_is_the_command(words: list[str], command: list[str]) -> None:
    arguments = make().parse_words(words)
    assert arguments.pod == "web"
    assert arguments.command == command


def test_options_may_stand_between_names() -> None:
    parser = Parser("readylb get", "get")
    parser.add_argument("what", nargs="*")
    parser.add_argument("-n", default="default")
    arguments = parser.parse_words(["pods", "-n", "other", "a", "b"])
    assert (arguments.what, arguments.n) == (["pods", "a", "b"], "other")


def test_options_are_never_abbreviated() -> None:
    with pytest.raises(UsageError, match=r"unrecognized arguments: --contain .*did you mean --container"):
        make().parse_words(["web", "--contain", "x"])
