"""EventBridge hands events only to queues and topics whose policy lets it; the emulator does not ask.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

import logging
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id
from ministack.services import eventbridge, sns, sqs

from localcloud.gaps import patching

log = logging.getLogger("localcloud.rules")
_invoke = patching.original(eventbridge, "_invoke_target", "target event rule view")


def install() -> None:
    patching.replace(eventbridge, "_invoke_target", "target event rule view", invoke)
    patching.original(eventbridge, "_rule_arn", "rule_name bus_name")
    patching.original(sqs, "queue_policy_allows", "queue_arn service source_arn source_account")
    patching.original(sns, "topic_policy_allows", "topic_arn service source_arn source_account")


def invoke(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: object = None) -> None:
    """Hand an event to a target of a rule, or drop it where the target's policy does not let the rule.

    A target with a role (those of EventBridge Scheduler have one) is left to that.
    """
    if target.get("RoleArn") or _allowed(
        target["Arn"], eventbridge._rule_arn(rule["Name"], rule.get("EventBusName", "default"))
    ):
        _invoke(target, event, rule, view)
    else:
        log.warning("rule %s may not send to %s: the policy there does not allow it", rule["Name"], target["Arn"])


def _allowed(target: str, rule: str) -> bool:
    policies = {"sqs": sqs.queue_policy_allows, "sns": sns.topic_policy_allows}
    try:
        asked = policies.get(parse_arn(target).service)
    except ArnParseError:
        return True
    return asked is None or bool(asked(target, "events.amazonaws.com", rule, get_account_id()))
