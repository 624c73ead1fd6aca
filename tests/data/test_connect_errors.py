from __future__ import annotations

import errno

import pytest

from readylb.core.retry import Failure
from readylb.data.connect_errors import failure_of, is_never_connected, is_refusal

ROWS = [
    # error, a refusal, certainly never connected, how the attempt failed
    (errno.ECONNREFUSED, True, True, Failure.UNREACHABLE),
    (errno.ENOENT, True, True, Failure.UNREACHABLE),
    (errno.EHOSTUNREACH, True, True, Failure.UNREACHABLE),
    (errno.ENETUNREACH, False, True, Failure.UNREACHABLE),
    (errno.EACCES, False, False, Failure.UNREACHABLE),
    (errno.ECONNRESET, False, False, Failure.UNREACHABLE),
    (errno.EPIPE, False, False, Failure.UNREACHABLE),
    (errno.EADDRNOTAVAIL, False, True, Failure.STARVED),
    (errno.EMFILE, False, False, Failure.STARVED),
    (errno.ENFILE, False, False, Failure.STARVED),
    (errno.ENOBUFS, False, False, Failure.STARVED),
    (errno.ENOMEM, False, False, Failure.STARVED),
]


@pytest.mark.parametrize(("number", "refused", "never", "failure"), ROWS)
def test_each_error_says_whose_doing_it_was(
    number: int, refused: bool, never: bool, failure: Failure
) -> None:
    error = OSError(number, "x")
    assert (is_refusal(error), is_never_connected(error), failure_of(error)) == (refused, never, failure)


@pytest.mark.parametrize("error", [None, ValueError(), OSError()])
def test_what_the_system_did_not_say_proves_nothing(error: BaseException | None) -> None:
    assert not is_refusal(error)
    assert not is_never_connected(error)
