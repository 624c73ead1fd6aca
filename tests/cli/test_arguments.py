from __future__ import annotations

import argparse

import pytest

from readylb.cli.arguments import add_filename, add_image, add_strict, add_switch
from readylb.cli.parser import Parser
from readylb.errors import UsageError


def parse(*words: str) -> argparse.Namespace:
    parser = Parser("readylb apply", "apply")
    add_filename(parser, required=False)
    add_image(parser)
    add_strict(parser)
    add_switch(parser, "-w", "--wait", says="wait")
    return parser.parse_words(words)


def test_files_and_images_may_be_named_again_and_again() -> None:
    args = parse("-f", "a", "b", "--filename=c", "--image", "x=y", "--image=z=")
    assert (args.filename, args.image) == (["a", "b", "c"], ["x=y", "z="])
    assert (parse().filename, parse().image) == ([], [])


@pytest.mark.parametrize(
    ("words", "strict", "wait"),
    [
        ((), True, True),
        (("--strict", "false", "--wait", "false"), False, False),
        (("--strict=true", "--wait"), True, True),
        (("--strict=false", "-w"), False, True),
        (("-w=false",), True, False),
    ],
)
def test_what_is_true_or_false_is_true_unless_one_says_false(
    words: tuple[str, ...], strict: bool, wait: bool
) -> None:
    args = parse(*words)
    assert (args.strict, args.wait) == (strict, wait)


@pytest.mark.parametrize("option", ["--strict=maybe", "--wait=maybe", "--wait=", "--strict=True"])
def test_another_word_is_refused_with_the_option(option: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(option)
    assert str(raised.value) == f"cannot read {option}: it is true or false"


def test_files_can_be_required() -> None:
    parser = Parser("readylb check", "check")
    add_filename(parser)
    with pytest.raises(UsageError, match="required: -f/--filename"):
        parser.parse_words([])
