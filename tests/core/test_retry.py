from __future__ import annotations

import itertools

import pytest

from readylb.core.retry import Decision, Failure, decide, is_idempotent

NOTHING_SENT = (Failure.UNREACHABLE, Failure.CONNECT_TIMEOUT, Failure.WITHDRAWN)


def decided(failure, *, idempotent=False, body_held=True, head_out=False, tries_left=1):
    return decide(
        failure, idempotent=idempotent, body_held=body_held, head_out=head_out, tries_left=tries_left
    )


@pytest.mark.parametrize("failure", NOTHING_SENT)
@pytest.mark.parametrize("idempotent", [True, False])
def test_what_was_never_sent_may_go_elsewhere_whatever_it_is(failure, idempotent):
    assert decided(failure, idempotent=idempotent) is Decision.RETRY


def test_an_idempotent_request_without_an_answer_goes_elsewhere():
    assert decided(Failure.RESET, idempotent=True) is Decision.RETRY


@pytest.mark.parametrize("failure", [f for f in Failure if f not in NOTHING_SENT])
def test_what_may_have_been_executed_is_never_repeated(failure):
    assert decided(failure, idempotent=False) is not Decision.RETRY


@pytest.mark.parametrize("failure", [Failure.RESPONSE_TIMEOUT, Failure.INVALID, Failure.TRUNCATED])
def test_an_endpoint_that_was_heard_or_waited_for_is_the_answer(failure):
    assert decided(failure, idempotent=True) is not Decision.RETRY


@pytest.mark.parametrize("failure", Failure)
def test_without_the_body_or_a_try_there_is_no_retry(failure):
    assert decided(failure, idempotent=True, body_held=False) is not Decision.RETRY
    assert decided(failure, idempotent=True, tries_left=0) is not Decision.RETRY


def test_a_client_whose_response_head_is_out_can_only_be_cut():
    for failure, idempotent, held, tries in itertools.product(Failure, (True, False), (True, False), (0, 3)):
        decision = decided(failure, idempotent=idempotent, body_held=held, head_out=True, tries_left=tries)
        assert decision is Decision.CUT


def test_the_answer_to_a_slow_endpoint_is_504_and_else_502():
    for failure in Failure:
        expected = Decision.ANSWER_504 if failure is Failure.RESPONSE_TIMEOUT else Decision.ANSWER_502
        assert decided(failure, tries_left=0) is expected


def test_rfc9110_9_2_2_idempotent_methods():
    assert all(is_idempotent(method) for method in (b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE"))
    assert not any(is_idempotent(method) for method in (b"POST", b"PATCH", b"LOCK", b"get"))
