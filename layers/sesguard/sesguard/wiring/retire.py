"""Wire the retirement of the guard to AWS."""

from __future__ import annotations

from sesguard.aws.retirement import AwsRetirement
from sesguard.provisioning.retire import Retirement
from sesguard.wiring.operator import Guard
from sesguard.wiring.registry import onboarding_rows


def retirement(guard: Guard) -> Retirement:
    """Everything over AWS, of the guard's own account and region."""
    stack = guard.stack
    notices = stack.output("NoticeConfigurationSetName")
    return AwsRetirement(guard.clients, stack.name, stack.output("AlarmPrefix"), notices, onboarding_rows(guard))


def event_targets(guard: Guard) -> frozenset[str]:
    """Where sets publish to for this guard: its topic, the default bus, or both. Raises StackError."""
    stack = guard.stack
    topic = stack.outputs.get("SesEventsTopicArn", "")
    bus = stack.outputs.get("SesEventsBusArn", "")
    return frozenset({topic, bus} - {""})
