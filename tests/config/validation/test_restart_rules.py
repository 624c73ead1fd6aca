from __future__ import annotations

from typing import Any

import pytest

from readylb.config.validation.restart_rules import validate_restart_policy
from readylb.model.container import Container, ContainerRestartRule, ContainerRestartRuleOnExitCodes


def rule(
    action: str = "Restart", operator: str = "In", values: tuple[int, ...] = (3,)
) -> ContainerRestartRule:
    codes = ContainerRestartRuleOnExitCodes(operator=operator, values=values)
    return ContainerRestartRule(action=action, exit_codes=codes)


def told(policy: str = "Never", *rules: ContainerRestartRule, **more: Any) -> list[str]:
    container = Container(name="c", restart_policy=policy, restart_policy_rules=rules, **more)
    return [str(error) for error in validate_restart_policy("c", container)]


def test_a_policy_with_rules_is_valid() -> None:
    assert told("Never", rule(), rule(operator="NotIn", values=())) == []
    assert told("") == told("Always") == []


@pytest.mark.parametrize(
    ("policy", "given", "error"),
    [
        (
            "",
            rule(),
            "c.restartPolicy: Required value: must specify restartPolicy when restart rules are used",
        ),
        (
            "Perhaps",
            rule(),
            'c.restartPolicy: Unsupported value: "Perhaps": supported values: "Always", "Never", "OnFailure"',
        ),
        (
            "Never",
            rule("DoNotRestart"),
            'c.restartPolicyRules[0].action: Unsupported value: "DoNotRestart": supported values: "Restart"',
        ),
        (
            "Never",
            rule(operator="Is"),
            (
                "c.restartPolicyRules[0].exitCodes.operator: "
                'Unsupported value: "Is": supported values: "In", "NotIn"'
            ),
        ),
        (
            "Never",
            ContainerRestartRule(action="Restart"),
            "c.restartPolicyRules[0].exitCodes: Required value: must be specified",
        ),
        (
            "Never",
            rule(values=tuple(range(256))),
            "c.restartPolicyRules[0].exitCodes.values: Too many: 256: must have at most 255 items",
        ),
    ],
)
def test_broken_rules_are_told_in_the_apis_words(
    policy: str, given: ContainerRestartRule, error: str
) -> None:
    assert told(policy, given) == [error]


def test_there_are_at_most_twenty_rules() -> None:
    assert told("Never", *([rule()] * 21)) == [
        "c.restartPolicyRules: Too many: 21: must have at most 20 items"
    ]
