"""argparse with our manners: errors are UsageError with a hint, `--` may stand anywhere."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from readylb.errors import UsageError

_UNRECOGNIZED = re.compile(r"unrecognized arguments: (?P<word>\S+)")


class Parser(argparse.ArgumentParser):
    """The parser of one verb. What follows `--` goes to the argument called `command`."""

    def __init__(self, prog: str, description: str) -> None:
        """Take no abbreviations: an option that is added later must not change what a script means."""
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace:
        """Return the arguments; UsageError says what is wrong."""
        separator = words.index("--") if "--" in words else len(words)
        arguments = self.parse_intermixed_args(words[:separator])
        behind = list(words[separator + 1 :])
        if behind:
            if not hasattr(arguments, "command"):
                self.error(f"unexpected words after --: {' '.join(behind)}")
            arguments.command = [*(arguments.command or ()), *behind]
        return arguments

    def error(self, message: str) -> NoReturn:
        """Raise UsageError: the message, and what was probably meant."""
        hint = f"{self.prog} --help says what it takes"
        if found := _UNRECOGNIZED.search(message):
            known = [name for name in self._option_string_actions if name.startswith("--")]
            close = get_close_matches(found["word"].partition("=")[0], known, n=1)
            hint = f"did you mean {close[0]}?" if close else hint
        msg = f"cannot run {self.prog}: {message} ({hint})"
        raise UsageError(msg)
