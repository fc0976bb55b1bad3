"""Wire the retirement of the guard to AWS."""

from __future__ import annotations

from sesguard.aws.retirement import AwsRetirement
from sesguard.provisioning.retire import Retirement
from sesguard.wiring.operator import Guard


def retirement(guard: Guard) -> Retirement:
    """Everything over AWS, of the guard's own account and region."""
    stack = guard.stack
    return AwsRetirement(
        guard.clients, stack.name, stack.output("AlarmPrefix"), stack.output("NoticeConfigurationSetName")
    )


def events_topic(guard: Guard) -> str:
    """The topic that sets publish to; "" where the guard has none."""
    return guard.stack.outputs.get("SesEventsTopicArn", "")
