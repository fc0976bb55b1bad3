"""Wire ``sesguard drill`` to AWS, with the operator's own credentials."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from email.utils import parseaddr

from sesguard.aws.drill import AwsDrillStage, DrillPlaces
from sesguard.aws.ses.calls import SesCalls
from sesguard.stream import DRILL
from sesguard.wiring.doctor import polite_gate
from sesguard.wiring.operator import Guard
from sesguard.wiring.retire import event_targets

MOST_A_SECOND = 10.0
"""Mails of a drill, where the account may send more."""


def drill_name() -> str:
    """Make the name of a drill's configuration set, one that nobody has."""
    return f"{DRILL}{secrets.token_hex(5)}"


def notice_sender(guard: Guard) -> str:
    """Give the address that the guard sends from, "" for none."""
    return parseaddr(guard.stack.parameters.get("NoticeSender", ""))[1]


def drill_stage(guard: Guard, sender: str, sleep: Callable[[float], None] = time.sleep) -> AwsDrillStage:
    """Everything over AWS. Raises StackError or AwsError."""
    stack, clients = guard.stack, guard.clients
    places = DrillPlaces(
        home=stack.home,
        partition=guard.partition,
        cohorts_table=stack.output("CohortsTableName"),
        streams_table=stack.output("StreamsTableName"),
        turns_table=stack.output("TurnsTableName"),
        bus=stack.output("GuardBusName"),
        operator_topic=stack.output("OperatorTopicArn"),
        alarm_prefix=stack.output("AlarmPrefix"),
        targets=tuple(sorted(event_targets(guard))[-1:]),  # one is enough: the topic, where there are both
        sender=sender,
        stack=stack.name,
        caller=guard.caller(),
    )
    calls = SesCalls(clients.sesv2, polite_gate(guard, sleep))
    return AwsDrillStage(clients, calls, places, guard.deps, guard.alarms)


def seconds_apart(guard: Guard) -> float:
    """Seconds between two mails, by the account's own rate. Raises AwsError."""
    calls = SesCalls(guard.clients.sesv2, polite_gate(guard))
    rate = float((calls.call("GetAccount", "get_account").get("SendQuota") or {}).get("MaxSendRate") or 1.0)
    return 1.0 / min(MOST_A_SECOND, max(rate, 0.1))
