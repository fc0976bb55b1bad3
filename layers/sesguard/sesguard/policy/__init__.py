"""Every number that the guard decides by, as data, with where it comes from."""

from sesguard.policy.limits import ClumpRule, DriftLimits, Limits, Maturity
from sesguard.policy.mode import Elsewhere, Mode
from sesguard.policy.policy import Policy, policy_from
from sesguard.policy.rules import RULES, Rule, value_of

__all__ = (
    "RULES",
    "ClumpRule",
    "DriftLimits",
    "Elsewhere",
    "Limits",
    "Maturity",
    "Mode",
    "Policy",
    "Rule",
    "policy_from",
    "value_of",
)
