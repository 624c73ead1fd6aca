from __future__ import annotations

import itertools

import pytest

from readylb.core.retry import Decision, Failure, decide, is_idempotent, needs_budget

NOTHING_SENT = (Failure.UNREACHABLE, Failure.CONNECT_TIMEOUT, Failure.WITHDRAWN, Failure.STARVED)


def decided(failure, *, idempotent=False, body_held=True, head_out=False, tries_left=1):
    return decide(
        failure, idempotent=idempotent, body_held=body_held, head_out=head_out, tries_left=tries_left
    )


@pytest.mark.parametrize("failure", NOTHING_SENT)
@pytest.mark.parametrize("idempotent", [True, False])
def test_what_was_never_sent_may_go_elsewhere_whatever_it_is(failure, idempotent):
    assert decided(failure, idempotent=idempotent) is Decision.RETRY


@pytest.mark.parametrize("failure", [Failure.RESET, Failure.DESERTED])
def test_an_idempotent_request_without_an_answer_goes_elsewhere(failure):
    assert decided(failure, idempotent=True) is Decision.RETRY


def test_what_cannot_leave_an_endpoint_that_is_not_ready_waits_for_it():
    assert decided(Failure.DESERTED, idempotent=False) is Decision.WAIT
    assert decided(Failure.DESERTED, idempotent=True, body_held=False) is Decision.WAIT
    assert decided(Failure.DESERTED, idempotent=True, tries_left=0) is Decision.WAIT
    assert decided(Failure.DESERTED, idempotent=True, head_out=True) is Decision.WAIT


def test_only_retries_that_make_more_work_need_a_budget():
    assert [failure for failure in Failure if needs_budget(failure)] == [Failure.RESET]


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
    failures = set(Failure) - {Failure.DESERTED}
    for failure, idempotent, held, tries in itertools.product(failures, (True, False), (True, False), (0, 3)):
        decision = decided(failure, idempotent=idempotent, body_held=held, head_out=True, tries_left=tries)
        assert decision is Decision.CUT


def test_the_answer_to_a_slow_endpoint_is_504_to_our_own_shortage_503_and_else_502():
    others = {
        Failure.CONNECT_TIMEOUT: Decision.ANSWER_504,
        Failure.RESPONSE_TIMEOUT: Decision.ANSWER_504,
        Failure.STARVED: Decision.ANSWER_503,
        Failure.DESERTED: Decision.WAIT,
    }
    for failure in Failure:
        assert decided(failure, tries_left=0) is others.get(failure, Decision.ANSWER_502)


def test_rfc9110_9_2_2_idempotent_methods():
    assert all(is_idempotent(method) for method in (b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE"))
    assert not any(is_idempotent(method) for method in (b"POST", b"PATCH", b"LOCK", b"get"))
