"""Rules of a container's own restart policy (validateContainerRestartPolicy, KEP-5307)."""

from __future__ import annotations

from readylb.config.validation.errors import Errors, FieldError, choice, required
from readylb.model.container import Container

_POLICIES = ("Always", "OnFailure", "Never")
_ACTIONS = ("Restart",)
_OPERATORS = ("In", "NotIn")
_MOST_RULES = 20
_MOST_VALUES = 255


def validate_restart_policy(path: str, container: Container) -> Errors:
    """Yield what is wrong with the policy and the rules of the container at `path`."""
    rules = container.restart_policy_rules
    if container.restart_policy:
        yield from choice(f"{path}.restartPolicy", container.restart_policy, _POLICIES)
    elif rules:
        yield required(f"{path}.restartPolicy", "must specify restartPolicy when restart rules are used")
    yield from _too_many(f"{path}.restartPolicyRules", len(rules), _MOST_RULES)
    for index, rule in enumerate(rules):
        below = f"{path}.restartPolicyRules[{index}]"
        yield from choice(f"{below}.action", rule.action, _ACTIONS)
        if rule.exit_codes is None:
            yield required(f"{below}.exitCodes", "must be specified")
            continue
        yield from choice(f"{below}.exitCodes.operator", rule.exit_codes.operator, _OPERATORS)
        yield from _too_many(f"{below}.exitCodes.values", len(rule.exit_codes.values), _MOST_VALUES)


def _too_many(path: str, count: int, most: int) -> Errors:
    if count > most:
        yield FieldError(path, f"Too many: {count}: must have at most {most} items")
